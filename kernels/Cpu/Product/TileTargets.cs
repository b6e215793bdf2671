namespace Fovea.Cpu.Product;

/// <summary>Where the rows of a product go.</summary>
internal unsafe interface ITileTarget
{
    /// <summary>The distance in elements between neighbouring rows, or 0 if it varies.</summary>
    nint Stride { get; }

    /// <summary>The address of a row's first element.</summary>
    float* Row(int row);
}

/// <summary>A row-major matrix.</summary>
internal readonly unsafe struct DenseTarget(float* data, nint stride) : ITileTarget
{
    public nint Stride => stride;

    public float* Row(int row) => data + (row * stride);
}
