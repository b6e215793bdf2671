using Fovea.Ops;

namespace Fovea.Verification.Float64;

/// <summary>Matrix products and convolutions in double precision.</summary>
internal static class Float64Products
{
    public static double[] MatMul(MatrixProductOp op, double[][] x, (int Batch, int Rows, int Columns, int Depth) sizes)
    {
        (int batch, int rows, int columns, int depth) = sizes;
        double[] c = new double[batch * rows * columns];
        for (int i = 0; i < c.Length; i++)
        {
            int column = i % columns, row = i / columns % rows, matrix = i / columns / rows;
            double sum = x.Length > 2 ? x[2][column] : 0;
            for (int k = 0; k < depth; k++)
            {
                double a = x[0][(matrix * rows * depth) + (op.TransposeA ? (k * rows) + row : (row * depth) + k)];
                double b = x[1][(matrix * depth * columns) + (op.TransposeB ? (column * depth) + k : (k * columns) + column)];
                sum += a * b;
            }
            c[i] = Activate(op.Activation, sum);
        }
        return c;
    }

    public static double[] Convolution(ConvolutionOp op, double[][] x, ConvolutionShape shape)
    {
        double[] y = new double[shape.N * shape.P * shape.Q * shape.K];
        if (x.Length > 2)
        {
            for (int i = 0; i < y.Length; i++) y[i] = x[2][i % shape.K];
        }
        ForEachProduct(shape, (input, weight, output) => y[output] += x[0][input] * x[1][weight]);
        return Array.ConvertAll(y, value => Activate(op.Activation, value));
    }

    /// <param name="x">The output's gradient and the filters.</param>
    /// <param name="shape">The forward convolution.</param>
    public static double[] InputGradient(double[][] x, ConvolutionShape shape)
    {
        double[] dx = new double[shape.N * shape.H * shape.W * shape.C];
        ForEachProduct(shape, (input, weight, output) => dx[input] += x[0][output] * x[1][weight]);
        return dx;
    }

    /// <param name="x">The input and the output's gradient.</param>
    /// <param name="shape">The forward convolution.</param>
    public static double[] WeightGradient(double[][] x, ConvolutionShape shape)
    {
        double[] dw = new double[shape.K * shape.R * shape.S * shape.GroupC];
        ForEachProduct(shape, (input, weight, output) => dw[weight] += x[0][input] * x[1][output]);
        return dw;
    }

    /// <summary>
    /// Visits every product of which a convolution consists: the places of the input's element, of the weight and of the output's
    /// element. All three passes are sums over these.
    /// </summary>
    public static void ForEachProduct(ConvolutionShape s, Action<int, int, int> visit)
    {
        for (int output = 0; output < s.N * s.P * s.Q * s.K; output++)
        {
            int k = output % s.K, q = output / s.K % s.Q, p = output / s.K / s.Q % s.P, n = output / s.K / s.Q / s.P;
            for (int tap = 0; tap < s.R * s.S; tap++)
            {
                int y = (p * s.StrideH) + (tap / s.S * s.DilationH) - s.PadTop, x = (q * s.StrideW) + (tap % s.S * s.DilationW) - s.PadLeft;
                if (y < 0 || y >= s.H || x < 0 || x >= s.W) continue;
                for (int c = 0; c < s.GroupC; c++)
                {
                    int channel = (k / s.GroupK * s.GroupC) + c;
                    visit((((((n * s.H) + y) * s.W) + x) * s.C) + channel, (((k * s.R * s.S) + tap) * s.GroupC) + c, output);
                }
            }
        }
    }

    private static double Activate(Activation activation, double value) => activation == Activation.Relu && value < 0 ? 0 : value;
}
