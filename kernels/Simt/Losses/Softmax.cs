using Fovea.Compute.Dialect;
using Fovea.Kernels.Simt.Reduction;

namespace Fovea.Kernels.Simt.Losses;

/// <summary>Softmax over rows, or its logarithm. Some neighbouring threads share a row: a power of two, known while compiling.</summary>
public static class Softmax
{
    /// <summary>Computes y from logits.</summary>
    /// <param name="x">rows × classes.</param>
    /// <param name="y">rows × classes.</param>
    /// <param name="rows">How many rows.</param>
    /// <param name="classes">Elements of a row.</param>
    /// <param name="lanes">Threads that share a row.</param>
    /// <param name="logarithm">1 for the logarithm, else 0.</param>
    [Kernel(GroupSize = 0)]
    public static void Forward(ArrayView<float> x, ArrayView<float> y, int rows, int classes, [Constant] int lanes, [Constant] int logarithm)
    {
        var row = new RowOfThreads(rows, classes, lanes);
        ArrayView<float> shared = SharedMemory.Allocate<float>(Group.Size);
        float max = float.NegativeInfinity;
        for (int i = row.First; i < row.End; i += lanes) max = MathF.Max(max, x[i]);
        max = GroupReduction.Max(shared, max, lanes);
        float sum = 0;
        for (int i = row.First; i < row.End; i += lanes) sum += XMath.Exp(x[i] - max);
        sum = GroupReduction.Sum(shared, sum, lanes);
        float logSum = logarithm != 0 ? XMath.Log(sum) : 0;
        for (int i = row.First; i < row.End; i += lanes) y[i] = logarithm != 0 ? x[i] - max - logSum : XMath.Exp(x[i] - max) / sum;
    }

    /// <summary>Computes the gradient of the logits.</summary>
    /// <param name="y">The softmax, or its logarithm: rows × classes.</param>
    /// <param name="dy">Its gradient.</param>
    /// <param name="dx">The logits' gradient.</param>
    /// <param name="rows">How many rows.</param>
    /// <param name="classes">Elements of a row.</param>
    /// <param name="lanes">Threads that share a row.</param>
    /// <param name="logarithm">1 for the logarithm, else 0.</param>
    [Kernel(GroupSize = 0)]
    public static void Backward(ArrayView<float> y, ArrayView<float> dy, ArrayView<float> dx, int rows, int classes, [Constant] int lanes, [Constant] int logarithm)
    {
        var row = new RowOfThreads(rows, classes, lanes);
        ArrayView<float> shared = SharedMemory.Allocate<float>(Group.Size);
        float sum = 0;
        for (int i = row.First; i < row.End; i += lanes) sum += logarithm != 0 ? dy[i] : y[i] * dy[i];
        sum = GroupReduction.Sum(shared, sum, lanes);
        for (int i = row.First; i < row.End; i += lanes) dx[i] = logarithm != 0 ? dy[i] - (XMath.Exp(y[i]) * sum) : (dy[i] - sum) * y[i];
    }
}
