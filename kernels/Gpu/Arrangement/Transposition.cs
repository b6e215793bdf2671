using ILGPU;

namespace Fovea.Gpu.Arrangement;

/// <summary>Puts the dimensions of an array into another order.</summary>
public static class Transposition
{
    /// <summary>Copies an element of the result a thread.</summary>
    /// <param name="x">The source.</param>
    /// <param name="y">The result.</param>
    /// <param name="count">How many elements there are.</param>
    /// <param name="order">Sizes of the result and strides of the source.</param>
    public static void Run(ArrayView<float> x, ArrayView<float> y, int count, AxisOrder order)
    {
        int index = Grid.GlobalIndex.X;
        if (index < count) y[index] = x[order.Source(index)];
    }
}

/// <summary>
/// Sizes of a result, and how far its neighbours lie apart in the source: a struct of numbers that a launch passes by value.
/// </summary>
public readonly struct AxisOrder
{
    /// <summary>How many dimensions there may be.</summary>
    public const int MaxRank = 6;

    private readonly int size1, size2, size3, size4, size5, stride0, stride1, stride2, stride3, stride4, stride5;

    /// <summary>Takes at most <see cref="MaxRank"/> dimensions.</summary>
    public AxisOrder(IReadOnlyList<int> sizes, IReadOnlyList<long> strides)
    {
        int Size(int i) => i < sizes.Count ? sizes[^(i + 1)] : 1;
        int Stride(int i) => i < strides.Count ? (int)strides[^(i + 1)] : 0;
        (size1, size2, size3, size4, size5) = (Size(4), Size(3), Size(2), Size(1), Size(0));
        (stride0, stride1, stride2, stride3, stride4, stride5) = (Stride(5), Stride(4), Stride(3), Stride(2), Stride(1), Stride(0));
    }

    /// <summary>Where an element of the result is in the source.</summary>
    public int Source(int index)
    {
        int source = index % size5 * stride5;
        index /= size5;
        source += index % size4 * stride4;
        index /= size4;
        source += index % size3 * stride3;
        index /= size3;
        source += index % size2 * stride2;
        index /= size2;
        source += index % size1 * stride1;
        return source + (index / size1 * stride0);
    }
}
