using Fovea.Ops;

namespace Fovea.Verification.Float64;

/// <summary>Poolings in double precision.</summary>
internal static class Float64Pooling
{
    /// <summary><see cref="MaxPoolingOp"/>.</summary>
    public static double[] Max(double[] x, PoolingShape shape)
    {
        double[] y = new double[Outputs(shape)];
        ForEachWindow(shape, (output, inside, _) => y[output] = inside.Count == 0 ? double.NegativeInfinity : x[Winner(x, inside)]);
        return y;
    }

    /// <summary><see cref="MaxPoolingGradientOp"/>.</summary>
    public static double[] MaxGradient(double[] x, double[] dy, PoolingShape shape)
    {
        double[] dx = new double[x.Length];
        ForEachWindow(shape, (output, inside, _) =>
        {
            if (inside.Count > 0) dx[Winner(x, inside)] += dy[output];
        });
        return dx;
    }

    /// <summary><see cref="AveragePoolingOp"/>.</summary>
    public static double[] Average(double[] x, PoolingShape shape)
    {
        double[] y = new double[Outputs(shape)];
        ForEachWindow(shape, (output, inside, padded) => y[output] = inside.Sum(i => x[i]) / Divisor(shape, inside, padded));
        return y;
    }

    /// <summary><see cref="AveragePoolingGradientOp"/>.</summary>
    public static double[] AverageGradient(double[] dy, PoolingShape shape)
    {
        double[] dx = new double[shape.N * shape.H * shape.W * shape.C];
        ForEachWindow(shape, (output, inside, padded) => inside.ForEach(i => dx[i] += dy[output] / Divisor(shape, inside, padded)));
        return dx;
    }

    /// <summary>The first of the largest, or the last that is no number.</summary>
    private static int Winner(double[] x, List<int> inside)
    {
        int best = inside[0];
        foreach (int i in inside)
        {
            if (x[i] > x[best] || double.IsNaN(x[i])) best = i;
        }
        return best;
    }

    private static int Divisor(PoolingShape shape, List<int> inside, int padded) => Math.Max(1, shape.CountPadding ? padded : inside.Count);

    private static int Outputs(PoolingShape s) => s.N * s.P * s.Q * s.C;

    /// <summary>
    /// Visits every window: its output's place, the places of its elements, and how many positions it has within the padded image.
    /// </summary>
    private static void ForEachWindow(PoolingShape s, Action<int, List<int>, int> visit)
    {
        for (int output = 0; output < Outputs(s); output++)
        {
            int c = output % s.C, q = output / s.C % s.Q, p = output / s.C / s.Q % s.P, n = output / s.C / s.Q / s.P;
            var inside = new List<int>();
            int padded = 0;
            for (int r = 0; r < s.R; r++)
            {
                for (int t = 0; t < s.S; t++)
                {
                    int y = (p * s.StrideH) + (r * s.DilationH) - s.PadTop, x = (q * s.StrideW) + (t * s.DilationW) - s.PadLeft;
                    if (y < s.H + s.PadBottom && x < s.W + s.PadRight) padded++;
                    if (y >= 0 && y < s.H && x >= 0 && x < s.W) inside.Add((((((n * s.H) + y) * s.W) + x) * s.C) + c);
                }
            }
            visit(output, inside, padded);
        }
    }
}
