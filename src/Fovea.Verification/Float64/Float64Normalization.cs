using Fovea.Ops;

namespace Fovea.Verification.Float64;

/// <summary>Local response normalisation in double precision.</summary>
internal static class Float64Normalization
{
    public static double[] LocalResponse(LocalResponseNormalizationOp op, double[] x, int channels)
    {
        double[] y = new double[x.Length];
        for (int i = 0; i < x.Length; i++) y[i] = x[i] * Math.Pow(Denominator(op, x, i, channels), -op.Beta);
        return y;
    }

    /// <summary>Each output depends on the inputs of its window: dx_j += dy_i · ∂y_i/∂x_j.</summary>
    public static double[] LocalResponseGradient(LocalResponseNormalizationOp op, double[] x, double[] dy, int channels)
    {
        double[] dx = new double[x.Length];
        for (int i = 0; i < x.Length; i++)
        {
            double s = Denominator(op, x, i, channels);
            dx[i] += dy[i] * Math.Pow(s, -op.Beta);
            foreach (int j in Window(op, i, channels))
                dx[j] += dy[i] * x[i] * -op.Beta * Math.Pow(s, -op.Beta - 1.0) * op.Alpha / op.Size * 2 * x[j];
        }
        return dx;
    }

    private static double Denominator(LocalResponseNormalizationOp op, double[] x, int i, int channels) =>
        op.K + ((double)op.Alpha / op.Size * Window(op, i, channels).Sum(j => x[j] * x[j]));

    /// <summary>The places of channels c − ⌊size/2⌋ … c + ⌈size/2⌉ − 1 of the same pixel, as far as they exist.</summary>
    private static IEnumerable<int> Window(LocalResponseNormalizationOp op, int i, int channels)
    {
        int c = i % channels, first = Math.Max(0, c - (op.Size / 2)), last = Math.Min(channels - 1, c + ((op.Size - 1) / 2));
        return Enumerable.Range(i - c + first, last - first + 1);
    }
}
