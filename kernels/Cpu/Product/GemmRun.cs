using System.Runtime.CompilerServices;

namespace Fovea.Cpu.Product;

/// <summary>One run of a <see cref="BlockedGemm{TA, TB, TC}"/>: its operands, its memory, and what each task of it does.</summary>
internal unsafe struct GemmRun<TA, TB, TC> : IPoolJob
    where TA : struct, IRowSource
    where TB : struct, IPanelSource
    where TC : struct, ITileTarget
{
    private readonly GemmBlocking blocking;
    private readonly bool relu;
    private readonly float* bias, sharedB, scratch, partials;

    // Not readonly: the compiler would copy them for every call of a method.
    private TA a;
    private TB b;
    private TC c;
    private Stage stage;
    private int firstStep, lastStep, firstColumn, lastColumn;

    public GemmRun(GemmBlocking blocking, TA left, TB right, TC target, float* columnBias, bool clampNegative, float* workspace)
    {
        this.blocking = blocking;
        (a, b, c, relu) = (left, right, target, clampNegative);
        bias = workspace;
        sharedB = bias + blocking.BiasFloats;
        scratch = sharedB + (blocking.DivideRows ? blocking.SharedFloats : 0);
        partials = scratch + (blocking.Threads * blocking.ScratchFloats);

        var padded = new Span<float>(bias, (int)blocking.BiasFloats);
        if (columnBias is not null) new ReadOnlySpan<float>(columnBias, blocking.Columns).CopyTo(padded);
        padded[(columnBias is null ? 0 : blocking.Columns)..].Clear();
    }

    private enum Stage
    {
        PackShared,
        MultiplyRows,
        MultiplyColumns,
        SumSplits,
    }

    /// <summary>Does all of a run on a pool's threads. Call it on a local variable: all threads see it.</summary>
    public static void All(ref GemmRun<TA, TB, TC> run, WorkerPool pool)
    {
        GemmBlocking blocking = run.blocking;
        if (!blocking.DivideRows)
        {
            Share(ref run, pool, Stage.MultiplyColumns, blocking.Groups * blocking.Splits);
            if (blocking.Splits > 1) Share(ref run, pool, Stage.SumSplits, blocking.Rows);
            return;
        }

        for (run.firstColumn = 0; run.firstColumn < blocking.Columns; run.firstColumn += GemmBlocking.SharedColumns)
        {
            run.lastColumn = Math.Min(run.firstColumn + GemmBlocking.SharedColumns, blocking.Columns);
            for (run.firstStep = 0; run.firstStep < blocking.Depth; run.firstStep += blocking.SharedDepth)
            {
                run.lastStep = Math.Min(run.firstStep + blocking.SharedDepth, blocking.Depth);
                int blocks = (run.lastStep - run.firstStep + blocking.PanelDepth - 1) / blocking.PanelDepth;
                Share(ref run, pool, Stage.PackShared, blocking.Panels(run.lastColumn - run.firstColumn) * blocks);
                Share(ref run, pool, Stage.MultiplyRows, blocking.RowTasks);
            }
        }
    }

    /// <inheritdoc/>
    public void Run(int item, int worker)
    {
        switch (stage)
        {
            case Stage.PackShared:
                PackShared(item);
                break;
            case Stage.MultiplyRows:
                MultiplyRows(item, ScratchOf(worker));
                break;
            case Stage.MultiplyColumns:
                MultiplyColumns(item, ScratchOf(worker));
                break;
            default:
                SumSplits(item);
                break;
        }
    }

    private static void Share(ref GemmRun<TA, TB, TC> run, WorkerPool pool, Stage stage, int tasks)
    {
        run.stage = stage;
        pool.For(tasks, ref run);
    }

    private void PackShared(int task)
    {
        (int block, int panel) = Math.DivRem(task, blocking.Panels(lastColumn - firstColumn));
        int column = firstColumn + (panel * blocking.Kernel.Columns), k = firstStep + (block * blocking.PanelDepth),
            steps = Math.Min(blocking.PanelDepth, lastStep - k);
        b.Pack(column, Math.Min(blocking.Kernel.Columns, lastColumn - column), k, steps, Shared(k, panel, steps), blocking.Kernel.Columns);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void MultiplyRows(int task, Scratch memory)
    {
        int first = task * blocking.BlockRows, count = Math.Min(blocking.BlockRows, blocking.Rows - first);
        int panels = blocking.Panels(lastColumn - firstColumn), width = blocking.Kernel.Columns;
        for (int k = firstStep; k < lastStep; k += blocking.PanelDepth)
        {
            int steps = Math.Min(blocking.PanelDepth, lastStep - k);
            PackRows(first, count, k, steps, memory);
            for (int panel = 0; panel < panels; panel++)
            {
                float* packed = Shared(k, panel, steps);
                MultiplyPanel(c, true, first, count, firstColumn + (panel * width), memory, packed, steps, Mode(k, 0, blocking.Depth));
            }
        }
    }

    /// <summary>Where a panel of the shared part of B is.</summary>
    private readonly float* Shared(int k, int panel, int steps) =>
        sharedB + ((((nint)(k - firstStep) * blocking.Panels(lastColumn - firstColumn)) + ((nint)panel * steps)) * blocking.Kernel.Columns);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void MultiplyColumns(int task, Scratch memory)
    {
        int split = task % blocking.Splits, group = task / blocking.Splits;
        int blocks = (blocking.Depth + blocking.PanelDepth - 1) / blocking.PanelDepth;
        int start = (int)((long)blocks * split / blocking.Splits) * blocking.PanelDepth,
            end = Math.Min(blocking.Depth, (int)((long)blocks * (split + 1) / blocking.Splits) * blocking.PanelDepth);
        int lastPanel = Math.Min((group + 1) * blocking.GroupPanels, blocking.Panels(blocking.Columns)), width = blocking.Kernel.Columns;

        for (int first = 0; first < blocking.Rows; first += blocking.BlockRows)
        {
            int count = Math.Min(blocking.BlockRows, blocking.Rows - first);
            for (int k = start; k < end; k += blocking.PanelDepth)
            {
                int steps = Math.Min(blocking.PanelDepth, end - k);
                PackRows(first, count, k, steps, memory);
                for (int panel = group * blocking.GroupPanels; panel < lastPanel; panel++)
                {
                    int column = panel * width;
                    b.Pack(column, Math.Min(width, blocking.Columns - column), k, steps, memory.B, width);
                    TileMode mode = Mode(k, start, end);
                    if (split == 0) MultiplyPanel(c, true, first, count, column, memory, memory.B, steps, mode);
                    else MultiplyPanel(Partial(split), false, first, count, column, memory, memory.B, steps, mode);
                }
            }
        }
    }

    private readonly DenseTarget Partial(int split) => new(partials + ((split - 1) * blocking.PartialFloats), blocking.Columns);

    private readonly TileMode Mode(int k, int start, int end) =>
        (k == start ? TileMode.Overwrite : TileMode.Accumulate)
            | (relu && blocking.Splits == 1 && k + blocking.PanelDepth >= end ? TileMode.Relu : TileMode.Overwrite);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void PackRows(int first, int count, int k, int steps, Scratch memory)
    {
        float* packed = memory.A;
        for (int row = 0, tile = 0; row < count; row += blocking.TileRows, packed += blocking.TileRows * steps, tile++)
        {
            int valid = Math.Min(blocking.TileRows, count - row);
            if (blocking.TilePieces == 0) a.Pack(first + row, valid, k, steps, packed, blocking.TileRows);
            else
            {
                TilePiece* pieces = memory.Pieces + (tile * blocking.TilePieces);
                memory.Counts[tile] = a.Place(first + row, valid, k, steps, packed, blocking.TileRows, pieces);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void MultiplyPanel<T>(
        T target, bool addBias, int first, int count, int column, Scratch memory, float* packedB, int steps, TileMode mode)
        where T : struct, ITileTarget
    {
        int width = Math.Min(blocking.Kernel.Columns, blocking.Columns - column);
        float* initial = bias + (addBias ? column : blocking.Panels(blocking.Columns) * blocking.Kernel.Columns);
        bool whole = width == blocking.Kernel.Columns && target.Stride != 0;
        // Rows that are shorter than a vector and lie one after the other: what is stored too much belongs to the next blocking.Rows, which
        // are stored later. The last blocking.Rows of a block have no such neighbours.
        bool spills = blocking.Columns < blocking.Kernel.Columns && target.Stride == blocking.Columns
            && (mode & TileMode.Accumulate) == 0 && blocking.Depth <= blocking.PanelDepth;
        int spilledRows = spills ? (blocking.Kernel.Columns - blocking.Columns + blocking.Columns - 1) / blocking.Columns : 0;
        for (int row = 0, tile = 0; row < count; row += blocking.TileRows, tile++)
        {
            int height = Math.Min(blocking.TileRows, count - row);
            if (height == blocking.TileRows && (whole || (spills && row + blocking.TileRows + spilledRows <= count)))
            {
                MultiplyTile(tile, height, memory, packedB, steps, target.Row(first + row) + column, target.Stride, initial, mode);
                continue;
            }

            if ((mode & TileMode.Accumulate) != 0)
            {
                for (int i = 0; i < height; i++)
                    PanelPacking.CopyRow(target.Row(first + row + i) + column, width, memory.Tile + (i * blocking.Kernel.Columns), width);
            }
            MultiplyTile(tile, height, memory, packedB, steps, memory.Tile, blocking.Kernel.Columns, initial, mode);
            for (int i = 0; i < height; i++)
                PanelPacking.CopyRow(memory.Tile + (i * blocking.Kernel.Columns), width, target.Row(first + row + i) + column, width);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void MultiplyTile(
        int tile, int height, Scratch memory, float* packedB, int steps, float* target, nint stride, float* initial, TileMode mode)
    {
        float* packed = memory.A + ((nint)tile * blocking.TileRows * steps);
        // Half a tile would be for nothing.
        bool few = height <= RegisterTiles.ShortRows && blocking.TileRows > RegisterTiles.ShortRows;
        int computed = few ? RegisterTiles.ShortRows : blocking.TileRows;
        if (blocking.TilePieces == 0)
        {
            blocking.Kernel.Multiply(computed, steps, packed, packedB, target, stride, initial, mode);
            return;
        }
        var way = new TileWay(memory.Pieces + (tile * blocking.TilePieces), memory.Counts[tile], blocking.Kernel.Columns);
        blocking.Kernel.Multiply(blocking.Placed, computed, way, null, packedB, target, stride, initial, mode);
    }

    private void SumSplits(int row)
    {
        var sum = new Span<float>(c.Row(row), blocking.Columns);
        for (int split = 1; split < blocking.Splits; split++)
            System.Numerics.Tensors.TensorPrimitives.Add(sum, new ReadOnlySpan<float>(Partial(split).Row(row), blocking.Columns), sum);
        if (relu) System.Numerics.Tensors.TensorPrimitives.Max(sum, 0f, sum);
    }

    private readonly Scratch ScratchOf(int worker) => new(blocking, scratch + (worker * blocking.ScratchFloats));

    /// <summary>A worker's own memory.</summary>
    private readonly struct Scratch
    {
        public readonly float* A, B, Tile;
        public readonly TilePiece* Pieces;
        public readonly int* Counts;

        public Scratch(GemmBlocking blocking, float* memory)
        {
            A = memory;
            B = A + (blocking.BlockRows * blocking.PanelDepth);
            Tile = B + (blocking.PanelDepth * blocking.Kernel.Columns);
            Pieces = (TilePiece*)(Tile + blocking.TileFloats);
            Counts = (int*)(Pieces + ((nint)blocking.BlockTiles * blocking.TilePieces));
        }
    }
}
