using Fovea.Compute.Dialect;

namespace Fovea.Tests.ComputeTests.Compiler;

/// <summary>Kernels small enough that a person can read what becomes of them.</summary>
internal static class SnapshotKernels
{
    [Kernel(GroupSize = 256)]
    public static void LeakyRelu(ArrayView<float> x, ArrayView<float> y, float slope)
    {
        int i = Grid.GlobalIndex.X;
        if (i < y.Length) y[i] = x[i] > 0f ? x[i] : slope * x[i];
    }

    [Kernel(GroupSize = 64)]
    public static void SumOfGroup([NoAlias] ArrayView<float> x, ArrayView<float> sums)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(64);
        int thread = Group.IdxX;
        float sum = 0;
        for (int i = Grid.GlobalIndex.X; i < x.Length; i += Grid.DimX * Group.DimX) sum += x[i];
        shared[thread] = sum;
        Group.Barrier();
        for (int half = Group.DimX / 2; half > 0; half /= 2)
        {
            if (thread < half) shared[thread] += shared[thread + half];
            Group.Barrier();
        }
        if (thread == 0) sums[Grid.IdxX] = shared[0];
    }

    [Kernel(GroupSize = 16)]
    public static void SmallProduct([NoAlias] ArrayView<Float4> a, [NoAlias] ArrayView<Float4> b, ArrayView<float> c, int depth)
    {
        Span<float> sums = stackalloc float[4];
        for (int k = 0; k < depth; k++)
        {
            Float4 x = a[k], y = b[(k * Group.DimX) + Group.IdxX];
            sums[0] = MathF.FusedMultiplyAdd(x.X, y.X, sums[0]);
            sums[1] = MathF.FusedMultiplyAdd(x.Y, y.Y, sums[1]);
            sums[2] = MathF.FusedMultiplyAdd(x.Z, y.Z, sums[2]);
            sums[3] = MathF.FusedMultiplyAdd(x.W, y.W, sums[3]);
        }
        for (int i = 0; i < 4; i++) c[(Group.IdxX * 4) + i] = sums[i];
    }
}
