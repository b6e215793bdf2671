using Fovea.Core.Memory;

namespace Fovea.Cpu.Product;

/// <summary>How a <see cref="BlockedGemm{TA, TB, TC}"/> of one shape is divided into blocks, panels, tiles and tasks.</summary>
/// <remarks>
/// Blocking follows K. Goto, R. van de Geijn, "Anatomy of High-Performance Matrix Multiplication", ACM TOMS 34(3), 2008: panels of B of a
/// depth that fits the first-level cache, blocks of A that fit the second.
/// </remarks>
internal sealed unsafe class GemmBlocking
{
    /// <summary>So many columns of B are packed at once where threads share them.</summary>
    public const int SharedColumns = 2048;

    private const int MostBlockRows = 192;

    /// <summary>A matrix B of so many elements is packed as a whole, so that a block of C is done in one go.</summary>
    private const long SharedElements = 1 << 20;

    public readonly int Rows, Columns, Depth, Splits, Threads;
    public readonly MicroKernel Kernel;

    /// <summary>The tiles for rows of A that are read where they lie.</summary>
    public readonly RegisterTiles Placed;

    /// <summary>Rows of a tile, and how many pieces its way through A has at most; 0 if A is packed.</summary>
    public readonly int TileRows, TilePieces;

    /// <summary>Steps of k of a panel, and of what threads share of B.</summary>
    public readonly int PanelDepth, SharedDepth;

    public readonly int BlockRows, RowTasks, GroupPanels, Groups;

    /// <summary>Whether threads divide the rows and share B, rather than divide the columns.</summary>
    public readonly bool DivideRows;

    /// <summary>Divides products of one shape.</summary>
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
    public GemmBlocking(int rows, int columns, int depth, int threads, SimdLevel level, int splits, int run)
    {
        (Rows, Columns, Depth, Threads, Splits) = (rows, columns, depth, threads, splits);
        Kernel = MicroKernel.For(level, columns);
        Placed = RegisterTiles.OfRows(level, packed: false);
        TileRows = Kernel.Rows;
        int kBlocks = Math.Max(1, (depth + Kernel.Depth - 1) / Kernel.Depth);
        PanelDepth = Align.Up(Math.Max(1, (depth + kBlocks - 1) / kBlocks), 4);
        TilePieces = run > 0 ? 3 * ((PanelDepth / run) + 2) : 0;

        DivideRows = splits == 1 && rows >= Math.Max(96 * threads, columns / 16);
        int panels = Panels(columns);
        if (DivideRows)
        {
            BlockRows = Math.Clamp(Align.Up((rows + (4 * threads) - 1) / (4 * threads), TileRows), 4 * TileRows, MostBlockRows);
            GroupPanels = panels;
        }
        else
        {
            // Blocks make B be packed once more, and packed copies of A must not be too large.
            BlockRows = Math.Min(run > 0 ? 4 * MostBlockRows : MostBlockRows, Align.Up(rows, TileRows));
            int tasks = Math.Max(1, 4 * threads / splits);
            GroupPanels = Math.Max((panels + tasks - 1) / tasks, Math.Min(panels, 2));
        }
        SharedDepth = Math.Min(depth, columns <= SharedColumns && (long)depth * columns <= SharedElements ? depth : PanelDepth);
        RowTasks = (rows + BlockRows - 1) / BlockRows;
        Groups = (panels + GroupPanels - 1) / GroupPanels;
    }

    /// <summary>The scratch memory that one run needs, in bytes.</summary>
    public long WorkspaceBytes =>
        sizeof(float) * (BiasFloats + (DivideRows ? SharedFloats : 0) + ((long)Threads * ScratchFloats) + ((Splits - 1) * PartialFloats));

    /// <summary>One panel more than the bias needs: zeros, for the partial sums that must not add it again.</summary>
    public long BiasFloats => (long)(Panels(Columns) + 1) * Kernel.Columns;

    public long SharedFloats => (long)SharedDepth * Math.Min(SharedColumns, Panels(Columns) * Kernel.Columns);

    /// <summary>Of one partial sum. No two are in one cache line, for different threads work on them.</summary>
    public long PartialFloats => Align.Up((long)Rows * Columns, 16);

    public long TileFloats => Align.Up(TileRows * Kernel.Columns, 16);

    public int BlockTiles => (BlockRows + TileRows - 1) / TileRows;

    public long PieceFloats => (long)BlockTiles * TilePieces * sizeof(TilePiece) / sizeof(float);

    public long ScratchFloats =>
        Align.Up((BlockRows * PanelDepth) + (PanelDepth * Kernel.Columns) + (int)(TileFloats + PieceFloats) + BlockTiles, 16);

    /// <summary>How many panels so many columns make.</summary>
    public int Panels(int width) => (width + Kernel.Columns - 1) / Kernel.Columns;
}
