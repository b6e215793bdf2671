using Fovea.Graph;

namespace Fovea.Ops;

/// <summary>A range of neighbours along one dimension.</summary>
/// <param name="Axis">The dimension.</param>
/// <param name="Start">The first element taken.</param>
/// <param name="Length">How many are taken.</param>
public sealed record SliceOp(int Axis, int Start, int Length) : Op
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorSpec> Infer(IReadOnlyList<TensorSpec> inputs)
    {
        Shape shape = inputs[0].Shape;
        shape.CheckAxis(Axis, "slice");
        if (Start < 0 || Length < 1 || Start > shape[Axis] - Length)
            throw new ShapeException($"Elements {Start} to {(long)Start + Length - 1} are not all within dimension {Axis} of {shape}.");
        return [inputs[0] with { Shape = shape.With(Axis, Length) }];
    }

    /// <inheritdoc/>
    public override void Gradient(GradientContext context)
    {
        int behind = context.Inputs[0].Shape[Axis] - Start - Length;
        context.Accumulate(0, context.Graph.Add(new PadOp(Axis, Start, behind), context.OutputGradient));
    }
}
