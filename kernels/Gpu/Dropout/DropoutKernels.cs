using Fovea.Core.Random;
using Fovea.Gpu.Mathematics;
using ILGPU;

namespace Fovea.Gpu.Dropout;

/// <summary>
/// Sets elements to 0 with probability p and multiplies the others by 1/(1 − p). Which ones is a function of seed, step and position
/// alone, the same on every device.
/// </summary>
/// <remarks>
/// N. Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", JMLR 15, 2014; inverted scaling.
/// </remarks>
public static class DropoutKernels
{
    /// <summary>Drops elements of an activation, or of its gradient, four neighbouring ones a thread.</summary>
    /// <param name="x">The elements.</param>
    /// <param name="y">The result; may be the same place.</param>
    /// <param name="step">The number of the training step, one value.</param>
    /// <param name="count">How many vectors of four elements.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="stream">The layer's number.</param>
    /// <param name="threshold">p · 2³².</param>
    /// <param name="scale">1/(1 − p).</param>
    public static void Run(
        ArrayView<float> x, ArrayView<float> y, ArrayView<int> step, int count, ulong seed, uint stream, uint threshold, float scale)
    {
        int index = Grid.GlobalIndex.X;
        if (index >= count) return;
        PhiloxBlock block = Philox.Block(seed, (ulong)index, ((ulong)(uint)step[0] << 32) | stream);
        Float4 value = x.Cast<Float4>()[index];
        y.Cast<Float4>()[index] = new Float4(
            block.X < threshold ? 0 : value.X * scale,
            block.Y < threshold ? 0 : value.Y * scale,
            block.Z < threshold ? 0 : value.Z * scale,
            block.W < threshold ? 0 : value.W * scale);
    }
}
