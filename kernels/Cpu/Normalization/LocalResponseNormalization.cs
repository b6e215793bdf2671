using System.Numerics.Tensors;
using System.Runtime.Intrinsics;
using Fovea.Cpu.Elementwise;

namespace Fovea.Cpu.Normalization;

/// <summary>
/// Local response normalisation across channels: y = x · s^−β with s = k + α/size · Σ x² over the neighbouring channels.
/// </summary>
/// <remarks>
/// A. Krizhevsky, I. Sutskever, G. E. Hinton, "ImageNet Classification with Deep Convolutional Neural Networks", NIPS 2012,
/// section 3.3, with α divided by the window's size, as PyTorch has it. An instance serves one caller at a time.
/// </remarks>
internal sealed unsafe class LocalResponseNormalization
{
    private const int TaskPixels = 64;

    private readonly int pixels, channels, size;
    private readonly float alpha, beta, k;
    private readonly WorkerPool pool;
    private readonly Action<int, int> forward, backward;
    private float* input, output, gradient, workspace;

    /// <summary>Prepares normalisations of one shape.</summary>
    public LocalResponseNormalization(int pixels, int channels, int size, float alpha, float beta, float k, WorkerPool pool)
    {
        (this.pixels, this.channels, this.size, this.pool) = (pixels, channels, size, pool);
        (this.alpha, this.beta, this.k) = (alpha, beta, k);
        forward = ForwardTask;
        backward = BackwardTask;
    }

    /// <summary>The scratch memory that one run needs, in bytes.</summary>
    public long WorkspaceBytes => sizeof(float) * (long)pool.ThreadCount * ScratchFloats;

    // The squares (or products) with room for half a window on either side, the sums, and one more row.
    private int ScratchFloats => (3 * channels) + (2 * size);

    /// <summary>Normalises.</summary>
    /// <param name="x">pixels × channels.</param>
    /// <param name="y">pixels × channels; overwritten.</param>
    /// <param name="scratch">At least <see cref="WorkspaceBytes"/> bytes.</param>
    public void Forward(float* x, float* y, float* scratch)
    {
        input = x;
        output = y;
        workspace = scratch;
        pool.For((pixels + TaskPixels - 1) / TaskPixels, forward);
    }

    /// <summary>Computes the gradient of the input.</summary>
    /// <param name="x">The forward input.</param>
    /// <param name="dy">The gradient of the output.</param>
    /// <param name="dx">The gradient of the input; overwritten.</param>
    /// <param name="scratch">At least <see cref="WorkspaceBytes"/> bytes.</param>
    public void Backward(float* x, float* dy, float* dx, float* scratch)
    {
        input = x;
        output = dy;
        gradient = dx;
        workspace = scratch;
        pool.For((pixels + TaskPixels - 1) / TaskPixels, backward);
    }

    private void ForwardTask(int task, int worker)
    {
        Scratch(worker, out Span<float> padded, out Span<float> scale, out _);
        int end = Math.Min(pixels, (task + 1) * TaskPixels);
        for (int pixel = task * TaskPixels; pixel < end; pixel++)
        {
            ReadOnlySpan<float> x = Row(input, pixel);
            Scale(x, padded, scale);
            Power(scale, -beta, scale);
            TensorPrimitives.Multiply(x, scale, Row(output, pixel));
        }
    }

    private void BackwardTask(int task, int worker)
    {
        Scratch(worker, out Span<float> padded, out Span<float> scale, out Span<float> power);
        int end = Math.Min(pixels, (task + 1) * TaskPixels), half = size / 2;
        for (int pixel = task * TaskPixels; pixel < end; pixel++)
        {
            // dx_i = dy_i·s_i^−β − 2αβ/size · x_i · Σ_j dy_j·x_j·s_j^(−β−1), j over the windows that hold i. The forward window of
            // an even size reaches one further down than up, so this one reaches one further up.
            ReadOnlySpan<float> x = Row(input, pixel), dy = Row(output, pixel);
            Span<float> dx = Row(gradient, pixel);
            Scale(x, padded, scale);
            Power(scale, -beta, power);
            padded.Clear();
            Span<float> products = padded.Slice(size, channels);
            TensorPrimitives.Multiply(dy, power, dx);
            TensorPrimitives.Multiply(dx, x, products);
            TensorPrimitives.Divide(products, scale, products);
            WindowSum(padded, half + 1, scale);
            TensorPrimitives.Multiply(scale, x, scale);
            TensorPrimitives.MultiplyAdd(scale, -2f * alpha * beta / size, dx, dx);
        }
    }

    private void Scale(ReadOnlySpan<float> x, Span<float> padded, Span<float> scale)
    {
        padded.Clear();
        TensorPrimitives.Multiply(x, x, padded.Slice(size, channels));
        WindowSum(padded, size - (size / 2), scale);
        TensorPrimitives.Multiply(scale, alpha / size, scale);
        TensorPrimitives.Add(scale, k, scale);
    }

    /// <summary>Adds up <c>size</c> neighbours, beginning at the given place of the padded row.</summary>
    private void WindowSum(ReadOnlySpan<float> padded, int start, Span<float> sum)
    {
        padded.Slice(start, channels).CopyTo(sum);
        for (int i = 1; i < size; i++) TensorPrimitives.Add(sum, padded.Slice(start + i, channels), sum);
    }

    private static void Power(ReadOnlySpan<float> x, float exponent, Span<float> result)
    {
        // The exponents in use need only square roots.
        if (exponent is -0.5f or -0.75f)
        {
            int i = 0;
            for (; i + Vector256<float>.Count <= x.Length; i += Vector256<float>.Count)
            {
                Vector256<float> root = Vector256.Sqrt(Vector256.Create(x[i..]));
                (Vector256<float>.One / (exponent == -0.5f ? root : root * Vector256.Sqrt(root))).CopyTo(result[i..]);
            }
            for (; i < x.Length; i++)
            {
                float root = MathF.Sqrt(x[i]);
                result[i] = 1f / (exponent == -0.5f ? root : root * MathF.Sqrt(root));
            }
            return;
        }
        VectorFunctions.Apply<Elementwise.Power>(x, exponent, result);
    }

    private void Scratch(int worker, out Span<float> padded, out Span<float> scale, out Span<float> power)
    {
        var scratch = new Span<float>(workspace + ((nint)worker * ScratchFloats), ScratchFloats);
        padded = scratch[..(channels + (2 * size))];
        scale = scratch.Slice(padded.Length, channels);
        power = scratch.Slice(padded.Length + channels, channels);
    }

    private Span<float> Row(float* data, int pixel) => new(data + ((nint)pixel * channels), channels);
}
