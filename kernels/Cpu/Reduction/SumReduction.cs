using System.Numerics.Tensors;

namespace Fovea.Cpu.Reduction;

/// <summary>
/// Sums an outer × reduced × inner array over its middle dimension. The order of the additions depends on the sizes alone, so the
/// result is the same on any number of threads. An instance serves one caller at a time.
/// </summary>
internal sealed unsafe class SumReduction
{
    /// <summary>Elements that one task sums.</summary>
    private const int TaskElements = 16 * 1024, MostParts = 64;

    /// <summary>Elements that are added at once.</summary>
    private const int WideElements = 128;

    private readonly int outer, reduced, inner, parts;
    private readonly WorkerPool pool;
    private readonly Action<int, int> sumPart;
    private float* input, partials;

    /// <summary>Prepares sums of one shape.</summary>
    public SumReduction(int outer, int reduced, int inner, WorkerPool pool)
    {
        (this.outer, this.reduced, this.inner, this.pool) = (outer, reduced, inner, pool);
        parts = (int)Math.Clamp((long)reduced * inner / TaskElements, 1, Math.Min(MostParts, reduced));
        sumPart = SumPart;
    }

    /// <summary>The scratch memory that one run needs, in bytes.</summary>
    public long WorkspaceBytes => parts == 1 ? 0 : sizeof(float) * (long)outer * parts * inner;

    /// <summary>Sums.</summary>
    /// <param name="x">outer × reduced × inner.</param>
    /// <param name="y">outer × inner; overwritten.</param>
    /// <param name="workspace">At least <see cref="WorkspaceBytes"/> bytes.</param>
    public void Run(float* x, float* y, float* workspace)
    {
        input = x;
        partials = parts == 1 ? y : workspace;
        pool.For(outer * parts, sumPart);
        if (parts == 1) return;
        for (int o = 0; o < outer; o++)
        {
            var sum = new Span<float>(y + ((nint)o * inner), inner);
            sum.Clear();
            for (int part = 0; part < parts; part++)
                TensorPrimitives.Add(sum, new ReadOnlySpan<float>(partials + (((nint)o * parts) + part) * inner, inner), sum);
        }
    }

    private void SumPart(int task, int worker)
    {
        (int o, int part) = Math.DivRem(task, parts);
        int first = (int)((long)reduced * part / parts), end = (int)((long)reduced * (part + 1) / parts);
        float* source = input + ((((nint)o * reduced) + first) * inner);
        if (inner == 1)
        {
            partials[task] = TensorPrimitives.Sum(new ReadOnlySpan<float>(source, end - first));
            return;
        }

        var sum = new Span<float>(partials + ((nint)task * inner), inner);
        sum.Clear();
        // Short rows are summed several at a time, and the several sums at the end.
        int rows = inner >= WideElements ? 1 : WideElements / inner, width = rows * inner;
        if (rows > 1)
        {
            Span<float> wide = stackalloc float[WideElements];
            wide = wide[..width];
            wide.Clear();
            for (; first + rows <= end; first += rows, source += width)
                TensorPrimitives.Add(wide, new ReadOnlySpan<float>(source, width), wide);
            for (int row = 0; row < rows; row++) TensorPrimitives.Add(sum, wide.Slice(row * inner, inner), sum);
        }
        for (; first < end; first++, source += inner) TensorPrimitives.Add(sum, new ReadOnlySpan<float>(source, inner), sum);
    }
}

/// <summary>The opposite of a sum: repeats each of the outer × inner elements along a new middle dimension.</summary>
/// <param name="outer">The first dimension.</param>
/// <param name="repeats">The new middle dimension.</param>
/// <param name="inner">The last dimension.</param>
internal sealed unsafe class BroadcastCopy(int outer, int repeats, int inner)
{
    /// <summary>Copies.</summary>
    /// <param name="x">outer × inner.</param>
    /// <param name="y">outer × repeats × inner; overwritten.</param>
    public void Run(float* x, float* y)
    {
        for (int o = 0; o < outer; o++, x += inner)
        {
            var source = new ReadOnlySpan<float>(x, inner);
            if (inner == 1)
            {
                new Span<float>(y, repeats).Fill(*x);
                y += repeats;
                continue;
            }
            for (int r = 0; r < repeats; r++, y += inner) source.CopyTo(new Span<float>(y, inner));
        }
    }
}
