using System.Numerics.Tensors;
using Fovea.Cpu.Elementwise;

namespace Fovea.Cpu.Softmax;

/// <summary>Softmax over rows, its logarithm, and their gradients. An instance serves one caller at a time.</summary>
internal sealed unsafe class SoftmaxKernel
{
    private readonly int rows, classes;
    private readonly bool logarithm;
    private readonly WorkerPool pool;
    private readonly Action<int, int> forward, backward;
    private float* input, output, gradient;

    /// <summary>Prepares computations of one shape.</summary>
    /// <param name="rows">How many distributions.</param>
    /// <param name="classes">Elements of each.</param>
    /// <param name="logarithm">Whether to compute the logarithm of the probabilities.</param>
    /// <param name="pool">The threads to use.</param>
    public SoftmaxKernel(int rows, int classes, bool logarithm, WorkerPool pool)
    {
        (this.rows, this.classes, this.logarithm, this.pool) = (rows, classes, logarithm, pool);
        forward = ForwardRow;
        backward = BackwardRow;
    }

    /// <summary>Computes probabilities from logits.</summary>
    public void Forward(float* logits, float* result)
    {
        input = logits;
        output = result;
        pool.For(rows, forward);
    }

    /// <summary>Computes the gradient of the logits.</summary>
    /// <param name="result">What <see cref="Forward"/> gave.</param>
    /// <param name="resultGradient">Its gradient.</param>
    /// <param name="logitsGradient">The gradient of the logits; overwritten.</param>
    public void Backward(float* result, float* resultGradient, float* logitsGradient)
    {
        output = result;
        gradient = resultGradient;
        input = logitsGradient;
        pool.For(rows, backward);
    }

    private void ForwardRow(int row, int worker)
    {
        ReadOnlySpan<float> logits = Row(input, row);
        Span<float> result = Row(output, row);
        float max = TensorPrimitives.Max(logits);
        TensorPrimitives.Subtract(logits, max, result);
        if (logarithm)
        {
            double sum = 0;
            foreach (float x in result) sum += MathF.Exp(x);
            TensorPrimitives.Subtract(result, (float)Math.Log(sum), result);
            return;
        }
        VectorFunctions.Apply<Exponential>(result, result);
        TensorPrimitives.Divide(result, TensorPrimitives.Sum((ReadOnlySpan<float>)result), result);
    }

    private void BackwardRow(int row, int worker)
    {
        ReadOnlySpan<float> y = Row(output, row), dy = Row(gradient, row);
        Span<float> dx = Row(input, row);
        if (logarithm)
        {
            float sum = TensorPrimitives.Sum(dy);
            VectorFunctions.Apply<Exponential>(y, dx);
            TensorPrimitives.Multiply(dx, sum, dx);
            TensorPrimitives.Subtract(dy, dx, dx);
            return;
        }
        float dot = TensorPrimitives.Dot(y, dy);
        TensorPrimitives.Subtract(dy, dot, dx);
        TensorPrimitives.Multiply(dx, y, dx);
    }

    private Span<float> Row(float* data, int row) => new(data + ((nint)row * classes), classes);
}
