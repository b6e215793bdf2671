using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Fovea.Ops;

namespace Fovea.Cpu.Pooling;

/// <summary>The largest value of each window and channel, and its gradient. Padding never wins; NaN always does.</summary>
/// <remarks>
/// With equal values the first of the window wins, row by row, as in PyTorch. The gradient finds the winner anew from the input,
/// which the backward pass holds anyway, rather than storing indices. An instance serves one caller at a time.
/// </remarks>
internal sealed unsafe class MaxPooling
{
    private readonly PoolingShape shape;
    private readonly WorkerPool pool;
    private readonly Action<int, int> forwardLine, backwardImage;
    private float* input, output, inputGradient;

    /// <summary>Prepares poolings of one shape.</summary>
    public MaxPooling(PoolingShape shape, WorkerPool pool)
    {
        (this.shape, this.pool) = (shape, pool);
        forwardLine = ForwardLine;
        backwardImage = BackwardImage;
    }

    /// <summary>Computes the maxima.</summary>
    /// <param name="x">N×H×W×C.</param>
    /// <param name="y">N×P×Q×C; overwritten.</param>
    public void Forward(float* x, float* y)
    {
        input = x;
        output = y;
        pool.For(shape.N * shape.P, forwardLine);
    }

    /// <summary>Hands each output's gradient to the element that won.</summary>
    /// <param name="x">The forward input, N×H×W×C.</param>
    /// <param name="dy">The gradient of the output, N×P×Q×C.</param>
    /// <param name="dx">The gradient of the input, N×H×W×C; overwritten.</param>
    public void Backward(float* x, float* dy, float* dx)
    {
        input = x;
        output = dy;
        inputGradient = dx;
        pool.For(shape.N, backwardImage);
    }

    private void ForwardLine(int line, int worker)
    {
        (int image, int p) = Math.DivRem(line, shape.P);
        int c = shape.C, y0 = (p * shape.StrideH) - shape.PadTop;
        float* source = input + ((nint)image * shape.H * shape.W * c);
        float* target = output + ((nint)line * shape.Q * c);
        (int rFirst, int rEnd) = Window.Inside(y0, shape.R, shape.DilationH, shape.H);
        for (int q = 0; q < shape.Q; q++, target += c)
        {
            int x0 = (q * shape.StrideW) - shape.PadLeft;
            (int sFirst, int sEnd) = Window.Inside(x0, shape.S, shape.DilationW, shape.W);
            int i = 0;
            // The last vector may overlap the one before: it only computes some maxima twice.
            for (; c >= 4 && i < c; i += 4)
            {
                i = Math.Min(i, c - 4);
                Vector128<float> best = Vector128.Create(float.NegativeInfinity);
                for (int r = rFirst; r < rEnd; r++)
                {
                    float* row = source + ((((nint)(y0 + (r * shape.DilationH)) * shape.W) + x0) * c) + i;
                    for (int s = sFirst; s < sEnd; s++) best = Vector128.Max(best, Vector128.Load(row + ((nint)s * shape.DilationW * c)));
                }
                best.Store(target + i);
            }
            for (; i < c; i++)
            {
                float best = float.NegativeInfinity;
                for (int r = rFirst; r < rEnd; r++)
                {
                    float* row = source + ((((nint)(y0 + (r * shape.DilationH)) * shape.W) + x0) * c) + i;
                    for (int s = sFirst; s < sEnd; s++) best = MathF.Max(best, row[(nint)s * shape.DilationW * c]);
                }
                target[i] = best;
            }
        }
    }

    private void BackwardImage(int image, int worker)
    {
        int c = shape.C;
        float* source = input + ((nint)image * shape.H * shape.W * c);
        float* gradient = inputGradient + ((nint)image * shape.H * shape.W * c);
        float* incoming = output + ((nint)image * shape.P * shape.Q * c);
        NativeMemory.Clear(gradient, (nuint)shape.H * (nuint)shape.W * (nuint)c * sizeof(float));
        // Where windows do not overlap, a gradient is stored rather than added, and a last vector may overlap the one before.
        bool overlapping = shape.StrideH < (shape.DilationH * (shape.R - 1)) + 1 || shape.StrideW < (shape.DilationW * (shape.S - 1)) + 1;
        for (int p = 0; p < shape.P; p++)
        {
            int y0 = (p * shape.StrideH) - shape.PadTop;
            (int rFirst, int rEnd) = Window.Inside(y0, shape.R, shape.DilationH, shape.H);
            for (int q = 0; q < shape.Q; q++, incoming += c)
            {
                int x0 = (q * shape.StrideW) - shape.PadLeft;
                (int sFirst, int sEnd) = Window.Inside(x0, shape.S, shape.DilationW, shape.W);
                int i = 0;
                for (; i + 4 <= c || (!overlapping && c >= 4 && i < c); i += 4)
                {
                    i = Math.Min(i, c - 4);
                    Vector128<float> best = Vector128.Create(float.NegativeInfinity), arriving = Vector128.Load(incoming + i);
                    Vector128<int> winner = Vector128.Create(-1);
                    for (int r = rFirst; r < rEnd; r++)
                    {
                        for (int s = sFirst; s < sEnd; s++)
                        {
                            Vector128<float> value = Vector128.Load(source + Offset(y0, x0, r, s) + i);
                            Vector128<float> wins = Vector128.GreaterThan(value, best) | ~Vector128.Equals(value, value);
                            // The first tap inside wins even when all values are minus infinity.
                            if (r == rFirst && s == sFirst) wins = Vector128<float>.AllBitsSet;
                            best = Vector128.ConditionalSelect(wins, value, best);
                            winner = Vector128.ConditionalSelect(wins.AsInt32(), Vector128.Create((r * shape.S) + s), winner);
                        }
                    }
                    for (int r = rFirst; r < rEnd; r++)
                    {
                        for (int s = sFirst; s < sEnd; s++)
                        {
                            float* place = gradient + Offset(y0, x0, r, s) + i;
                            Vector128<float> won = Vector128.Equals(winner, Vector128.Create((r * shape.S) + s)).AsSingle();
                            (overlapping ? Vector128.Load(place) + (won & arriving) : won & arriving).Store(place);
                        }
                    }
                }
                for (; i < c; i++)
                {
                    float best = float.NegativeInfinity;
                    nint winner = -1;
                    for (int r = rFirst; r < rEnd; r++)
                    {
                        for (int s = sFirst; s < sEnd; s++)
                        {
                            nint offset = Offset(y0, x0, r, s) + i;
                            if (winner >= 0 && !(source[offset] > best) && !float.IsNaN(source[offset])) continue;
                            best = source[offset];
                            winner = offset;
                        }
                    }
                    if (winner >= 0) gradient[winner] += incoming[i];
                }
            }
        }
    }

    private nint Offset(int y0, int x0, int r, int s) =>
        (((nint)(y0 + (r * shape.DilationH)) * shape.W) + x0 + (s * shape.DilationW)) * shape.C;
}
