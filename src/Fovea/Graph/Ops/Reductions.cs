namespace Fovea.Graph.Ops;

/// <summary>The sum over a range of neighbouring dimensions, which stay as dimensions of size 1.</summary>
/// <param name="First">The first dimension summed over.</param>
/// <param name="Count">How many.</param>
public sealed record Sum(int First, int Count) : Op
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorSpec> Infer(IReadOnlyList<TensorSpec> inputs)
    {
        if (First < 0 || First + Count > inputs[0].Shape.Rank) throw new ShapeException($"{inputs[0].Shape} has no dimensions {First} to {First + Count - 1}.");
        int[] sizes = inputs[0].Shape.Dimensions.ToArray();
        Array.Fill(sizes, 1, First, Count);
        return [new TensorSpec(new Shape(sizes))];
    }

    /// <inheritdoc/>
    public override void Gradient(GradientContext context) =>
        context.Accumulate(0, context.Graph.Add(new Broadcast(context.Inputs[0].Shape, First, Count), context.OutputGradient));

    /// <summary>The array as outer × reduced × inner.</summary>
    internal static (int Outer, int Reduced, int Inner) Split(Shape shape, int first, int count)
    {
        int outer = 1, reduced = 1, inner = 1;
        for (int i = 0; i < shape.Rank; i++)
        {
            if (i < first) outer *= shape[i];
            else if (i < first + count) reduced *= shape[i];
            else inner *= shape[i];
        }
        return (outer, reduced, inner);
    }
}

/// <summary>Repeats elements along neighbouring dimensions of size 1.</summary>
/// <param name="Result">The result's sizes.</param>
/// <param name="First">The first dimension repeated.</param>
/// <param name="Count">How many.</param>
public sealed record Broadcast(Shape Result, int First, int Count) : Op
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorSpec> Infer(IReadOnlyList<TensorSpec> inputs)
    {
        Shape expected = new Sum(First, Count).Infer([new TensorSpec(Result)])[0].Shape;
        if (inputs[0].Shape != expected) throw new ShapeException($"{inputs[0].Shape} cannot be repeated to {Result} along dimensions {First} to {First + Count - 1}.");
        return [new TensorSpec(Result)];
    }

    /// <inheritdoc/>
    public override void Gradient(GradientContext context) =>
        context.Accumulate(0, context.Graph.Add(new Sum(First, Count), context.OutputGradient));
}

/// <summary>The same elements under another shape.</summary>
/// <param name="Result">The result's sizes.</param>
public sealed record Reshape(Shape Result) : Op
{
    /// <inheritdoc/>
    public override bool IsView => true;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorSpec> Infer(IReadOnlyList<TensorSpec> inputs)
    {
        if (inputs[0].Shape.Count != Result.Count) throw new ShapeException($"{inputs[0].Shape} has {inputs[0].Shape.Count} elements and cannot become {Result} with {Result.Count}.");
        return [inputs[0] with { Shape = Result }];
    }

    /// <inheritdoc/>
    public override void Gradient(GradientContext context) =>
        context.Accumulate(0, context.Graph.Add(new Reshape(context.Inputs[0].Shape), context.OutputGradient));
}
