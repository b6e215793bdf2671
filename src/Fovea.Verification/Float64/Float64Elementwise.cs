using Fovea.Core.Random;
using Fovea.Ops;

namespace Fovea.Verification.Float64;

/// <summary>Formulas, sums, repetition and dropout in double precision.</summary>
internal static class Float64Elementwise
{
    // An operand has the result's elements, or one, or those of the innermost dimensions: the remainder finds the right one each time.
    public static double[] Map(Expression formula, double[][] x, long count)
    {
        double[] y = new double[count];
        for (int i = 0; i < y.Length; i++) y[i] = Evaluate(formula, x, i);
        return y;
    }

    public static void Update(UpdateOp op, double[][] x)
    {
        double[][] results = [.. op.Formulas.Select(formula => Map(formula, x, x[0].Length))];
        for (int i = 0; i < results.Length; i++) results[i].CopyTo(x[i], 0);
    }

    public static double[] Sum(double[] x, Shape shape, SumOp op)
    {
        (long outer, long reduced, long inner) = shape.Split(op.First, op.Count);
        double[] y = new double[outer * inner];
        for (int i = 0; i < x.Length; i++) y[(i / (reduced * inner) * inner) + (i % inner)] += x[i];
        return y;
    }

    public static double[] Max(double[] x, Shape shape, MaxReductionOp op)
    {
        (long outer, long reduced, long inner) = shape.Split(op.First, op.Count);
        double[] y = new double[outer * inner];
        Array.Fill(y, double.NegativeInfinity);
        for (int i = 0; i < x.Length; i++)
        {
            ref double largest = ref y[(i / (reduced * inner) * inner) + (i % inner)];
            largest = Math.Max(largest, x[i]);
        }
        return y;
    }

    public static double[] Broadcast(double[] x, BroadcastOp op)
    {
        (long outer, long repeats, long inner) = op.Result.Split(op.First, op.Count);
        double[] y = new double[outer * repeats * inner];
        for (int i = 0; i < y.Length; i++) y[i] = x[(i / (repeats * inner) * inner) + (i % inner)];
        return y;
    }

    /// <summary>Element i is dropped if word i mod 4 of the Philox block number i/4 of the step and stream is less than p · 2³².</summary>
    public static double[] Dropout(DropoutOp op, double[] x, int step)
    {
        double[] y = new double[x.Length];
        double threshold = Math.Round(op.Probability * Math.Pow(2, 32)), scale = 1 / (1 - (double)op.Probability);
        for (int i = 0; i < x.Length; i++)
        {
            PhiloxBlock block = Philox.Block(op.Seed, (ulong)(i / 4), ((ulong)(uint)step << 32) | op.Stream);
            uint word = (i % 4) switch { 0 => block.X, 1 => block.Y, 2 => block.Z, _ => block.W };
            y[i] = word < threshold ? 0 : x[i] * scale;
        }
        return y;
    }

    private static double Evaluate(Expression formula, double[][] x, int i)
    {
        return formula switch
        {
            InputExpression input => x[input.Index][i % x[input.Index].Length],
            ConstantExpression constant => constant.Value,
            SelectExpression s => Of(s.Condition) > 0 ? Of(s.Positive) : Of(s.Other),
            UnaryExpression u => Unary(u.Opcode, Of(u.A)),
            BinaryExpression b => Binary(b.Opcode, Of(b.A), Of(b.B)),
            _ => throw new NotSupportedException($"{formula} has no value."),
        };

        double Of(Expression part) => Evaluate(part, x, i);
    }

    private static double Unary(MapOpcode opcode, double a) => opcode switch
    {
        MapOpcode.Negate => -a,
        MapOpcode.Abs => Math.Abs(a),
        MapOpcode.Sign => a > 0 ? 1 : a < 0 ? -1 : a,
        MapOpcode.Sqrt => Math.Sqrt(a),
        MapOpcode.Exp => Math.Exp(a),
        MapOpcode.Expm1 => Expm1(a),
        MapOpcode.Log => Math.Log(a),
        MapOpcode.Log1p => Log1p(a),
        MapOpcode.Erf => Float64Functions.Erf(a),
        MapOpcode.Tanh => Math.Tanh(a),
        MapOpcode.Sigmoid => 1 / (1 + Math.Exp(-a)),
        _ => throw new NotSupportedException($"{opcode} does not take one operand."),
    };

    // W. Kahan: what rounding e to the power a to u has lost, the logarithm of u has lost too.
    private static double Expm1(double a)
    {
        double u = Math.Exp(a);
        if (u == 1) return a;
        return u - 1 is var difference && difference is -1 or double.PositiveInfinity ? difference : difference * a / Math.Log(u);
    }

    // The same for a logarithm.
    private static double Log1p(double a)
    {
        double u = 1 + a;
        return u == 1 || double.IsPositiveInfinity(u) ? a : Math.Log(u) * a / (u - 1);
    }

    private static double Binary(MapOpcode opcode, double a, double b) => opcode switch
    {
        MapOpcode.Add => a + b,
        MapOpcode.Subtract => a - b,
        MapOpcode.Multiply => a * b,
        MapOpcode.Divide => a / b,
        MapOpcode.Max => Math.Max(a, b),
        MapOpcode.Min => Math.Min(a, b),
        MapOpcode.Power => Math.Pow(a, b),
        _ => throw new NotSupportedException($"{opcode} does not take two operands."),
    };
}
