using System.Collections.Immutable;

namespace Fovea.Files;

/// <summary>What a <see cref="SafetensorsWriter"/> must know of a tensor before its data come.</summary>
/// <param name="name">The name, e.g. <c>features.0.weight</c>.</param>
/// <param name="type">The element type.</param>
/// <param name="shape">The dimensions, outermost first; none for a scalar.</param>
public sealed class SafetensorsEntry(string name, SafetensorsDType type, params ReadOnlySpan<long> shape)
{
    /// <summary>Describes a tensor whose dimensions are at hand as 32-bit integers.</summary>
    /// <param name="name">The name, e.g. <c>features.0.weight</c>.</param>
    /// <param name="type">The element type.</param>
    /// <param name="shape">The dimensions, outermost first; none for a scalar.</param>
    public SafetensorsEntry(string name, SafetensorsDType type, ReadOnlySpan<int> shape)
        : this(name, type, Array.ConvertAll(shape.ToArray(), dimension => (long)dimension))
    {
    }

    /// <summary>Gets the name.</summary>
    public string Name { get; } = name;

    /// <summary>Gets the element type.</summary>
    public SafetensorsDType DType { get; } = type;

    /// <summary>Gets the dimensions, outermost first.</summary>
    public ImmutableArray<long> Shape { get; } = [.. shape];
}
