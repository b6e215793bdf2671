using System.Numerics.Tensors;
using Fovea.Ops;

namespace Fovea.Cpu.Resampling;

/// <summary>Weighted sums of neighbours along the middle dimension of an outer × length × inner array.</summary>
/// <param name="outer">The first dimension.</param>
/// <param name="inner">The last dimension.</param>
/// <param name="weights">Which elements each result is made of.</param>
/// <param name="pool">The threads to use.</param>
internal sealed unsafe class AxisResampling(long outer, int inner, AxisWeights weights, WorkerPool pool)
{
    private const int TaskElements = 8 * 1024;

    private readonly int tasks = (int)Math.Clamp(
        outer * weights.Outputs * inner / TaskElements, 1, Math.Min(16 * pool.ThreadCount, outer * weights.Outputs));

    /// <summary>Computes.</summary>
    /// <param name="x">outer × inputs × inner.</param>
    /// <param name="y">outer × outputs × inner; overwritten.</param>
    public void Run(float* x, float* y)
    {
        var job = new Job(this, x, y);
        pool.For(tasks, ref job);
    }

    private void RunTask(int task, float* x, float* y)
    {
        long lines = outer * weights.Outputs, end = (long)((Int128)lines * (task + 1) / tasks);
        for (long line = (long)((Int128)lines * task / tasks); line < end; line++)
        {
            (long o, long output) = Math.DivRem(line, weights.Outputs);
            float* from = x + (o * weights.Inputs * inner);
            int first = weights.Starts[output], last = weights.Starts[output + 1];
            if (inner == 1)
            {
                float sum = 0;
                for (int entry = first; entry < last; entry++) sum += weights.Values[entry] * from[weights.Sources[entry]];
                y[line] = sum;
                continue;
            }
            var result = new Span<float>(y + (line * inner), inner);
            if (first == last) result.Clear();
            for (int entry = first; entry < last; entry++)
            {
                var source = new ReadOnlySpan<float>(from + ((long)weights.Sources[entry] * inner), inner);
                if (entry == first) TensorPrimitives.Multiply(source, weights.Values[entry], result);
                else TensorPrimitives.MultiplyAdd(source, weights.Values[entry], result, result);
            }
        }
    }

    private readonly struct Job(AxisResampling shape, float* x, float* y) : IPoolJob
    {
        public void Run(int item, int worker) => shape.RunTask(item, x, y);
    }
}
