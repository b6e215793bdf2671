using Fovea.Compute.Cpu;

namespace Fovea.Kernels.Simd.Gemm;

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
    where TA : struct, IPanelSource
    where TB : struct, IPanelSource
    where TC : struct, ITileTarget
{
    private const int BlockRows = 192;
    private const int SharedColumns = 2048;

    private readonly int rows, columns, depth, splits;
    private readonly MicroKernel kernel;
    private readonly int panelDepth, blockRows, rowTasks, groupPanels, groups;
    private readonly bool divideRows;
    private readonly int threads;
    private readonly Action<int, int> packShared, multiplyRows, multiplyColumns, sumSplits;

    private TA a;
    private TB b;
    private TC c;
    private bool relu;
    private float* bias, sharedB, scratch, partials;
    private int k0, kDepth, firstColumn, lastColumn;

    /// <summary>Prepares products of one shape.</summary>
    /// <param name="rows">Rows of A and C.</param>
    /// <param name="columns">Columns of B and C.</param>
    /// <param name="depth">Columns of A, rows of B.</param>
    /// <param name="threads">How many threads the pool has.</param>
    /// <param name="level">Which vectors to use.</param>
    /// <param name="splits">Into how many partial sums k is divided; only for products with few rows.</param>
    public BlockedGemm(int rows, int columns, int depth, int threads, SimdLevel level, int splits = 1)
    {
        (this.rows, this.columns, this.depth, this.threads, this.splits) = (rows, columns, depth, threads, splits);
        kernel = MicroKernel.For(level, columns);
        int kBlocks = Math.Max(1, (depth + kernel.Depth - 1) / kernel.Depth);
        panelDepth = RoundUp(Math.Max(1, (depth + kBlocks - 1) / kBlocks), 4);

        divideRows = splits == 1 && rows >= Math.Max(96 * threads, columns / 16);
        int panels = Panels(columns);
        if (divideRows)
        {
            blockRows = Math.Clamp(RoundUp((rows + (4 * threads) - 1) / (4 * threads), kernel.Rows), 4 * kernel.Rows, BlockRows);
            groupPanels = panels;
        }
        else
        {
            blockRows = Math.Min(BlockRows, RoundUp(rows, kernel.Rows));
            int wanted = Math.Max(1, 4 * threads / splits);
            groupPanels = Math.Max((panels + wanted - 1) / wanted, Math.Min(panels, 2));
        }
        rowTasks = (rows + blockRows - 1) / blockRows;
        groups = (panels + groupPanels - 1) / groupPanels;

        packShared = PackShared;
        multiplyRows = MultiplyRows;
        multiplyColumns = MultiplyColumns;
        sumSplits = SumSplits;
    }

    /// <summary>The scratch memory that one run needs, in bytes.</summary>
    public long WorkspaceBytes =>
        sizeof(float) * (BiasFloats + (divideRows ? SharedFloats : 0) + ((long)threads * ScratchFloats) + ((long)(splits - 1) * rows * columns));

    // One panel more than the bias needs: zeros, for the partial sums that must not add it again.
    private long BiasFloats => (long)(Panels(columns) + 1) * kernel.Columns;

    private long SharedFloats => (long)panelDepth * Math.Min(SharedColumns, Panels(columns) * kernel.Columns);

    private long ScratchFloats => RoundUp((blockRows * panelDepth) + (panelDepth * kernel.Columns) + (kernel.Rows * kernel.Columns), 16);

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
            for (k0 = 0; k0 < depth; k0 += panelDepth)
            {
                kDepth = Math.Min(panelDepth, depth - k0);
                pool.For(Panels(lastColumn - firstColumn), packShared);
                pool.For(rowTasks, multiplyRows);
            }
        }
    }

    private void PackShared(int panel, int worker)
    {
        int column = firstColumn + (panel * kernel.Columns);
        b.Pack(column, Math.Min(kernel.Columns, lastColumn - column), k0, kDepth, sharedB + ((nint)panel * kernel.Columns * kDepth), kernel.Columns);
    }

    private void MultiplyRows(int task, int worker)
    {
        float* packedA = scratch + (worker * ScratchFloats);
        float* tile = packedA + (blockRows * panelDepth) + (panelDepth * kernel.Columns);
        int first = task * blockRows, count = Math.Min(blockRows, rows - first);
        PackRows(first, count, k0, kDepth, packedA);
        int panels = Panels(lastColumn - firstColumn);
        for (int panel = 0; panel < panels; panel++)
        {
            MultiplyPanel(c, true, first, count, firstColumn + (panel * kernel.Columns), packedA,
                sharedB + ((nint)panel * kernel.Columns * kDepth), kDepth, Mode(k0, 0, depth), tile);
        }
    }

    private void MultiplyColumns(int task, int worker)
    {
        float* packedA = scratch + (worker * ScratchFloats);
        float* packedB = packedA + (blockRows * panelDepth);
        float* tile = packedB + (panelDepth * kernel.Columns);
        int split = task % splits, group = task / splits;
        int blocks = (depth + panelDepth - 1) / panelDepth;
        int start = (int)((long)blocks * split / splits) * panelDepth, end = Math.Min(depth, (int)((long)blocks * (split + 1) / splits) * panelDepth);
        int lastPanel = Math.Min((group + 1) * groupPanels, Panels(columns));

        for (int first = 0; first < rows; first += blockRows)
        {
            int count = Math.Min(blockRows, rows - first);
            for (int k = start; k < end; k += panelDepth)
            {
                int steps = Math.Min(panelDepth, end - k);
                PackRows(first, count, k, steps, packedA);
                for (int panel = group * groupPanels; panel < lastPanel; panel++)
                {
                    int column = panel * kernel.Columns;
                    b.Pack(column, Math.Min(kernel.Columns, columns - column), k, steps, packedB, kernel.Columns);
                    TileMode mode = Mode(k, start, end);
                    if (split == 0) MultiplyPanel(c, true, first, count, column, packedA, packedB, steps, mode, tile);
                    else MultiplyPanel(Partial(split), false, first, count, column, packedA, packedB, steps, mode, tile);
                }
            }
        }
    }

    private DenseTarget Partial(int split) => new(partials + ((long)(split - 1) * rows * columns), columns);

    private TileMode Mode(int k, int start, int end) =>
        (k == start ? TileMode.Overwrite : TileMode.Accumulate) | (relu && splits == 1 && k + panelDepth >= end ? TileMode.Relu : 0);

    private void PackRows(int first, int count, int k, int steps, float* packed)
    {
        for (int row = 0; row < count; row += kernel.Rows, packed += kernel.Rows * steps)
            a.Pack(first + row, Math.Min(kernel.Rows, count - row), k, steps, packed, kernel.Rows);
    }

    private void MultiplyPanel<T>(
        T target, bool addBias, int first, int count, int column, float* packedA, float* packedB, int steps, TileMode mode, float* tile)
        where T : struct, ITileTarget
    {
        int width = Math.Min(kernel.Columns, columns - column);
        float* initial = bias + (addBias ? column : Panels(columns) * kernel.Columns);
        bool whole = width == kernel.Columns && target.Stride != 0;
        // Rows that are shorter than a vector and lie one after the other: what is stored too much belongs to the next rows, which
        // are stored later. The last rows of a block have no such neighbours.
        bool spills = columns < kernel.Columns && target.Stride == columns && (mode & TileMode.Accumulate) == 0 && depth <= panelDepth;
        int spilledRows = spills ? (kernel.Columns - columns + columns - 1) / columns : 0;
        for (int row = 0; row < count; row += kernel.Rows, packedA += kernel.Rows * steps)
        {
            int height = Math.Min(kernel.Rows, count - row);
            if (height == kernel.Rows && (whole || (spills && row + kernel.Rows + spilledRows <= count)))
            {
                kernel.Multiply(steps, packedA, packedB, target.Row(first + row) + column, target.Stride, initial, mode);
                continue;
            }

            if ((mode & TileMode.Accumulate) != 0)
            {
                for (int i = 0; i < height; i++) PanelPacking.CopyRow(target.Row(first + row + i) + column, width, tile + (i * kernel.Columns), width);
            }
            kernel.Multiply(steps, packedA, packedB, tile, kernel.Columns, initial, mode);
            for (int i = 0; i < height; i++) PanelPacking.CopyRow(tile + (i * kernel.Columns), width, target.Row(first + row + i) + column, width);
        }
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
}
