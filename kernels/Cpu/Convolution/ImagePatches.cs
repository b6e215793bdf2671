using Fovea.Ops;

namespace Fovea.Cpu.Convolution;

/// <summary>The patches of images in memory.</summary>
/// <param name="grid">Where they lie.</param>
/// <param name="data">The first image's first channel that belongs to a patch.</param>
internal readonly unsafe struct ImagePatches(PatchGrid grid, float* data)
{
    /// <summary>Where the patches lie.</summary>
    public readonly PatchGrid Grid = grid;

    /// <summary>The first image's first channel that belongs to a patch.</summary>
    public readonly float* Data = data;

    /// <summary>Finds where a patch begins in the image; its first pixel may lie outside.</summary>
    public PatchOrigin Origin(int patch)
    {
        (int line, int x) = Math.DivRem(patch, Grid.GridWidth);
        (int image, int y) = Math.DivRem(line, Grid.GridHeight);
        return new PatchOrigin(
            (nint)image * Grid.Height * Grid.Width * Grid.PixelStride, (y * Grid.StepY) + Grid.OffsetY, (x * Grid.StepX) + Grid.OffsetX);
    }

    /// <summary>
    /// The address of a run whose patches, the first and the last of some on one line, lie inside the image; null if they do not.
    /// </summary>
    public float* Inside(in PatchOrigin first, in PatchOrigin last, int run)
    {
        (int y, int x, int reach) = Place(first, run);
        return (uint)y < (uint)Grid.Height && x >= 0 && x + (last.X - first.X) + reach <= Grid.Width ? Inside(first, run) : null;
    }

    /// <summary>The address of a run that is known to lie inside the image.</summary>
    public float* Inside(in PatchOrigin patch, int run)
    {
        (int y, int x, _) = Place(patch, run);
        return Data + patch.Image + ((((nint)y * Grid.Width) + x) * Grid.PixelStride);
    }

    /// <summary>Which of <paramref name="count"/> neighbouring patches have the run inside the image: First … End − 1.</summary>
    public (int First, int End) InsideRange(in PatchOrigin patch, int run, int count)
    {
        (int y, int x, int reach) = Place(patch, run);
        if ((uint)y >= (uint)Grid.Height || Grid.Width < reach) return (0, 0);
        int first = x >= 0 ? 0 : (-x + Grid.StepX - 1) / Grid.StepX;
        int end = Grid.Width - reach < x ? 0 : ((Grid.Width - reach - x) / Grid.StepX) + 1;
        first = Math.Min(first, count);
        return (first, Math.Clamp(end, first, count));
    }

    /// <summary>The pixel at which a run begins, and how many pixels it covers.</summary>
    private (int Y, int X, int Reach) Place(in PatchOrigin patch, int run)
    {
        if (Grid.RowsAreRuns) return (patch.Y + (run * Grid.TapStepY), patch.X, Grid.TapsX);
        (int i, int j) = Math.DivRem(run, Grid.TapsX);
        return (patch.Y + (i * Grid.TapStepY), patch.X + (j * Grid.TapStepX), 1);
    }

    /// <summary>
    /// Gives the address of a part of one run of a patch: in the image, in <paramref name="zeros"/>, or, where the run crosses the
    /// image's edge, assembled in <paramref name="scratch"/>.
    /// </summary>
    /// <param name="origin">The patch.</param>
    /// <param name="run">Which run of the patch.</param>
    /// <param name="start">The first element wanted.</param>
    /// <param name="length">How many are wanted.</param>
    /// <param name="zeros">At least <paramref name="length"/> zeros.</param>
    /// <param name="scratch">Room for <paramref name="length"/> elements.</param>
    public float* Run(in PatchOrigin origin, int run, int start, int length, float* zeros, float* scratch)
    {
        if (!Grid.RowsAreRuns)
        {
            (int i, int j) = Math.DivRem(run, Grid.TapsX);
            int py = origin.Y + (i * Grid.TapStepY), px = origin.X + (j * Grid.TapStepX);
            if ((uint)py >= (uint)Grid.Height || (uint)px >= (uint)Grid.Width) return zeros;
            return Data + origin.Image + ((((nint)py * Grid.Width) + px) * Grid.PixelStride) + start;
        }

        int y = origin.Y + (run * Grid.TapStepY);
        if ((uint)y >= (uint)Grid.Height) return zeros;
        float* line = Data + origin.Image + ((nint)y * Grid.Width * Grid.PixelStride);
        // Element e of the run is element first + e of the image's line.
        int first = (origin.X * Grid.PixelStride) + start, end = Grid.Width * Grid.PixelStride;
        if (first >= 0 && first + length <= end) return line + first;

        int before = Math.Clamp(-first, 0, length),
            inside = Math.Clamp(Math.Min(first + length, end) - (first + before), 0, length - before);
        if (inside == 0) return zeros;
        new Span<float>(scratch, before).Clear();
        new ReadOnlySpan<float>(line + first + before, inside).CopyTo(new Span<float>(scratch + before, inside));
        new Span<float>(scratch + before + inside, length - before - inside).Clear();
        return scratch;
    }
}

/// <summary>Where a patch begins: the image's first element, and the position of the patch's first tap.</summary>
internal readonly record struct PatchOrigin(nint Image, int Y, int X);
