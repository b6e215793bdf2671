using Fovea.Gpu.Devices.Operations;
using Fovea.Gpu.Mathematics;
using Fovea.Ops;
using ILGPU;

namespace Fovea.Gpu.Reduction;

/// <summary>Reductions of a group's threads through shared memory. Every thread of the group must come by.</summary>
public static class GroupReduction
{
    /// <summary>Threads of a group, at most: elements of the shared memory that reductions use.</summary>
    public const int MaxThreads = 256;

    /// <summary>Sums what neighbouring threads hold, in pairs of pairs.</summary>
    /// <param name="shared">An element a thread.</param>
    /// <param name="value">What this thread holds.</param>
    /// <param name="lanes">How many threads belong together: a power of two.</param>
    /// <returns>The sum, to all of them.</returns>
    public static float Sum(ArrayView<float> shared, float value, int lanes)
    {
        if (lanes == 1) return value;
        int thread = Group.IdxX, lane = thread % lanes;
        shared[thread] = value;
        KernelGroup.Barrier();
        for (int step = lanes / 2; step > 0; step /= 2)
        {
            if (lane < step) shared[thread] += shared[thread + step];
            KernelGroup.Barrier();
        }
        float result = shared[thread - lane];
        // The memory is used again: nobody may write before everybody has read.
        KernelGroup.Barrier();
        return result;
    }

    /// <summary>Finds the largest of what neighbouring threads hold; NaN if one is.</summary>
    /// <inheritdoc cref="SumOp"/>
    public static float Max(ArrayView<float> shared, float value, int lanes)
    {
        if (lanes == 1) return value;
        int thread = Group.IdxX, lane = thread % lanes;
        shared[thread] = value;
        KernelGroup.Barrier();
        for (int step = lanes / 2; step > 0; step /= 2)
        {
            if (lane < step) shared[thread] = KernelMath.Max(shared[thread], shared[thread + step]);
            KernelGroup.Barrier();
        }
        float result = shared[thread - lane];
        KernelGroup.Barrier();
        return result;
    }
}
