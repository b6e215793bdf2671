using System.Runtime.CompilerServices;
using Fovea.Cpu.Product;

namespace Fovea.Cpu.Convolution;

/// <summary>
/// The matrix whose columns are patches, as the left side of the gradient of the filters: its rows go along a patch, and k counts patches.
/// </summary>
internal readonly unsafe struct PatchColumns(ImagePatches patches) : IRowSource
{
    public void Pack(int first, int valid, int k, int depth, float* panel, int width) =>
        new PatchPanels(patches).PackTransposed(first, valid, k, depth, panel, width);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int Place(int first, int valid, int k, int depth, float* panel, int width, TilePiece* pieces)
    {
        var writer = new PieceWriter(pieces);
        (int run, int start) = Math.DivRem(first, patches.Grid.RunLength);
        if (valid < width || start + width > patches.Grid.RunLength)
        {
            Pack(first, valid, k, depth, panel, width);
            writer.Add(panel, 1, width, depth);
            return writer.Count;
        }
        // The taps that these rows belong to: one, or neighbours in one run of memory.
        (int i, int j) = patches.Grid.RowsAreRuns ? (run, start / patches.Grid.Channels) : Math.DivRem(run, patches.Grid.TapsX);
        int lastTap = patches.Grid.RowsAreRuns ? (start + width - 1) / patches.Grid.Channels : j;
        for (int step = 0; step < depth;)
        {
            PatchOrigin patch = patches.Origin(k + step);
            int count = Math.Min(depth - step, patches.Grid.GridWidth - ((k + step) % patches.Grid.GridWidth)),
                y = patch.Y + (i * patches.Grid.TapStepY);
            bool lineOutside = (uint)y >= (uint)patches.Grid.Height;
            (int inside, int end) = !lineOutside
                ? Inside(patch.X + (j * patches.Grid.TapStepX), patch.X + (lastTap * patches.Grid.TapStepX), count) : (count, count);
            Outside(lineOutside || j == lastTap, first, k + step, inside, panel + ((nint)step * width), width, ref writer);
            if (end > inside)
            {
                float* at = patches.Inside(patch with { X = patch.X + (inside * patches.Grid.StepX) }, run) + start;
                writer.Add(at, 1, (nint)patches.Grid.StepX * patches.Grid.PixelStride, end - inside);
            }
            Outside(lineOutside || j == lastTap, first, k + step + end, count - end, panel + ((nint)(step + end) * width), width,
                ref writer);
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
        int first = x >= 0 ? 0 : Math.Min(count, (-x + patches.Grid.StepX - 1) / patches.Grid.StepX);
        int end = lastX >= patches.Grid.Width ? 0 : ((patches.Grid.Width - 1 - lastX) / patches.Grid.StepX) + 1;
        return (first, Math.Clamp(end, first, count));
    }
}
