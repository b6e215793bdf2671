using System.Numerics.Tensors;

namespace Fovea.Cpu.Reduction;

/// <summary>The largest over the middle dimension of an outer × reduced × inner array; NaN if one is.</summary>
/// <param name="outer">The first dimension.</param>
/// <param name="reduced">The dimension gone through.</param>
/// <param name="inner">The last dimension.</param>
/// <param name="pool">The threads to use.</param>
internal sealed unsafe class MaxReduction(long outer, long reduced, long inner, WorkerPool pool)
{
    private const int TaskElements = 16 * 1024, PieceElements = 1024;
    private const long MostAtOnce = 1 << 30;

    private readonly long pieces = (inner + PieceElements - 1) / PieceElements;
    private readonly int tasks = (int)Math.Clamp(
        outer * reduced * inner / TaskElements, 1, Math.Min(16 * pool.ThreadCount, outer * ((inner + PieceElements - 1) / PieceElements)));

    /// <summary>Finds them.</summary>
    /// <param name="x">outer × reduced × inner.</param>
    /// <param name="y">outer × inner; overwritten.</param>
    public void Run(float* x, float* y)
    {
        var job = new Job(this, x, y);
        pool.For(tasks, ref job);
    }

    private void RunTask(int task, float* x, float* y)
    {
        long units = outer * pieces, end = (long)((Int128)units * (task + 1) / tasks);
        for (long unit = (long)((Int128)units * task / tasks); unit < end; unit++)
        {
            (long o, long piece) = Math.DivRem(unit, pieces);
            float* from = x + (o * reduced * inner) + (piece * PieceElements);
            if (inner == 1)
            {
                y[o] = Largest(from, reduced);
                continue;
            }
            int width = (int)Math.Min(PieceElements, inner - (piece * PieceElements));
            var largest = new Span<float>(y + (o * inner) + (piece * PieceElements), width);
            new ReadOnlySpan<float>(from, width).CopyTo(largest);
            for (long r = 1; r < reduced; r++)
                TensorPrimitives.Max(largest, new ReadOnlySpan<float>(from + (r * inner), width), largest);
        }
    }

    private static float Largest(float* x, long count)
    {
        float largest = float.NegativeInfinity;
        for (; count > 0; count -= MostAtOnce, x += MostAtOnce)
            largest = MathF.Max(largest, TensorPrimitives.Max(new ReadOnlySpan<float>(x, (int)Math.Min(count, MostAtOnce))));
        return largest;
    }

    private readonly struct Job(MaxReduction shape, float* x, float* y) : IPoolJob
    {
        public void Run(int item, int worker) => shape.RunTask(item, x, y);
    }
}
