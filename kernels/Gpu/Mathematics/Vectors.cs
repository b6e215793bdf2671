namespace Fovea.Gpu.Mathematics;

/// <summary>Four floats that move through memory as one 16-byte access. Cast a view to it first and index afterwards.</summary>
public struct Float4(float x, float y, float z, float w)
{
    /// <summary>The elements in memory order.</summary>
    public float X = x, Y = y, Z = z, W = w;
}
