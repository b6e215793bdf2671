using System.Runtime.CompilerServices;

namespace Fovea;

/// <summary>Floats in the host's memory, row-major. A tensor needs no disposal.</summary>
public sealed unsafe class Tensor
{
    private const int Alignment = 64;

    private readonly float[] elements;
    private readonly int first;

    /// <summary>Makes a tensor of zeros.</summary>
    /// <param name="shape">Its sizes.</param>
    /// <exception cref="ShapeException">It has more elements than one array can hold (2³¹).</exception>
    public Tensor(Shape shape)
    {
        if (shape.Count > Array.MaxLength - Alignment)
            throw new ShapeException($"A tensor of {shape} has {shape.Count:N0} elements, more than one array can hold.");
        Shape = shape;
        // Pinned, so that kernels read it where it lies; begun at a cache line.
        elements = GC.AllocateArray<float>((int)shape.Count + (Alignment / sizeof(float)), pinned: true);
        nuint address = (nuint)Unsafe.AsPointer(ref elements[0]);
        first = (int)((Alignment - (address % Alignment)) % Alignment / sizeof(float));
    }

    /// <summary>Makes a tensor from values.</summary>
    /// <param name="shape">Its sizes.</param>
    /// <param name="values">Its elements, row-major.</param>
    /// <exception cref="ShapeException">The number of values is not the shape's.</exception>
    public Tensor(Shape shape, ReadOnlySpan<float> values) : this(shape)
    {
        if (values.Length != shape.Count)
            throw new ShapeException($"A tensor of {shape} has {shape.Count} elements, but {values.Length} values were given.");
        values.CopyTo(Span);
    }

    /// <summary>The sizes.</summary>
    public Shape Shape { get; }

    /// <summary>The elements.</summary>
    public Span<float> Span => elements.AsSpan(first, (int)Shape.Count);

    /// <summary>The address of the first element, which stays valid as long as the tensor is referenced.</summary>
    internal float* Pointer => (float*)Unsafe.AsPointer(ref elements[first]);

    /// <inheritdoc/>
    public override string ToString() => $"Tensor {Shape}";
}
