using Fovea.Gpu.Mathematics;
using Fovea.Gpu.Reduction;
using ILGPU;

namespace Fovea.Gpu.Softmax;

/// <summary>
/// Cross-entropy between the softmax of logits and labels, computed from the logits so that nothing overflows. A label that is no class
/// makes the loss and its row of the gradient NaN, since a kernel cannot throw.
/// </summary>
public static class CrossEntropyKernels
{
    /// <summary>Computes each row's share of the loss.</summary>
    /// <param name="x">Logits, rows × classes.</param>
    /// <param name="labels">One a row.</param>
    /// <param name="losses">One a row.</param>
    /// <param name="rows">How many examples.</param>
    /// <param name="classes">Logits of each.</param>
    /// <param name="smoothing">The share of the target distribution that is spread evenly over all classes.</param>
    /// <param name="scale">What each loss is multiplied by.</param>
    /// <param name="lanes">Threads that share a row.</param>
    public static void Forward(
        ArrayView<float> x, ArrayView<int> labels, ArrayView<float> losses, int rows, int classes, float smoothing, float scale, int lanes)
    {
        var row = new RowOfThreads(rows, classes, lanes);
        ArrayView<float> shared = SharedMemory.Allocate<float>(GroupReduction.MaxThreads);
        float max = float.NegativeInfinity;
        for (int i = row.First; i < row.End; i += lanes) max = KernelMath.Max(max, x[i]);
        max = GroupReduction.Max(shared, max, lanes);
        float sum = 0, all = 0;
        for (int i = row.First; i < row.End; i += lanes)
        {
            sum += KernelMath.Exp(x[i] - max);
            all += x[i] - max;
        }
        sum = GroupReduction.Sum(shared, sum, lanes);
        all = GroupReduction.Sum(shared, all, lanes);
        if (row.Lane == 0 && row.Row < rows)
        {
            float logSum = KernelMath.Log(sum), likelihood = float.NaN;
            int label = labels[row.Row];
            if (label >= 0 && label < classes) likelihood = (1 - smoothing) * (x[row.Start + label] - max - logSum);
            if (smoothing > 0) likelihood += smoothing * ((all / classes) - logSum);
            losses[row.Row] = -likelihood * scale;
        }
    }

    /// <summary>Computes the gradient of the logits.</summary>
    /// <param name="x">Logits, rows × classes.</param>
    /// <param name="labels">One a row.</param>
    /// <param name="lossGradient">The gradient of the loss, one value.</param>
    /// <param name="gradient">rows × classes.</param>
    /// <param name="rows">How many examples.</param>
    /// <param name="classes">Logits of each.</param>
    /// <param name="smoothing">The share of the target distribution that is spread evenly over all classes.</param>
    /// <param name="scale">What each loss was multiplied by.</param>
    /// <param name="lanes">Threads that share a row.</param>
    public static void Backward(
        ArrayView<float> x, ArrayView<int> labels, ArrayView<float> lossGradient, ArrayView<float> gradient, int rows, int classes,
            float smoothing, float scale, int lanes)
    {
        var row = new RowOfThreads(rows, classes, lanes);
        ArrayView<float> shared = SharedMemory.Allocate<float>(GroupReduction.MaxThreads);
        float max = float.NegativeInfinity;
        for (int i = row.First; i < row.End; i += lanes) max = KernelMath.Max(max, x[i]);
        max = GroupReduction.Max(shared, max, lanes);
        float sum = 0;
        for (int i = row.First; i < row.End; i += lanes) sum += KernelMath.Exp(x[i] - max);
        sum = GroupReduction.Sum(shared, sum, lanes);

        int label = row.Row < rows ? labels[row.Row] : 0;
        float arriving = label >= 0 && label < classes ? lossGradient[0] * scale : float.NaN;
        float factor = arriving / sum, spread = arriving * smoothing / classes, hit = arriving * (1 - smoothing);
        for (int i = row.First; i < row.End; i += lanes)
        {
            float value = KernelMath.Exp(x[i] - max) * factor;
            if (smoothing > 0) value -= spread;
            gradient[i] = i == row.Start + label ? value - hit : value;
        }
    }

    /// <summary>Says of each row, as 1 or 0, whether its largest logit is the label's; the first one, if several are as large.</summary>
    /// <param name="x">Logits, rows × classes.</param>
    /// <param name="labels">One a row.</param>
    /// <param name="correct">One a row.</param>
    /// <param name="rows">How many examples.</param>
    /// <param name="classes">Logits of each.</param>
    /// <param name="lanes">Threads that share a row.</param>
    public static void Correct(ArrayView<float> x, ArrayView<int> labels, ArrayView<float> correct, int rows, int classes, int lanes)
    {
        var row = new RowOfThreads(rows, classes, lanes);
        ArrayView<float> shared = SharedMemory.Allocate<float>(GroupReduction.MaxThreads);
        int label = row.Row < rows ? labels[row.Row] : 0;
        bool known = label >= 0 && label < classes;
        int place = row.Start + label, wanted = row.Row < rows && known ? Order(x[place]) : 0;
        float better = known ? 0f : 1f;
        for (int i = row.First; i < row.End; i += lanes)
        {
            int order = Order(x[i]);
            if (KernelMath.IsNaN(x[i]) || order > wanted || (order == wanted && i < place)) better = 1f;
        }
        better = GroupReduction.Max(shared, better, lanes);
        if (row.Lane == 0 && row.Row < rows) correct[row.Row] = 1f - better;
    }

    /// <summary>Integers in the order of floats, with −0 before 0.</summary>
    private static int Order(float value)
    {
        int bits = KernelMath.Bits(value);
        return bits >= 0 ? bits : bits ^ int.MaxValue;
    }
}
