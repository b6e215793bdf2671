using Fovea.Core.Random;
using Fovea.Ops;

namespace Fovea.Verification;

/// <summary>
/// Single elements of a convolution's results in double precision, so that large convolutions can be checked in a moment.
/// </summary>
internal static class ConvolutionSums
{
    /// <summary>At least so many elements are computed, and more while all their sums together have fewer terms than that.</summary>
    private const int Fewest = 4096, Most = 1 << 15, Terms = 300_000_000;

    /// <summary>
    /// The largest error of a result, as a share of the largest number. Of a large result a part is looked at: both ends, where padding
    /// is, and elements drawn at random.
    /// </summary>
    /// <param name="shape">The convolution.</param>
    /// <param name="pass">What was computed.</param>
    /// <param name="operands">What it was computed from.</param>
    /// <param name="result">What came out.</param>
    public static double MaxError(ConvolutionShape shape, ConvolutionPass pass, float[][] operands, float[] result)
    {
        int terms = pass switch
        {
            ConvolutionPass.Forward => shape.FilterSize,
            ConvolutionPass.InputGradient => shape.R * shape.S * shape.GroupK,
            _ => shape.N * shape.P * shape.Q,
        };
        int[] sample = Sample(result.Length, Math.Clamp(Terms / terms, Fewest, Most));
        double[] right = new double[sample.Length];
        Parallel.For(0, (sample.Length + 63) / 64, block =>
        {
            for (int i = block * 64; i < Math.Min(sample.Length, (block + 1) * 64); i++)
                right[i] = Element(shape, pass, operands, sample[i]);
        });
        double largest = 0, error = 0;
        for (int i = 0; i < sample.Length; i++)
        {
            largest = Math.Max(largest, Math.Abs(right[i]));
            error = Math.Max(error, Math.Abs(result[sample[i]] - right[i]));
        }
        return largest == 0 ? error : error / largest;
    }

    /// <summary>One element of a result.</summary>
    public static double Element(ConvolutionShape shape, ConvolutionPass pass, float[][] operands, int index) => pass switch
    {
        ConvolutionPass.Forward => Output(shape, operands[0], operands[1], index),
        ConvolutionPass.InputGradient => Input(shape, operands[0], operands[1], index),
        _ => Weight(shape, operands[0], operands[1], index),
    };

    private static int[] Sample(int length, int count)
    {
        if (length <= count) return [.. Enumerable.Range(0, length)];
        int ends = count / 8;
        var random = new RandomStream(3, 0);
        int[] drawn = new int[count];
        for (int i = 0; i < count; i++) drawn[i] = i < ends ? i : i < 2 * ends ? length - 1 - (i - ends) : random.NextInt32(length);
        return drawn;
    }

    private static double Output(ConvolutionShape s, float[] x, float[] w, int index)
    {
        (int pixel, int k) = Math.DivRem(index, s.K);
        (int line, int q) = Math.DivRem(pixel, s.Q);
        (int n, int p) = Math.DivRem(line, s.P);
        int channel = k / s.GroupK * s.GroupC;
        double sum = 0;
        for (int r = 0; r < s.R; r++)
        {
            int y = (p * s.StrideH) - s.PadTop + (r * s.DilationH);
            if ((uint)y >= (uint)s.H) continue;
            for (int t = 0; t < s.S; t++)
            {
                int column = (q * s.StrideW) - s.PadLeft + (t * s.DilationW);
                if ((uint)column >= (uint)s.W) continue;
                ReadOnlySpan<float> a = x.AsSpan((((((n * s.H) + y) * s.W) + column) * s.C) + channel, s.GroupC),
                    b = w.AsSpan(((((k * s.R) + r) * s.S) + t) * s.GroupC, s.GroupC);
                for (int c = 0; c < a.Length; c++) sum += (double)a[c] * b[c];
            }
        }
        return sum;
    }

    private static double Input(ConvolutionShape s, float[] dy, float[] w, int index)
    {
        (int pixel, int channel) = Math.DivRem(index, s.C);
        (int line, int x) = Math.DivRem(pixel, s.W);
        (int n, int y) = Math.DivRem(line, s.H);
        (int group, int c) = Math.DivRem(channel, s.GroupC);
        double sum = 0;
        for (int r = 0; r < s.R; r++)
        {
            (int p, int restY) = Math.DivRem(y + s.PadTop - (r * s.DilationH), s.StrideH);
            if (restY != 0 || (uint)p >= (uint)s.P) continue;
            for (int t = 0; t < s.S; t++)
            {
                (int q, int restX) = Math.DivRem(x + s.PadLeft - (t * s.DilationW), s.StrideW);
                if (restX != 0 || (uint)q >= (uint)s.Q) continue;
                int from = (((((n * s.P) + p) * s.Q) + q) * s.K) + (group * s.GroupK),
                    weight = (group * s.GroupK * s.FilterSize) + (((r * s.S) + t) * s.GroupC) + c;
                for (int k = 0; k < s.GroupK; k++) sum += (double)dy[from + k] * w[weight + (k * s.FilterSize)];
            }
        }
        return sum;
    }

    private static double Weight(ConvolutionShape s, float[] x, float[] dy, int index)
    {
        (int tap, int c) = Math.DivRem(index, s.GroupC);
        (int row, int t) = Math.DivRem(tap, s.S);
        (int k, int r) = Math.DivRem(row, s.R);
        int channel = (k / s.GroupK * s.GroupC) + c;
        double sum = 0;
        for (int line = 0; line < s.N * s.P; line++)
        {
            (int n, int p) = Math.DivRem(line, s.P);
            int y = (p * s.StrideH) - s.PadTop + (r * s.DilationH);
            if ((uint)y >= (uint)s.H) continue;
            for (int q = 0; q < s.Q; q++)
            {
                int column = (q * s.StrideW) - s.PadLeft + (t * s.DilationW);
                if ((uint)column < (uint)s.W)
                    sum += (double)x[(((((n * s.H) + y) * s.W) + column) * s.C) + channel] * dy[(((line * s.Q) + q) * s.K) + k];
            }
        }
        return sum;
    }
}
