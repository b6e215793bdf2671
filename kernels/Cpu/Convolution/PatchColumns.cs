using System.Runtime.CompilerServices;
using Fovea.Cpu.Product;

namespace Fovea.Cpu.Convolution;

/// <summary>The matrix whose columns are patches, as the left side of the gradient of the filters: its rows go along a patch, and k counts patches.</summary>
internal readonly unsafe struct PatchColumns(PatchGrid grid) : IRowSource
{
    public void Pack(int first, int valid, int k, int depth, float* panel, int width) =>
        new PatchPanels(grid).PackTransposed(first, valid, k, depth, panel, width);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int Place(int first, int valid, int k, int depth, float* panel, int width, TilePiece* pieces)
    {
        var writer = new PieceWriter(pieces);
        (int run, int start) = Math.DivRem(first, grid.RunLength);
        if (valid < width || start + width > grid.RunLength)
        {
            Pack(first, valid, k, depth, panel, width);
            writer.Add(panel, 1, width, depth);
            return writer.Count;
        }
        // The taps that these rows belong to: one, or neighbours in one run of memory.
        (int i, int j) = grid.RowsAreRuns ? (run, start / grid.Channels) : Math.DivRem(run, grid.TapsX);
        int lastTap = grid.RowsAreRuns ? (start + width - 1) / grid.Channels : j;
        for (int step = 0; step < depth;)
        {
            PatchOrigin patch = grid.Origin(k + step);
            int count = Math.Min(depth - step, grid.GridWidth - ((k + step) % grid.GridWidth)), y = patch.Y + (i * grid.TapStepY);
            bool lineOutside = (uint)y >= (uint)grid.Height;
            (int inside, int end) = !lineOutside ? Inside(patch.X + (j * grid.TapStepX), patch.X + (lastTap * grid.TapStepX), count) : (count, count);
            Outside(lineOutside || j == lastTap, first, k + step, inside, panel + ((nint)step * width), width, ref writer);
            if (end > inside)
            {
                float* at = grid.Inside(patch with { X = patch.X + (inside * grid.StepX) }, run) + start;
                writer.Add(at, 1, (nint)grid.StepX * grid.PixelStride, end - inside);
            }
            Outside(lineOutside || j == lastTap, first, k + step + end, count - end, panel + ((nint)(step + end) * width), width, ref writer);
            step += count;
        }
        return writer.Count;
    }

    /// <summary>Patches some of whose taps are outside.</summary>
    private void Outside(bool all, int first, int k, int count, float* panel, int width, ref PieceWriter writer)
    {
        if (count == 0) return;
        if (all) writer.Add(PatchPanels.Zeros, 0, 0, count);
        else
        {
            Pack(first, width, k, count, panel, width);
            writer.Add(panel, 1, width, count);
        }
    }

    /// <summary>Which of neighbouring patches have some taps inside the line.</summary>
    /// <param name="x">The first patch's first tap.</param>
    /// <param name="lastX">Its last.</param>
    /// <param name="count">How many patches.</param>
    private (int First, int End) Inside(int x, int lastX, int count)
    {
        int first = x >= 0 ? 0 : Math.Min(count, (-x + grid.StepX - 1) / grid.StepX);
        int end = lastX >= grid.Width ? 0 : ((grid.Width - 1 - lastX) / grid.StepX) + 1;
        return (first, Math.Clamp(end, first, count));
    }
}
