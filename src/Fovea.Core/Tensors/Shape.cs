using System.Collections;

namespace Fovea;

/// <summary>The sizes of a tensor's dimensions, outermost first. Images are N×H×W×C.</summary>
public readonly struct Shape : IEquatable<Shape>, IReadOnlyList<int>
{
    /// <summary>The most elements of any tensor, 2⁴⁸: sums and products of a few such sizes still fit into 64 bits.</summary>
    internal const long MostElements = 1L << 48;

    private readonly int[]? dimensions;

    /// <summary>Makes a shape; without dimensions it is a scalar's.</summary>
    /// <param name="dimensions">The sizes, each at least 1.</param>
    /// <exception cref="ShapeException">A size is not positive, or there are more than 2⁴⁸ elements.</exception>
    public Shape(params ReadOnlySpan<int> dimensions)
    {
        long count = 1;
        foreach (int size in dimensions)
        {
            if (size <= 0)
                throw new ShapeException($"A dimension must be at least 1, but the shape is {string.Join('×', dimensions.ToArray())}.");
            if (count > MostElements / size)
            {
                throw new ShapeException(FormattableString.Invariant(
                    $"A tensor of {string.Join('×', dimensions.ToArray())} has more than the ")
                    + FormattableString.Invariant($"{MostElements:N0} elements that are possible."));
            }
            count *= size;
        }
        this.dimensions = dimensions.ToArray();
    }

    /// <summary>The shape of a single number.</summary>
    public static Shape Scalar { get; }

    /// <summary>How many dimensions there are.</summary>
    public int Rank => dimensions?.Length ?? 0;

    int IReadOnlyCollection<int>.Count => Rank;

    /// <summary>How many elements a tensor of this shape has.</summary>
    public long Count => Product(Dimensions);

    /// <summary>How many runs of the innermost dimension there are.</summary>
    /// <exception cref="ShapeException">There are more than 2³¹ − 1.</exception>
    internal int Rows => Joined("The outer dimensions", Count / this[^1]);

    /// <summary>The size of several dimensions as one.</summary>
    /// <exception cref="ShapeException">There are more than 2³¹ − 1 elements along it.</exception>
    internal int Joined(string what, long size) => size <= int.MaxValue ? (int)size : throw new ShapeException(FormattableString.Invariant(
        $"{what} of {this} joined into one would have {size:N0} elements; a dimension has {int.MaxValue:N0} at most. Use smaller sizes."));

    /// <summary>The sizes.</summary>
    public ReadOnlySpan<int> Dimensions => dimensions;

    /// <summary>The size of one dimension; <c>^1</c> is the innermost.</summary>
    public int this[Index index] => Dimensions[index];

    /// <inheritdoc/>
    public int this[int index] => Dimensions[index];

    /// <summary>The same shape with another first dimension.</summary>
    public Shape WithBatch(int batch)
    {
        int[] sizes = Dimensions.ToArray();
        sizes[0] = batch;
        return new Shape(sizes);
    }

    /// <summary>The same shape with another size of one dimension.</summary>
    /// <exception cref="ShapeException">There are more than 2³¹ − 1 elements along it.</exception>
    internal Shape With(int axis, long size)
    {
        int[] sizes = Dimensions.ToArray();
        sizes[axis] = Joined($"Dimension {axis}", size);
        return new Shape(sizes);
    }

    /// <summary>How many elements come before some neighbouring dimensions, along them, and after them: outer × middle × inner.</summary>
    internal (long Outer, long Middle, long Inner) Split(int first, int count) =>
        (Product(Dimensions[..first]), Product(Dimensions[first..(first + count)]), Product(Dimensions[(first + count)..]));

    /// <summary>Checks that there is a dimension.</summary>
    /// <exception cref="ShapeException">There is none.</exception>
    internal void CheckAxis(int axis, string what)
    {
        if (axis < 0 || axis >= Rank) throw new ShapeException($"{this} has no dimension {axis} to {what} along; it has {Rank}.");
    }

    /// <summary>The same shape with one more dimension in front.</summary>
    public Shape Prepend(int size) => new([size, .. Dimensions]);

    /// <inheritdoc/>
    public bool Equals(Shape other) => Dimensions.SequenceEqual(other.Dimensions);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Shape other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (int size in Dimensions) hash.Add(size);
        return hash.ToHashCode();
    }

    /// <summary>The sizes joined by ×, or "scalar".</summary>
    public override string ToString() => Rank == 0 ? "scalar" : string.Join('×', dimensions!);

    /// <inheritdoc/>
    public IEnumerator<int> GetEnumerator() => ((IEnumerable<int>)(dimensions ?? [])).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Whether two shapes are the same.</summary>
    public static bool operator ==(Shape left, Shape right) => left.Equals(right);

    /// <summary>Whether two shapes differ.</summary>
    public static bool operator !=(Shape left, Shape right) => !left.Equals(right);

    private static long Product(ReadOnlySpan<int> sizes)
    {
        long product = 1;
        foreach (int size in sizes) product *= size;
        return product;
    }
}
