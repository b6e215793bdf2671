using Fovea.Graph;

namespace Fovea.Ops;

/// <summary>Repeats elements along neighbouring dimensions of size 1.</summary>
/// <param name="Result">The result's sizes.</param>
/// <param name="First">The first dimension repeated.</param>
/// <param name="Count">How many.</param>
public sealed record BroadcastOp(Shape Result, int First, int Count) : Op
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorSpec> Infer(IReadOnlyList<TensorSpec> inputs)
    {
        Shape expected = new SumOp(First, Count).Infer([new TensorSpec(Result)])[0].Shape;
        if (inputs[0].Shape != expected)
            throw new ShapeException($"{inputs[0].Shape} cannot be repeated to {Result} along dimensions {First} to {First + Count - 1}.");
        return [new TensorSpec(Result)];
    }

    /// <inheritdoc/>
    public override void Gradient(GradientContext context) =>
        context.Accumulate(0, context.Graph.Add(new SumOp(First, Count), context.OutputGradient));
}
