namespace Fovea.Compute.Dialect;

/// <summary>A part of a device's memory as an array: what kernels read and write.</summary>
/// <typeparam name="T">The elements: a number, or a <see cref="VectorAttribute">vector</see>.</typeparam>
/// <remarks>Under the debugger (<c>simt</c>) every index is checked; compiled, none is.</remarks>
public readonly unsafe struct ArrayView<T>
    where T : unmanaged
{
    private readonly T* pointer;
    private readonly int length;

    internal ArrayView(T* pointer, int length)
    {
        this.pointer = pointer;
        this.length = length;
    }

    /// <summary>How many elements there are.</summary>
    public int Length => length;

    /// <summary>Whether there are none.</summary>
    public bool IsEmpty => length == 0;

    internal T* Pointer => pointer;

    /// <summary>An element.</summary>
    /// <exception cref="IndexOutOfRangeException">There is none at this place (checked under the debugger only).</exception>
    public ref T this[int index]
    {
        get
        {
            if ((uint)index >= (uint)length) throw new IndexOutOfRangeException($"Index {index} lies outside a view of {length} elements.");
            return ref pointer[index];
        }
    }

    /// <summary>The part from an element on.</summary>
    public ArrayView<T> SubView(int start) => SubView(start, length - start);

    /// <summary>A part.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It reaches past the end (checked under the debugger only).</exception>
    public ArrayView<T> SubView(int start, int count)
    {
        if (start < 0 || count < 0 || start > length - count) throw new ArgumentOutOfRangeException(nameof(start), $"{count} elements from {start} on do not lie inside a view of {length}.");
        return new(pointer + start, count);
    }

    /// <summary>The same memory as other elements; it must begin on a multiple of their size.</summary>
    /// <typeparam name="TOther">The other elements.</typeparam>
    public ArrayView<TOther> Cast<TOther>()
        where TOther : unmanaged
    {
        if ((nuint)pointer % (nuint)sizeof(TOther) != 0) throw new InvalidOperationException($"A view of {typeof(TOther).Name} must begin on a multiple of {sizeof(TOther)} bytes.");
        return new((TOther*)pointer, (int)((long)length * sizeof(T) / sizeof(TOther)));
    }
}
