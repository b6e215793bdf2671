using Fovea.Gpu.Mathematics;
using Fovea.Gpu.Reduction;
using ILGPU;
using ILGPU.Runtime;

namespace Fovea.Gpu.Softmax;

/// <summary>Softmax over rows, or its logarithm. Some neighbouring threads share a row: a power of two.</summary>
public static class SoftmaxKernels
{
    /// <summary>Computes y from logits.</summary>
    /// <param name="x">rows × classes.</param>
    /// <param name="y">rows × classes.</param>
    /// <param name="rows">How many rows.</param>
    /// <param name="classes">Elements of a row.</param>
    /// <param name="lanes">Threads that share a row.</param>
    /// <param name="logarithm">1 for the logarithm, else 0.</param>
    public static void Forward(ArrayView<float> x, ArrayView<float> y, int rows, int classes, int lanes, SpecializedValue<int> logarithm)
    {
        var row = new RowOfThreads(rows, classes, lanes);
        ArrayView<float> shared = SharedMemory.Allocate<float>(GroupReduction.MaxThreads);
        float max = float.NegativeInfinity;
        for (int i = row.First; i < row.End; i += lanes) max = KernelMath.Max(max, x[i]);
        max = GroupReduction.Max(shared, max, lanes);
        float sum = 0;
        for (int i = row.First; i < row.End; i += lanes) sum += KernelMath.Exp(x[i] - max);
        sum = GroupReduction.Sum(shared, sum, lanes);
        float logSum = logarithm != 0 ? KernelMath.Log(sum) : 0;
        for (int i = row.First; i < row.End; i += lanes) y[i] = logarithm != 0 ? x[i] - max - logSum : KernelMath.Exp(x[i] - max) / sum;
    }

    /// <summary>Computes the gradient of the logits.</summary>
    /// <param name="y">The softmax, or its logarithm: rows × classes.</param>
    /// <param name="dy">Its gradient.</param>
    /// <param name="dx">The logits' gradient.</param>
    /// <param name="rows">How many rows.</param>
    /// <param name="classes">Elements of a row.</param>
    /// <param name="lanes">Threads that share a row.</param>
    /// <param name="logarithm">1 for the logarithm, else 0.</param>
    public static void Backward(
        ArrayView<float> y, ArrayView<float> dy, ArrayView<float> dx, int rows, int classes, int lanes, SpecializedValue<int> logarithm)
    {
        var row = new RowOfThreads(rows, classes, lanes);
        ArrayView<float> shared = SharedMemory.Allocate<float>(GroupReduction.MaxThreads);
        float sum = 0;
        for (int i = row.First; i < row.End; i += lanes) sum += logarithm != 0 ? dy[i] : y[i] * dy[i];
        sum = GroupReduction.Sum(shared, sum, lanes);
        for (int i = row.First; i < row.End; i += lanes)
            dx[i] = logarithm != 0 ? dy[i] - (KernelMath.Exp(y[i]) * sum) : (dy[i] - sum) * y[i];
    }
}
