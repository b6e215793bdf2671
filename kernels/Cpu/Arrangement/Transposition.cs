namespace Fovea.Cpu.Arrangement;

/// <summary>Puts the dimensions of an array into another order.</summary>
/// <remarks>
/// What stays side by side is copied as runs. Else neighbours of the result lie apart in the source and neighbours of the source apart in
/// the result: these two dimensions are gone through in square tiles, which both lie in the first-level cache.
/// </remarks>
internal sealed unsafe class Transposition
{
    private const int Tile = 16, TaskElements = 16 * 1024;

    private readonly int[] sizes;
    private readonly long[] sourceStrides, targetStrides;
    private readonly int rows, columns, rowTiles, tasks;
    private readonly long rowStride, columnStride, units;
    private readonly WorkerPool pool;

    /// <summary>Prepares one shape.</summary>
    /// <param name="sizes">The result's sizes, without those of 1 and with neighbours that stay together as one.</param>
    /// <param name="strides">How far neighbours along each lie apart in the source.</param>
    /// <param name="pool">The threads to use.</param>
    public Transposition(IReadOnlyList<int> sizes, IReadOnlyList<long> strides, WorkerPool pool)
    {
        this.pool = pool;
        int last = sizes.Count - 1, across = last;
        long[] targets = new long[sizes.Count];
        long stride = 1;
        for (int i = last; i >= 0; stride *= sizes[i--])
        {
            targets[i] = stride;
            if (strides[i] == 1) across = i;
        }
        // Rows are neighbours in the result, columns in the source; runs that stay are columns of a single row.
        (rows, rowStride) = across == last ? (1, 0) : (sizes[last], strides[last]);
        (columns, columnStride) = (sizes[across], targets[across]);
        int[] outer = [.. Enumerable.Range(0, sizes.Count).Where(i => i != across && i != last)];
        this.sizes = [.. outer.Select(i => sizes[i])];
        sourceStrides = [.. outer.Select(i => strides[i])];
        targetStrides = [.. outer.Select(i => targets[i])];
        rowTiles = (rows + Tile - 1) / Tile;
        units = this.sizes.Aggregate((long)rowTiles, (product, size) => product * size);
        tasks = (int)Math.Min(units, Math.Clamp(stride / TaskElements, 1, 16 * pool.ThreadCount));
    }

    /// <summary>Copies.</summary>
    public void Run(float* source, float* target)
    {
        var job = new Job(this, source, target);
        pool.For(tasks, ref job);
    }

    private void RunTask(int task, float* source, float* target)
    {
        long end = (long)((Int128)units * (task + 1) / tasks);
        for (long unit = (long)((Int128)units * task / tasks); unit < end; unit++)
        {
            (long place, long tile) = Math.DivRem(unit, rowTiles);
            float* from = source, to = target;
            for (int i = sizes.Length - 1; i >= 0; i--)
            {
                (place, long index) = Math.DivRem(place, sizes[i]);
                from += index * sourceStrides[i];
                to += index * targetStrides[i];
            }
            if (rowStride == 0) Buffer.MemoryCopy(from, to, columns * (long)sizeof(float), columns * (long)sizeof(float));
            else
            {
                int first = (int)tile * Tile, count = Math.Min(Tile, rows - first);
                CopyTiles(from + (first * rowStride), to + first, count);
            }
        }
    }

    private void CopyTiles(float* source, float* target, int count)
    {
        for (int first = 0; first < columns; first += Tile)
        {
            int end = Math.Min(first + Tile, columns);
            for (int column = first; column < end; column++)
            {
                float* from = source + column, to = target + (column * columnStride);
                for (int row = 0; row < count; row++, from += rowStride) to[row] = *from;
            }
        }
    }

    private readonly struct Job(Transposition shape, float* source, float* target) : IPoolJob
    {
        public void Run(int item, int worker) => shape.RunTask(item, source, target);
    }
}
