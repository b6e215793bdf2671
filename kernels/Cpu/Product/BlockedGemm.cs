using System.Runtime.CompilerServices;

namespace Fovea.Cpu.Product;

/// <summary>
/// C = A·B + bias for matrices that pack themselves: the one blocked product under matrix multiplication and all three
/// convolution passes. One instance serves one shape and one caller at a time.
/// </summary>
/// <remarks>
/// <para>Blocking follows K. Goto, R. van de Geijn, "Anatomy of High-Performance Matrix Multiplication", ACM TOMS 34(3), 2008:
/// panels of B of a depth that fits the first-level cache, blocks of A that fit the second.</para>
/// <para>With many rows, threads share one packed block of B and divide the rows; with few rows they divide the columns, and
/// the steps of k as well if <c>splits</c> says so. How an element is summed depends on the shape alone, never on the number
/// of threads.</para>
/// </remarks>
internal sealed unsafe class BlockedGemm<TA, TB, TC>
    where TA : struct, IRowSource
    where TB : struct, IPanelSource
    where TC : struct, ITileTarget
{
    private const int BlockRows = 192;
    private const int SharedColumns = 2048;

    /// <summary>A matrix B of so many elements is packed as a whole, so that a block of C is done in one go.</summary>
    private const long SharedElements = 1 << 20;

    private readonly int rows, columns, depth, splits;
    private readonly MicroKernel kernel;
    private readonly RegisterTiles placed;
    private readonly int tileRows, tilePieces, panelDepth, sharedDepth, blockRows, rowTasks, groupPanels, groups;
    private readonly bool divideRows;
    private readonly int threads;
    private readonly Action<int, int> packShared, multiplyRows, multiplyColumns, sumSplits;

    private TA a;
    private TB b;
    private TC c;
    private bool relu;
    private float* bias, sharedB, scratch, partials;
    private int firstStep, lastStep, firstColumn, lastColumn;

    /// <summary>Prepares products of one shape.</summary>
    /// <param name="rows">Rows of A and C.</param>
    /// <param name="columns">Columns of B and C.</param>
    /// <param name="depth">Columns of A, rows of B.</param>
    /// <param name="threads">How many threads the pool has.</param>
    /// <param name="level">Which vectors to use.</param>
    /// <param name="splits">Into how many partial sums k is divided; only for products with few rows.</param>
    /// <param name="run">
    /// Reads rows of A where they lie, rather than from packed copies: along k it consists of runs of so many steps, each of which gives
    /// three pieces at most; 0 packs all.
    /// </param>
    public BlockedGemm(int rows, int columns, int depth, int threads, SimdLevel level, int splits = 1, int run = 0)
    {
        (this.rows, this.columns, this.depth, this.threads, this.splits) = (rows, columns, depth, threads, splits);
        kernel = MicroKernel.For(level, columns);
        placed = RegisterTiles.OfRows(level, packed: false);
        tileRows = kernel.Rows;
        int kBlocks = Math.Max(1, (depth + kernel.Depth - 1) / kernel.Depth);
        panelDepth = RoundUp(Math.Max(1, (depth + kBlocks - 1) / kBlocks), 4);
        tilePieces = run > 0 ? 3 * ((panelDepth / run) + 2) : 0;

        divideRows = splits == 1 && rows >= Math.Max(96 * threads, columns / 16);
        int panels = Panels(columns);
        if (divideRows)
        {
            blockRows = Math.Clamp(RoundUp((rows + (4 * threads) - 1) / (4 * threads), tileRows), 4 * tileRows, BlockRows);
            groupPanels = panels;
        }
        else
        {
            // Blocks make B be packed once more, and packed copies of A must not be too large.
            blockRows = Math.Min(run > 0 ? 4 * BlockRows : BlockRows, RoundUp(rows, tileRows));
            int wanted = Math.Max(1, 4 * threads / splits);
            groupPanels = Math.Max((panels + wanted - 1) / wanted, Math.Min(panels, 2));
        }
        sharedDepth = Math.Min(depth, columns <= SharedColumns && (long)depth * columns <= SharedElements ? depth : panelDepth);
        rowTasks = (rows + blockRows - 1) / blockRows;
        groups = (panels + groupPanels - 1) / groupPanels;

        packShared = PackShared;
        multiplyRows = MultiplyRows;
        multiplyColumns = MultiplyColumns;
        sumSplits = SumSplits;
    }

    /// <summary>The scratch memory that one run needs, in bytes.</summary>
    public long WorkspaceBytes =>
        sizeof(float) * (BiasFloats + (divideRows ? SharedFloats : 0) + ((long)threads * ScratchFloats) + ((splits - 1) * PartialFloats));

    // One panel more than the bias needs: zeros, for the partial sums that must not add it again.
    private long BiasFloats => (long)(Panels(columns) + 1) * kernel.Columns;

    private long SharedFloats => (long)sharedDepth * Math.Min(SharedColumns, Panels(columns) * kernel.Columns);

    // No two in one cache line, for different threads work on them.
    private long PartialFloats => (((long)rows * columns) + 15) / 16 * 16;

    private long TileFloats => RoundUp(tileRows * kernel.Columns, 16);

    private int BlockTiles => (blockRows + tileRows - 1) / tileRows;

    private long PieceFloats => (long)BlockTiles * tilePieces * sizeof(TilePiece) / sizeof(float);

    private long ScratchFloats =>
        RoundUp((blockRows * panelDepth) + (panelDepth * kernel.Columns) + (int)(TileFloats + PieceFloats) + BlockTiles, 16);

    /// <summary>Multiplies.</summary>
    /// <param name="pool">The threads to use.</param>
    /// <param name="left">A.</param>
    /// <param name="right">B.</param>
    /// <param name="target">C.</param>
    /// <param name="columnBias">One value a column, added to every row, or null.</param>
    /// <param name="clampNegative">Whether negative results become 0.</param>
    /// <param name="workspace">At least <see cref="WorkspaceBytes"/> bytes on a 64-byte boundary.</param>
    public void Run(WorkerPool pool, TA left, TB right, TC target, float* columnBias, bool clampNegative, float* workspace)
    {
        (a, b, c, relu) = (left, right, target, clampNegative);
        bias = workspace;
        sharedB = bias + BiasFloats;
        scratch = sharedB + (divideRows ? SharedFloats : 0);
        partials = scratch + (threads * ScratchFloats);

        var padded = new Span<float>(bias, (int)BiasFloats);
        if (columnBias is not null) new ReadOnlySpan<float>(columnBias, columns).CopyTo(padded);
        padded[(columnBias is null ? 0 : columns)..].Clear();

        if (!divideRows)
        {
            pool.For(groups * splits, multiplyColumns);
            if (splits > 1) pool.For(rows, sumSplits);
            return;
        }

        for (firstColumn = 0; firstColumn < columns; firstColumn += SharedColumns)
        {
            lastColumn = Math.Min(firstColumn + SharedColumns, columns);
            for (firstStep = 0; firstStep < depth; firstStep += sharedDepth)
            {
                lastStep = Math.Min(firstStep + sharedDepth, depth);
                pool.For(Panels(lastColumn - firstColumn) * ((lastStep - firstStep + panelDepth - 1) / panelDepth), packShared);
                pool.For(rowTasks, multiplyRows);
            }
        }
    }

    private void PackShared(int task, int worker)
    {
        (int block, int panel) = Math.DivRem(task, Panels(lastColumn - firstColumn));
        int column = firstColumn + (panel * kernel.Columns), k = firstStep + (block * panelDepth),
            steps = Math.Min(panelDepth, lastStep - k);
        b.Pack(column, Math.Min(kernel.Columns, lastColumn - column), k, steps, Shared(k, panel, steps), kernel.Columns);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void MultiplyRows(int task, int worker)
    {
        var memory = new Scratch(this, worker);
        int first = task * blockRows, count = Math.Min(blockRows, rows - first), panels = Panels(lastColumn - firstColumn);
        for (int k = firstStep; k < lastStep; k += panelDepth)
        {
            int steps = Math.Min(panelDepth, lastStep - k);
            PackRows(first, count, k, steps, memory);
            for (int panel = 0; panel < panels; panel++)
                MultiplyPanel(c, true, first, count, firstColumn + (panel * kernel.Columns), memory, Shared(k, panel, steps), steps,
                    Mode(k, 0, depth));
        }
    }

    /// <summary>Where a panel of the shared part of B is.</summary>
    private float* Shared(int k, int panel, int steps) =>
        sharedB + ((((nint)(k - firstStep) * Panels(lastColumn - firstColumn)) + ((nint)panel * steps)) * kernel.Columns);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void MultiplyColumns(int task, int worker)
    {
        var memory = new Scratch(this, worker);
        int split = task % splits, group = task / splits;
        int blocks = (depth + panelDepth - 1) / panelDepth;
        int start = (int)((long)blocks * split / splits) * panelDepth,
            end = Math.Min(depth, (int)((long)blocks * (split + 1) / splits) * panelDepth);
        int lastPanel = Math.Min((group + 1) * groupPanels, Panels(columns));

        for (int first = 0; first < rows; first += blockRows)
        {
            int count = Math.Min(blockRows, rows - first);
            for (int k = start; k < end; k += panelDepth)
            {
                int steps = Math.Min(panelDepth, end - k);
                PackRows(first, count, k, steps, memory);
                for (int panel = group * groupPanels; panel < lastPanel; panel++)
                {
                    int column = panel * kernel.Columns;
                    b.Pack(column, Math.Min(kernel.Columns, columns - column), k, steps, memory.B, kernel.Columns);
                    TileMode mode = Mode(k, start, end);
                    if (split == 0) MultiplyPanel(c, true, first, count, column, memory, memory.B, steps, mode);
                    else MultiplyPanel(Partial(split), false, first, count, column, memory, memory.B, steps, mode);
                }
            }
        }
    }

    private DenseTarget Partial(int split) => new(partials + ((split - 1) * PartialFloats), columns);

    private TileMode Mode(int k, int start, int end) =>
        (k == start ? TileMode.Overwrite : TileMode.Accumulate) | (relu && splits == 1 && k + panelDepth >= end ? TileMode.Relu : 0);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void PackRows(int first, int count, int k, int steps, Scratch memory)
    {
        float* packed = memory.A;
        for (int row = 0, tile = 0; row < count; row += tileRows, packed += tileRows * steps, tile++)
        {
            int valid = Math.Min(tileRows, count - row);
            if (tilePieces == 0) a.Pack(first + row, valid, k, steps, packed, tileRows);
            else memory.Counts[tile] = a.Place(first + row, valid, k, steps, packed, tileRows, memory.Pieces + (tile * tilePieces));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void MultiplyPanel<T>(
        T target, bool addBias, int first, int count, int column, Scratch memory, float* packedB, int steps, TileMode mode)
        where T : struct, ITileTarget
    {
        int width = Math.Min(kernel.Columns, columns - column);
        float* initial = bias + (addBias ? column : Panels(columns) * kernel.Columns);
        bool whole = width == kernel.Columns && target.Stride != 0;
        // Rows that are shorter than a vector and lie one after the other: what is stored too much belongs to the next rows, which
        // are stored later. The last rows of a block have no such neighbours.
        bool spills = columns < kernel.Columns && target.Stride == columns && (mode & TileMode.Accumulate) == 0 && depth <= panelDepth;
        int spilledRows = spills ? (kernel.Columns - columns + columns - 1) / columns : 0;
        for (int row = 0, tile = 0; row < count; row += tileRows, tile++)
        {
            int height = Math.Min(tileRows, count - row);
            if (height == tileRows && (whole || (spills && row + tileRows + spilledRows <= count)))
            {
                MultiplyTile(tile, height, memory, packedB, steps, target.Row(first + row) + column, target.Stride, initial, mode);
                continue;
            }

            if ((mode & TileMode.Accumulate) != 0)
            {
                for (int i = 0; i < height; i++)
                    PanelPacking.CopyRow(target.Row(first + row + i) + column, width, memory.Tile + (i * kernel.Columns), width);
            }
            MultiplyTile(tile, height, memory, packedB, steps, memory.Tile, kernel.Columns, initial, mode);
            for (int i = 0; i < height; i++)
                PanelPacking.CopyRow(memory.Tile + (i * kernel.Columns), width, target.Row(first + row + i) + column, width);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void MultiplyTile(
        int tile, int height, Scratch memory, float* packedB, int steps, float* target, nint stride, float* initial, TileMode mode)
    {
        float* packed = memory.A + ((nint)tile * tileRows * steps);
        // Half a tile would be for nothing.
        bool few = height <= RegisterTiles.ShortRows && tileRows > RegisterTiles.ShortRows;
        int computed = few ? RegisterTiles.ShortRows : tileRows;
        if (tilePieces == 0)
        {
            kernel.Multiply(computed, steps, packed, packedB, target, stride, initial, mode);
            return;
        }
        var way = new TileWay(memory.Pieces + (tile * tilePieces), memory.Counts[tile], kernel.Columns);
        kernel.Multiply(placed, computed, way, null, packedB, target, stride, initial, mode);
    }

    private void SumSplits(int row, int worker)
    {
        var sum = new Span<float>(c.Row(row), columns);
        for (int split = 1; split < splits; split++)
            System.Numerics.Tensors.TensorPrimitives.Add(sum, new ReadOnlySpan<float>(Partial(split).Row(row), columns), sum);
        if (relu) System.Numerics.Tensors.TensorPrimitives.Max(sum, 0f, sum);
    }

    private int Panels(int width) => (width + kernel.Columns - 1) / kernel.Columns;

    private static int RoundUp(int value, int multiple) => (value + multiple - 1) / multiple * multiple;

    /// <summary>A worker's own memory.</summary>
    private readonly struct Scratch
    {
        public readonly float* A, B, Tile;
        public readonly TilePiece* Pieces;
        public readonly int* Counts;

        public Scratch(BlockedGemm<TA, TB, TC> product, int worker)
        {
            A = product.scratch + (worker * product.ScratchFloats);
            B = A + (product.blockRows * product.panelDepth);
            Tile = B + (product.panelDepth * product.kernel.Columns);
            Pieces = (TilePiece*)(Tile + product.TileFloats);
            Counts = (int*)(Pieces + ((nint)product.BlockTiles * product.tilePieces));
        }
    }
}
