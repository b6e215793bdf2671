using Fovea.Graph;

namespace Fovea.Ops;

/// <summary>The sum over a range of neighbouring dimensions, which stay as dimensions of size 1.</summary>
/// <param name="First">The first dimension summed over.</param>
/// <param name="Count">How many.</param>
public sealed record SumOp(int First, int Count) : Op
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorSpec> Infer(IReadOnlyList<TensorSpec> inputs)
    {
        if (First < 0 || First + Count > inputs[0].Shape.Rank)
            throw new ShapeException($"{inputs[0].Shape} has no dimensions {First} to {First + Count - 1}.");
        int[] sizes = inputs[0].Shape.Dimensions.ToArray();
        Array.Fill(sizes, 1, First, Count);
        return [new TensorSpec(new Shape(sizes))];
    }

    /// <inheritdoc/>
    public override void Gradient(GradientContext context) =>
        context.Accumulate(0, context.Graph.Add(new BroadcastOp(context.Inputs[0].Shape, First, Count), context.OutputGradient));
}
