namespace Fovea.Kernels.Simd.Gemm;

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

/// <summary>A matrix in memory.</summary>
/// <param name="Data">The first element.</param>
/// <param name="Stride">The distance in elements between neighbours along the dimension that is not contiguous.</param>
/// <param name="ContiguousInK">Whether k runs along memory (else the panel's own dimension does).</param>
internal readonly unsafe struct StridedPanels(float* Data, nint Stride, bool ContiguousInK) : IPanelSource
{
    public void Pack(int first, int valid, int k, int depth, float* panel, int width)
    {
        if (!ContiguousInK)
        {
            float* source = Data + (k * Stride) + first;
            for (int step = 0; step < depth; step++, source += Stride, panel += width) PanelPacking.CopyRow(source, valid, panel, width);
            return;
        }

        float* row = Data + (first * Stride) + k;
        int i = 0;
        for (; i + 4 <= valid; i += 4, row += 4 * Stride)
            PanelPacking.Transpose4(row, row + Stride, row + (2 * Stride), row + (3 * Stride), depth, panel + i, width);
        for (; i < valid; i++, row += Stride) PanelPacking.Scatter(row, depth, panel + i, width);
        for (; i < width; i++) PanelPacking.ScatterZero(depth, panel + i, width);
    }
}
