using System.Runtime.CompilerServices;

namespace Fovea.Cpu.Reduction;

/// <summary>
/// Sums an outer × reduced × inner array over its middle dimension, in blocks of rows that are added in pairs of pairs: rounding errors
/// grow with the logarithm of the number of rows. The order of the additions depends on the sizes alone, so the result is the same on
/// any number of threads. An instance serves one caller at a time.
/// </summary>
/// <remarks>N. J. Higham, "The Accuracy of Floating Point Summation", SIAM Journal on Scientific Computing 14, 1993, section 3.</remarks>
internal sealed unsafe class SumReduction
{
    /// <summary>Elements of a part, about; and how many parts or columns side by side are enough for any number of threads.</summary>
    private const int PartElements = 16 * 1024, EnoughUnits = 64;

    /// <summary>Rows are cut into pieces of so many elements at most, so that sums stay in the first-level cache.</summary>
    private const int PieceElements = 512;

    private const int MostTasks = 1024;

    private readonly long outer, reduced, inner, pieces, units;
    private readonly int parts, tasks;
    private readonly WorkerPool pool;
    private readonly Action<int, int> runTask;
    private float* input, target;

    /// <summary>Prepares sums of one shape.</summary>
    public SumReduction(long outer, long reduced, long inner, WorkerPool pool)
    {
        (this.outer, this.reduced, this.inner, this.pool) = (outer, reduced, inner, pool);
        pieces = (inner + PieceElements - 1) / PieceElements;
        parts = outer * pieces >= EnoughUnits ? 1
            : (int)Math.Clamp(reduced / Math.Max(1, PartElements / inner), 1, Math.Min(EnoughUnits, reduced));
        units = outer * parts * pieces;
        tasks = (int)Math.Min(units, MostTasks);
        runTask = RunTask;
    }

    /// <summary>The scratch memory that one run needs, in bytes.</summary>
    public long WorkspaceBytes => parts == 1 ? 0 : sizeof(float) * outer * parts * inner;

    /// <summary>Sums.</summary>
    /// <param name="x">outer × reduced × inner.</param>
    /// <param name="y">outer × inner; overwritten.</param>
    /// <param name="workspace">At least <see cref="WorkspaceBytes"/> bytes.</param>
    public void Run(float* x, float* y, float* workspace)
    {
        input = x;
        target = parts == 1 ? y : workspace;
        pool.For(tasks, runTask);
        if (parts == 1) return;
        // More than one part means that there are few sums.
        int width = (int)inner;
        for (long o = 0; o < outer; o++, workspace += (nint)parts * width)
        {
            for (int step = 1; step < parts; step *= 2)
            {
                for (int part = 0; part + step < parts; part += 2 * step)
                    PairwiseRows.Add(workspace + ((nint)part * width), workspace + ((nint)(part + step) * width), width);
            }
            new ReadOnlySpan<float>(workspace, width).CopyTo(new Span<float>(y + ((nint)o * width), width));
        }
    }

    private void RunTask(int task, int worker)
    {
        long end = (long)((Int128)units * (task + 1) / tasks);
        for (long unit = (long)((Int128)units * task / tasks); unit < end; unit++)
        {
            if (inner == 1 && parts == 1)
            {
                target[unit] = PairwiseRows.Sum(input + (unit * reduced), reduced);
                continue;
            }
            (long group, long piece) = Math.DivRem(unit, pieces);
            (long o, long part) = Math.DivRem(group, parts);
            long first = (long)((Int128)reduced * part / parts), rows = (long)((Int128)reduced * (part + 1) / parts) - first,
                column = piece * PieceElements;
            float* source = input + (((o * reduced) + first) * inner) + column, sum = target + (group * inner) + column;
            if (inner == 1) *sum = PairwiseRows.Sum(source, rows);
            else if (inner > PairwiseRows.Strip / 2)
                PairwiseRows.Sum(source, rows, (nint)inner, (int)Math.Min(PieceElements, inner - column), sum);
            else SumShort(source, rows, sum);
        }
    }

    /// <summary>Short rows are joined to wider ones, and the sum of these is folded at the end.</summary>
    [SkipLocalsInit]
    private void SumShort(float* source, long rows, float* sum)
    {
        int length = (int)inner, joined = (int)Math.Min(rows, PairwiseRows.Strip / length), width = joined * length;
        float* wide = stackalloc float[PairwiseRows.Strip];
        (long whole, long rest) = Math.DivRem(rows, joined);
        PairwiseRows.Sum(source, whole, width, width, wide);
        if (rest > 0) PairwiseRows.Add(wide, source + ((nint)whole * width), (int)rest * length);
        for (int left = joined; left > 1; left -= left / 2)
            PairwiseRows.Add(wide, wide + ((left - (left / 2)) * length), left / 2 * length);
        new ReadOnlySpan<float>(wide, length).CopyTo(new Span<float>(sum, length));
    }
}
