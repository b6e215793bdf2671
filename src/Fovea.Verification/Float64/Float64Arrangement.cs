using Fovea.Graph;
using Fovea.Ops;

namespace Fovea.Verification.Float64;

/// <summary>What moves elements, and resampling, in double precision.</summary>
internal static class Float64Arrangement
{
    public static double[] Slice(double[] x, Shape input, SliceOp op)
    {
        (long outer, long length, long inner) = input.Split(op.Axis, 1);
        double[] y = new double[outer * op.Length * inner];
        for (int i = 0; i < y.Length; i++)
        {
            long at = i / inner % op.Length, o = i / inner / op.Length;
            y[i] = x[(((o * length) + op.Start + at) * inner) + (i % inner)];
        }
        return y;
    }

    public static double[] Pad(double[] x, Shape input, PadOp op)
    {
        (long outer, long length, long inner) = input.Split(op.Axis, 1);
        long padded = op.Before + length + op.Behind;
        double[] y = new double[outer * padded * inner];
        for (int i = 0; i < x.Length; i++)
        {
            long at = i / inner % length, o = i / inner / length;
            y[(((o * padded) + op.Before + at) * inner) + (i % inner)] = x[i];
        }
        return y;
    }

    public static double[] Concat(double[][] x, IReadOnlyList<Value> inputs, Shape result, ConcatOp op)
    {
        (long outer, long length, long inner) = result.Split(op.Axis, 1);
        double[] y = new double[outer * length * inner];
        long start = 0;
        for (int input = 0; input < x.Length; input++)
        {
            long own = inputs[input].Shape[op.Axis];
            for (int i = 0; i < x[input].Length; i++)
                y[(((i / inner / own * length) + start + (i / inner % own)) * inner) + (i % inner)] = x[input][i];
            start += own;
        }
        return y;
    }

    public static double[] Transpose(double[] x, Shape input, Shape result, TransposeOp op)
    {
        double[] y = new double[x.Length];
        int[] place = new int[result.Rank];
        for (int i = 0; i < y.Length; i++)
        {
            int rest = i;
            for (int axis = result.Rank - 1; axis >= 0; axis--)
            {
                place[op.Order[axis]] = rest % result[axis];
                rest /= result[axis];
            }
            int source = 0;
            for (int axis = 0; axis < input.Rank; axis++) source = (source * input[axis]) + place[axis];
            y[i] = x[source];
        }
        return y;
    }

    public static double[] Gather(double[] table, double[] numbers, Shape shape)
    {
        int width = table.Length / shape[0];
        return [.. numbers.SelectMany(row => row >= 0 && row < shape[0] ? table[((int)row * width)..((int)(row + 1) * width)]
            : [.. Enumerable.Repeat(double.NaN, width)])];
    }

    public static double[] GatherGradient(double[] numbers, double[] dy, Shape shape)
    {
        double[] dx = new double[shape.Count];
        int width = dx.Length / shape[0];
        for (int i = 0; i < dy.Length; i++)
        {
            int row = (int)numbers[i / width];
            if (row >= 0 && row < shape[0]) dx[(row * width) + (i % width)] += dy[i];
        }
        return dx;
    }

    public static double[] Resample(double[] x, Shape input, ResampleOp op)
    {
        (long outer, long length, long inner) = input.Split(op.Axis, 1);
        AxisWeights weights = op.Weights;
        double[] y = new double[outer * weights.Outputs * inner];
        for (int i = 0; i < y.Length; i++)
        {
            int output = (int)(i / inner % weights.Outputs);
            long o = i / inner / weights.Outputs;
            for (int entry = weights.Starts[output]; entry < weights.Starts[output + 1]; entry++)
                y[i] += weights.Values[entry] * x[(((o * length) + weights.Sources[entry]) * inner) + (i % inner)];
        }
        return y;
    }
}
