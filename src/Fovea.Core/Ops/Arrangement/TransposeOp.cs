using Fovea.Graph;

namespace Fovea.Ops;

/// <summary>The same elements with their dimensions in another order.</summary>
/// <param name="Order">Which dimension of the input each of the result's is: 1, 0 transposes a matrix.</param>
public sealed record TransposeOp(IReadOnlyList<int> Order) : Op
{
    /// <inheritdoc/>
    public override string Name => $"Transpose {string.Join(", ", Order)}";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorSpec> Infer(IReadOnlyList<TensorSpec> inputs)
    {
        Shape shape = inputs[0].Shape;
        if (!Order.Order().SequenceEqual(Enumerable.Range(0, shape.Rank)))
            throw new ShapeException(
                $"The order {string.Join(", ", Order)} does not name each of the {shape.Rank} dimensions of {shape} once.");
        return [inputs[0] with { Shape = new Shape([.. Order.Select(axis => shape[axis])]) }];
    }

    /// <inheritdoc/>
    public override void Gradient(GradientContext context)
    {
        int[] inverse = new int[Order.Count];
        for (int i = 0; i < inverse.Length; i++) inverse[Order[i]] = i;
        context.Accumulate(0, context.Graph.Add(new TransposeOp(inverse), context.OutputGradient));
    }

    /// <inheritdoc/>
    public bool Equals(TransposeOp? other) => other is not null && Order.SequenceEqual(other.Order);

    /// <inheritdoc/>
    public override int GetHashCode() => Order.Aggregate(Order.Count, HashCode.Combine);

    /// <summary>
    /// The sizes of the result and how far apart its neighbours lie in the input, with dimensions that stay together as one and without
    /// those of size 1.
    /// </summary>
    internal static (int[] Sizes, long[] Strides) Simplified(Shape input, IReadOnlyList<int> order)
    {
        long[] strides = new long[input.Rank];
        long stride = 1;
        for (int i = input.Rank - 1; i >= 0; stride *= input[i--]) strides[i] = stride;
        var parts = new List<(int Size, long Stride)>();
        foreach (int axis in order.Where(axis => input[axis] > 1))
        {
            if (parts.Count > 0 && parts[^1].Stride == strides[axis] * input[axis])
                parts[^1] = (parts[^1].Size * input[axis], strides[axis]);
            else parts.Add((input[axis], strides[axis]));
        }
        if (parts.Count == 0) parts.Add((1, 1));
        return ([.. parts.Select(part => part.Size)], [.. parts.Select(part => part.Stride)]);
    }
}
