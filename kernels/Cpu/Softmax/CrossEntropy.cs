using System.Numerics.Tensors;
using Fovea.Cpu.Elementwise;

namespace Fovea.Cpu.Softmax;

/// <summary>
/// Cross-entropy between the softmax of logits and labels, computed from the logits so that nothing overflows. An instance
/// serves one caller at a time.
/// </summary>
internal sealed unsafe class CrossEntropy
{
    private readonly int rows, classes;
    private readonly float smoothing, scale;
    private readonly WorkerPool pool;
    private readonly Action<int, int> forward, backward;
    private float* logits, losses, result;
    private int* labels;
    private float arriving;

    /// <summary>Prepares losses of one shape.</summary>
    /// <param name="rows">How many examples.</param>
    /// <param name="classes">Logits of each.</param>
    /// <param name="mean">Whether the examples' losses are averaged rather than summed.</param>
    /// <param name="smoothing">The share of the target distribution that is spread evenly over all classes.</param>
    /// <param name="pool">The threads to use.</param>
    public CrossEntropy(int rows, int classes, bool mean, float smoothing, WorkerPool pool)
    {
        (this.rows, this.classes, this.smoothing, this.pool) = (rows, classes, smoothing, pool);
        scale = mean ? 1f / rows : 1f;
        forward = ForwardRow;
        backward = BackwardRow;
    }

    /// <summary>The scratch memory that <see cref="Forward"/> needs, in bytes.</summary>
    public long WorkspaceBytes => sizeof(float) * (long)rows;

    /// <summary>Computes the loss.</summary>
    /// <param name="x">Logits, rows × classes.</param>
    /// <param name="target">A label a row.</param>
    /// <param name="loss">One value; overwritten.</param>
    /// <param name="workspace">At least <see cref="WorkspaceBytes"/> bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException">A label is not a class.</exception>
    public void Forward(float* x, int* target, float* loss, float* workspace)
    {
        logits = x;
        labels = target;
        losses = workspace;
        pool.For(rows, forward);
        double sum = 0;
        for (int row = 0; row < rows; row++) sum += workspace[row];
        *loss = (float)(sum * scale);
    }

    /// <summary>Computes the gradient of the logits.</summary>
    /// <param name="x">Logits, rows × classes.</param>
    /// <param name="target">A label a row.</param>
    /// <param name="lossGradient">The gradient of the loss, one value.</param>
    /// <param name="gradient">rows × classes; overwritten.</param>
    /// <exception cref="ArgumentOutOfRangeException">A label is not a class.</exception>
    public void Backward(float* x, int* target, float* lossGradient, float* gradient)
    {
        logits = x;
        labels = target;
        arriving = *lossGradient * scale;
        result = gradient;
        pool.For(rows, backward);
    }

    /// <summary>Counts the rows whose largest logit is the label's.</summary>
    public static int CountCorrect(float* x, int* target, int rows, int classes)
    {
        int correct = 0;
        for (int row = 0; row < rows; row++)
        {
            var line = new ReadOnlySpan<float>(x + ((nint)row * classes), classes);
            int best = TensorPrimitives.IndexOfMax(line);
            if (best == target[row] && !float.IsNaN(line[best])) correct++;
        }
        return correct;
    }

    private void ForwardRow(int row, int worker)
    {
        var x = new ReadOnlySpan<float>(logits + ((nint)row * classes), classes);
        float max = TensorPrimitives.Max(x);
        double sum = 0;
        foreach (float value in x) sum += Math.Exp(value - max);
        double logSum = Math.Log(sum) + max;
        double likelihood = (1 - smoothing) * (x[Label(row)] - logSum);
        if (smoothing > 0) likelihood += smoothing * (TensorPrimitives.Sum(x) / (double)classes - logSum);
        losses[row] = (float)-likelihood;
    }

    private void BackwardRow(int row, int worker)
    {
        var x = new ReadOnlySpan<float>(logits + ((nint)row * classes), classes);
        var gradient = new Span<float>(result + ((nint)row * classes), classes);
        TensorPrimitives.Subtract(x, TensorPrimitives.Max(x), gradient);
        VectorFunctions.Apply<Exponential>(gradient, gradient);
        TensorPrimitives.Multiply(gradient, arriving / TensorPrimitives.Sum((ReadOnlySpan<float>)gradient), gradient);
        if (smoothing > 0) TensorPrimitives.Subtract(gradient, arriving * smoothing / classes, gradient);
        gradient[Label(row)] -= arriving * (1 - smoothing);
    }

    private int Label(int row) => (uint)labels[row] < (uint)classes
        ? labels[row]
        : throw new ArgumentOutOfRangeException(
            nameof(labels), $"Example {row} of the batch has label {labels[row]}, but the network has classes 0 to {classes - 1}.");
}
