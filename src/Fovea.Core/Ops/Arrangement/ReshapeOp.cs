using Fovea.Graph;

namespace Fovea.Ops;

/// <summary>The same elements under another shape.</summary>
/// <param name="Result">The result's sizes.</param>
public sealed record ReshapeOp(Shape Result) : Op
{
    /// <inheritdoc/>
    public override bool IsView => true;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorSpec> Infer(IReadOnlyList<TensorSpec> inputs)
    {
        if (inputs[0].Shape.Count != Result.Count)
            throw new ShapeException(
            $"{inputs[0].Shape} has {inputs[0].Shape.Count} elements and cannot become {Result} with {Result.Count}.");
        return [inputs[0] with { Shape = Result }];
    }

    /// <inheritdoc/>
    public override void Gradient(GradientContext context) =>
        context.Accumulate(0, context.Graph.Add(new ReshapeOp(context.Inputs[0].Shape), context.OutputGradient));
}
