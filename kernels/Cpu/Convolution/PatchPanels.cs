using System.Runtime.CompilerServices;
using Fovea.Core.Memory;
using Fovea.Cpu.Product;

namespace Fovea.Cpu.Convolution;

/// <summary>The matrix whose rows are patches (im2col), packed straight from the image without ever existing.</summary>
internal readonly unsafe struct PatchPanels(ImagePatches patches) : IRowSource
{
    private const int LongestPiece = 512;

    // Referenced as long as the process lives: unreferenced, its finalizer would free the zeros.
    private static readonly HostBuffer ZeroBuffer = new(LongestPiece * sizeof(float));

    /// <summary>What lies outside of the image.</summary>
    internal static readonly float* Zeros = (float*)ZeroBuffer.Pointer;

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Pack(int first, int valid, int k, int depth, float* panel, int width)
    {
        float* scratch = stackalloc float[4 * LongestPiece];
        int runLength = patches.Grid.RunLength, patchStep = patches.Grid.StepX * patches.Grid.PixelStride;
        (int firstRun, int firstStart) = Math.DivRem(k, runLength);
        int i = 0;
        for (; i + 4 <= valid; i += 4)
        {
            PatchOrigin p0 = patches.Origin(first + i), p3 = patches.Origin(first + i + 3);
            bool oneLine = p0.Y == p3.Y && p0.Image == p3.Image;
            PatchOrigin p1 = oneLine ? p0 with { X = p0.X + patches.Grid.StepX } : patches.Origin(first + i + 1);
            PatchOrigin p2 = oneLine ? p1 with { X = p1.X + patches.Grid.StepX } : patches.Origin(first + i + 2);
            float* target = panel + i;
            int run = firstRun, start = firstStart;
            for (int left = depth; left > 0;)
            {
                int length = Math.Min(Math.Min(runLength - start, left), LongestPiece);
                float* source = oneLine ? patches.Inside(p0, p3, run) : null;
                if (source is not null)
                {
                    source += start;
                    if (patchStep == 1) PanelPacking.Slide4(source, length, target, width);
                    else PanelPacking.Transpose4(
                        source, source + patchStep, source + (2 * patchStep), source + (3 * patchStep), length, target, width);
                }
                else
                {
                    PanelPacking.Transpose4(
                        patches.Run(p0, run, start, length, Zeros, scratch),
                        patches.Run(p1, run, start, length, Zeros, scratch + LongestPiece),
                        patches.Run(p2, run, start, length, Zeros, scratch + (2 * LongestPiece)),
                        patches.Run(p3, run, start, length, Zeros, scratch + (3 * LongestPiece)), length, target, width);
                }
                Advance(length, runLength, ref run, ref start, ref left);
                target += (nint)length * width;
            }
        }
        for (; i < valid; i++)
        {
            PatchOrigin patch = patches.Origin(first + i);
            float* target = panel + i;
            int run = firstRun, start = firstStart;
            for (int left = depth; left > 0;)
            {
                int length = Math.Min(Math.Min(runLength - start, left), LongestPiece);
                PanelPacking.Scatter(patches.Run(patch, run, start, length, Zeros, scratch), length, target, width);
                Advance(length, runLength, ref run, ref start, ref left);
                target += (nint)length * width;
            }
        }
        for (; i < width; i++) PanelPacking.ScatterZero(depth, panel + i, width);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int Place(int first, int valid, int k, int depth, float* panel, int width, TilePiece* pieces)
    {
        var writer = new PieceWriter(pieces);
        PatchOrigin origin = patches.Origin(first), last = patches.Origin(first + valid - 1);
        bool oneLine = valid == width && origin.Y == last.Y && origin.Image == last.Image;
        (int tap, int channel) = Math.DivRem(k, patches.Grid.Channels);
        (int i, int j) = Math.DivRem(tap, patches.Grid.TapsX);
        nint row = (nint)patches.Grid.StepX * patches.Grid.PixelStride;
        int packed = 0;
        for (int step = 0; step < depth;)
        {
            int count = Math.Min(patches.Grid.Channels - channel, depth - step), y = origin.Y + (i * patches.Grid.TapStepY),
                x = j * patches.Grid.TapStepX;
            if (oneLine && (uint)y < (uint)patches.Grid.Height && origin.X + x >= 0 && last.X + x < patches.Grid.Width)
            {
                PackPiece(first, valid, k, packed, step, panel, width, ref writer);
                writer.Add(patches.Data + origin.Image + ((((nint)y * patches.Grid.Width) + origin.X + x) * patches.Grid.PixelStride)
                    + channel, row, 1, count);
                packed = step + count;
            }
            step += count;
            channel = 0;
            if (++j == patches.Grid.TapsX) (i, j) = (i + 1, 0);
        }
        PackPiece(first, valid, k, packed, depth, panel, width, ref writer);
        return writer.Count;
    }

    private void PackPiece(int first, int valid, int k, int start, int end, float* panel, int width, ref PieceWriter writer)
    {
        if (start == end) return;
        panel += (nint)start * width;
        Pack(first, valid, k + start, end - start, panel, width);
        writer.Add(panel, 1, width, end - start);
    }

    /// <summary>Packs the transposed matrix: k counts patches, and the panel's width runs along a patch.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void PackTransposed(int first, int valid, int k, int depth, float* panel, int width)
    {
        float* scratch = stackalloc float[LongestPiece];
        int runLength = patches.Grid.RunLength, patchStep = patches.Grid.StepX * patches.Grid.PixelStride;
        (int firstRun, int firstStart) = Math.DivRem(first, runLength);
        while (depth > 0)
        {
            // Patches of one line of the grid have their runs at equal distances.
            PatchOrigin patch = patches.Origin(k);
            int count = Math.Min(depth, patches.Grid.GridWidth - (k % patches.Grid.GridWidth));
            int run = firstRun, start = firstStart, offset = 0;
            for (int left = valid; left > 0;)
            {
                int length = Math.Min(runLength - start, left);
                (int insideFirst, int insideEnd) = patches.InsideRange(patch, run, count);
                float* target = panel + offset;
                int i = 0;
                for (; i < insideFirst; i++, target += width) CopyEdge(patch, i, run, start, length, scratch, target);
                if (insideEnd > insideFirst)
                {
                    float* source = patches.Inside(patch with { X = patch.X + (i * patches.Grid.StepX) }, run) + start;
                    PanelPacking.CopyRows(source, patchStep, insideEnd - i, length, target, width);
                    target += (nint)(insideEnd - i) * width;
                    i = insideEnd;
                }
                for (; i < count; i++, target += width) CopyEdge(patch, i, run, start, length, scratch, target);
                offset += length;
                Advance(length, runLength, ref run, ref start, ref left);
            }
            if (valid < width)
            {
                for (int i = 0; i < count; i++) new Span<float>(panel + (i * width) + valid, width - valid).Clear();
            }
            panel += (nint)count * width;
            k += count;
            depth -= count;
        }
    }

    private void CopyEdge(PatchOrigin patch, int index, int run, int start, int length, float* scratch, float* target) =>
        PanelPacking.CopyRow(
        patches.Run(patch with { X = patch.X + (index * patches.Grid.StepX) }, run, start, length, Zeros, scratch), length, target, length);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Advance(int length, int runLength, ref int run, ref int start, ref int left)
    {
        left -= length;
        start += length;
        if (start < runLength) return;
        start = 0;
        run++;
    }
}

/// <summary>The same matrix with patches as steps of k, for the gradient of the weights.</summary>
internal readonly unsafe struct TransposedPatchPanels(ImagePatches patches) : IPanelSource
{
    public void Pack(int first, int valid, int k, int depth, float* panel, int width) =>
        new PatchPanels(patches).PackTransposed(first, valid, k, depth, panel, width);
}

/// <summary>
/// The filters as they act backwards: element (tap, k; c) of one phase's matrix is the weight that leads from input channel c to
/// output channel k at that tap.
/// </summary>
/// <param name="Weights">K×R×S×C, beginning at the group's first filter.</param>
/// <param name="FilterSize">R·S·C.</param>
/// <param name="FilterRow">S·C.</param>
/// <param name="Channels">C.</param>
/// <param name="Filters">K.</param>
/// <param name="TapsX">Taps in a row of the phase.</param>
/// <param name="FirstY">The filter's row at the phase's first tap.</param>
/// <param name="FirstX">The filter's column at the phase's first tap.</param>
/// <param name="StepY">How the filter's row changes from tap to tap.</param>
/// <param name="StepX">How the filter's column changes from tap to tap.</param>
internal readonly unsafe struct BackwardFilterPanels(
    float* Weights, int FilterSize, int FilterRow, int Channels, int Filters, int TapsX, int FirstY, int FirstX, int StepY, int StepX)
        : IPanelSource
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Pack(int first, int valid, int k, int depth, float* panel, int width)
    {
        (int tap, int filter) = Math.DivRem(k, Filters);
        while (depth > 0)
        {
            (int i, int j) = Math.DivRem(tap, TapsX);
            float* source = Weights + ((nint)filter * FilterSize) + ((FirstY + (i * StepY)) * FilterRow)
                + ((FirstX + (j * StepX)) * Channels) + first;
            int count = Math.Min(depth, Filters - filter);
            for (int step = 0; step < count; step++, source += FilterSize, panel += width)
                PanelPacking.CopyRow(source, valid, panel, width);
            depth -= count;
            filter = 0;
            tap++;
        }
    }
}
