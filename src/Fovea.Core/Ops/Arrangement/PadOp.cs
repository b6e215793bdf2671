using Fovea.Graph;

namespace Fovea.Ops;

/// <summary>Zeros before and behind the elements along one dimension.</summary>
/// <param name="Axis">The dimension.</param>
/// <param name="Before">How many zeros come before.</param>
/// <param name="Behind">How many zeros come behind.</param>
public sealed record PadOp(int Axis, int Before, int Behind) : Op
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorSpec> Infer(IReadOnlyList<TensorSpec> inputs)
    {
        Shape shape = inputs[0].Shape;
        shape.CheckAxis(Axis, "pad");
        if (Before < 0 || Behind < 0) throw new ShapeException($"Padding cannot be negative, but it is {Before} and {Behind}.");
        return [inputs[0] with { Shape = shape.With(Axis, (long)shape[Axis] + Before + Behind) }];
    }

    /// <inheritdoc/>
    public override void Gradient(GradientContext context) =>
        context.Accumulate(0, context.Graph.Add(new SliceOp(Axis, Before, context.Inputs[0].Shape[Axis]), context.OutputGradient));
}
