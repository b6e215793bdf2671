namespace Fovea;

/// <summary>What is known of a tensor before it exists.</summary>
/// <param name="Shape">Its sizes.</param>
/// <param name="DType">Its elements.</param>
public readonly record struct TensorSpec(Shape Shape, DType DType = DType.Float32)
{
    /// <summary>The size in bytes.</summary>
    public long Bytes => Shape.Count * 4;

    /// <inheritdoc/>
    public override string ToString() => DType == DType.Float32 ? Shape.ToString() : $"{Shape} {DType}";
}
