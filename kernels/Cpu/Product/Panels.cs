using System.Runtime.CompilerServices;

namespace Fovea.Cpu.Product;

/// <summary>A matrix, real or implicit, that can write parts of itself as packed panels.</summary>
internal unsafe interface IPanelSource
{
    /// <summary>
    /// Writes <paramref name="depth"/> steps of k, each of <paramref name="width"/> values (rows of A or columns of B); those
    /// past <paramref name="valid"/> become 0.
    /// </summary>
    /// <param name="first">The first row of A, or column of B.</param>
    /// <param name="valid">How many rows or columns exist, at most <paramref name="width"/>.</param>
    /// <param name="k">The first step of k.</param>
    /// <param name="depth">How many steps of k.</param>
    /// <param name="panel">Where to write: depth × width floats.</param>
    /// <param name="width">The panel's width.</param>
    void Pack(int first, int valid, int k, int depth, float* panel, int width);
}

/// <summary>A matrix whose rows can be read where they lie.</summary>
internal unsafe interface IRowSource : IPanelSource
{
    /// <summary>
    /// Finds the pieces of k for which some neighbouring rows lie in memory at equal distances, and packs the others, each at its place
    /// in the panel, as <see cref="IPanelSource.Pack"/> would.
    /// </summary>
    /// <param name="first">The first row.</param>
    /// <param name="valid">How many rows exist, at most <paramref name="width"/>; if fewer, everything is packed.</param>
    /// <param name="k">The first step of k.</param>
    /// <param name="depth">How many steps of k.</param>
    /// <param name="panel">Where to pack: depth × width floats.</param>
    /// <param name="width">The panel's width.</param>
    /// <param name="pieces">Receives the way through all steps, with addresses for offsets.</param>
    /// <returns>How many pieces there are.</returns>
    int Place(int first, int valid, int k, int depth, float* panel, int width, TilePiece* pieces);
}

/// <summary>A list of pieces while it is written.</summary>
internal unsafe ref struct PieceWriter(TilePiece* pieces)
{
    private TilePiece* last = pieces - 1;

    /// <summary>How many there are.</summary>
    public readonly int Count => (int)(last - pieces) + 1;

    /// <summary>Adds a piece, or makes the last one longer.</summary>
    public void Add(float* at, nint row, nint next, int count)
    {
        nint offset = (nint)at / sizeof(float);
        if (last >= pieces && last->Row == row && last->Next == next && last->Offset + (last->Count * next) == offset) last->Count += count;
        else *++last = new TilePiece { Offset = offset, Row = row, Next = next, Count = count, Runs = 1 };
    }
}

/// <summary>A matrix in memory.</summary>
/// <param name="Data">The first element.</param>
/// <param name="Stride">The distance in elements between neighbours along the dimension that is not contiguous.</param>
/// <param name="ContiguousInK">Whether k runs along memory (else the panel's own dimension does).</param>
internal readonly unsafe struct StridedPanels(float* Data, nint Stride, bool ContiguousInK) : IRowSource
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Pack(int first, int valid, int k, int depth, float* panel, int width)
    {
        if (!ContiguousInK)
        {
            float* source = Data + (k * Stride) + first;
            if (valid == width) PanelPacking.CopyRows(source, Stride, depth, valid, panel, width);
            else for (int step = 0; step < depth; step++, source += Stride, panel += width)
                PanelPacking.CopyRow(source, valid, panel, width);
            return;
        }

        float* row = Data + (first * Stride) + k;
        int i = 0;
        for (; i + 4 <= valid; i += 4, row += 4 * Stride)
            PanelPacking.Transpose4(row, row + Stride, row + (2 * Stride), row + (3 * Stride), depth, panel + i, width);
        for (; i < valid; i++, row += Stride) PanelPacking.Scatter(row, depth, panel + i, width);
        for (; i < width; i++) PanelPacking.ScatterZero(depth, panel + i, width);
    }
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int Place(int first, int valid, int k, int depth, float* panel, int width, TilePiece* pieces)
    {
        var writer = new PieceWriter(pieces);
        if (valid == width) writer.Add(Data + (ContiguousInK ? (first * Stride) + k : (k * Stride) + first), ContiguousInK ? Stride : 1,
            ContiguousInK ? 1 : Stride, depth);
        else
        {
            Pack(first, valid, k, depth, panel, width);
            writer.Add(panel, 1, width, depth);
        }
        return writer.Count;
    }
}
