using System.Runtime.InteropServices;

namespace Fovea.Compute.Dialect;

/// <summary>Four floats that move through memory as one 16-byte access. Views of it come from <see cref="ArrayView{T}.Cast"/>.</summary>
[Vector]
[StructLayout(LayoutKind.Sequential, Pack = 4)]
public struct Float4(float x, float y, float z, float w)
{
    /// <summary>The elements in memory order.</summary>
    public float X = x, Y = y, Z = z, W = w;
}

/// <summary>Two floats that move through memory as one 8-byte access.</summary>
[Vector]
[StructLayout(LayoutKind.Sequential, Pack = 4)]
public struct Float2(float x, float y)
{
    /// <summary>The elements in memory order.</summary>
    public float X = x, Y = y;
}
