using Fovea.Gpu.Mathematics;
using ILGPU;

namespace Fovea.Gpu.Elementwise;

/// <summary>One value everywhere.</summary>
public static class Fill
{
    /// <summary>Writes a value to four neighbouring elements a thread.</summary>
    /// <param name="y">Where to write.</param>
    /// <param name="value">What to write.</param>
    /// <param name="count">How many vectors of four.</param>
    public static void Run(ArrayView<float> y, float value, int count)
    {
        int index = Grid.GlobalIndex.X;
        if (index < count) y.Cast<Float4>()[index] = new Float4(value, value, value, value);
    }
}
