using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Fovea.Ops;

namespace Fovea.Cpu.Pooling;

/// <summary>The mean of each window and channel, and its gradient. An instance serves one caller at a time.</summary>
internal sealed unsafe class AveragePooling
{
    private readonly PoolingShape shape;
    private readonly WorkerPool pool;
    private readonly Action<int, int> forwardLine, backwardImage;
    private float* input, output;

    /// <summary>Prepares poolings of one shape.</summary>
    public AveragePooling(PoolingShape shape, WorkerPool pool)
    {
        (this.shape, this.pool) = (shape, pool);
        forwardLine = ForwardLine;
        backwardImage = BackwardImage;
    }

    /// <summary>Computes the means.</summary>
    /// <param name="x">N×H×W×C.</param>
    /// <param name="y">N×P×Q×C; overwritten.</param>
    public void Forward(float* x, float* y)
    {
        input = x;
        output = y;
        pool.For(shape.N * shape.P, forwardLine);
    }

    /// <summary>Divides each output's gradient among the elements of its window.</summary>
    /// <param name="dy">The gradient of the output, N×P×Q×C.</param>
    /// <param name="dx">The gradient of the input, N×H×W×C; overwritten.</param>
    public void Backward(float* dy, float* dx)
    {
        output = dy;
        input = dx;
        pool.For(shape.N, backwardImage);
    }

    private void ForwardLine(int line, int worker)
    {
        (int image, int p) = Math.DivRem(line, shape.P);
        int y0 = (p * shape.StrideH) - shape.PadTop;
        float* target = output + ((nint)line * shape.Q * shape.C);
        (int rFirst, int rEnd) = Window.Inside(y0, shape.R, 1, shape.H);
        for (int q = 0; q < shape.Q; q++, target += shape.C)
        {
            int x0 = (q * shape.StrideW) - shape.PadLeft;
            (int sFirst, int sEnd) = Window.Inside(x0, shape.S, 1, shape.W);
            var mean = new Span<float>(target, shape.C);
            mean.Clear();
            for (int r = rFirst; r < rEnd; r++)
            {
                for (int s = sFirst; s < sEnd; s++) TensorPrimitives.Add(mean, Pixel(image, y0 + r, x0 + s), mean);
            }
            TensorPrimitives.Multiply(mean, 1f / shape.Divisor(p, q), mean);
        }
    }

    private void BackwardImage(int image, int worker)
    {
        nuint elements = (nuint)shape.H * (nuint)shape.W * (nuint)shape.C;
        NativeMemory.Clear(input + ((nuint)image * elements), elements * sizeof(float));
        float* incoming = output + ((nint)image * shape.P * shape.Q * shape.C);
        for (int p = 0; p < shape.P; p++)
        {
            int y0 = (p * shape.StrideH) - shape.PadTop;
            (int rFirst, int rEnd) = Window.Inside(y0, shape.R, 1, shape.H);
            for (int q = 0; q < shape.Q; q++, incoming += shape.C)
            {
                int x0 = (q * shape.StrideW) - shape.PadLeft;
                (int sFirst, int sEnd) = Window.Inside(x0, shape.S, 1, shape.W);
                float share = 1f / shape.Divisor(p, q);
                for (int r = rFirst; r < rEnd; r++)
                {
                    for (int s = sFirst; s < sEnd; s++)
                    {
                        Span<float> pixel = Pixel(image, y0 + r, x0 + s);
                        TensorPrimitives.MultiplyAdd(new ReadOnlySpan<float>(incoming, shape.C), share, pixel, pixel);
                    }
                }
            }
        }
    }

    private Span<float> Pixel(int image, int y, int x) =>
        new(input + (((((nint)image * shape.H) + y) * shape.W) + x) * shape.C, shape.C);
}
