namespace Fovea.Cpu.Convolution;

/// <summary>
/// A regular grid of patches of an N×H×W×C image: the patch at (n, y, x) has the taps (i, j) at the pixels
/// (y·StepY + OffsetY + i·TapStepY, x·StepX + OffsetX + j·TapStepX), and reads as zero outside of the image.
/// </summary>
/// <remarks>
/// Forward convolution takes patches of the input. Its gradient with respect to the input takes patches of the output's
/// gradient: with a stride, one grid for every phase of the input's pixels, each with the taps that reach it.
/// </remarks>
internal readonly unsafe struct PatchGrid
{
    public required float* Data { get; init; }

    public required int Height { get; init; }

    public required int Width { get; init; }

    /// <summary>The distance between neighbouring pixels, in elements: all channels.</summary>
    public required int PixelStride { get; init; }

    /// <summary>How many channels belong to a patch.</summary>
    public required int Channels { get; init; }

    public required int GridHeight { get; init; }

    public required int GridWidth { get; init; }

    public required int StepY { get; init; }

    public required int StepX { get; init; }

    public required int OffsetY { get; init; }

    public required int OffsetX { get; init; }

    public required int TapsY { get; init; }

    public required int TapsX { get; init; }

    public required int TapStepY { get; init; }

    public required int TapStepX { get; init; }

    /// <summary>Whether all taps of a row, with all their channels, lie in one run of memory.</summary>
    public bool RowsAreRuns => TapStepX == 1 && Channels == PixelStride;

    /// <summary>Pieces a patch consists of, each contiguous in memory when it lies inside the image.</summary>
    public int Runs => RowsAreRuns ? TapsY : TapsY * TapsX;

    /// <summary>Elements of a piece.</summary>
    public int RunLength => RowsAreRuns ? TapsX * Channels : Channels;

    /// <summary>Finds where a patch begins in the image; its first pixel may lie outside.</summary>
    public PatchOrigin Origin(int patch)
    {
        (int line, int x) = Math.DivRem(patch, GridWidth);
        (int image, int y) = Math.DivRem(line, GridHeight);
        return new PatchOrigin((nint)image * Height * Width * PixelStride, (y * StepY) + OffsetY, (x * StepX) + OffsetX);
    }

    /// <summary>The address of a run whose patches, the first and the last of some on one line, lie inside the image; null if they do not.</summary>
    public float* Inside(in PatchOrigin first, in PatchOrigin last, int run)
    {
        (int y, int x, int reach) = Place(first, run);
        return (uint)y < (uint)Height && x >= 0 && x + (last.X - first.X) + reach <= Width ? Inside(first, run) : null;
    }

    /// <summary>The address of a run that is known to lie inside the image.</summary>
    public float* Inside(in PatchOrigin patch, int run)
    {
        (int y, int x, _) = Place(patch, run);
        return Data + patch.Image + ((((nint)y * Width) + x) * PixelStride);
    }

    /// <summary>Which of <paramref name="count"/> neighbouring patches have the run inside the image: First … End − 1.</summary>
    public (int First, int End) InsideRange(in PatchOrigin patch, int run, int count)
    {
        (int y, int x, int reach) = Place(patch, run);
        if ((uint)y >= (uint)Height || Width < reach) return (0, 0);
        int first = x >= 0 ? 0 : (-x + StepX - 1) / StepX;
        int end = Width - reach < x ? 0 : ((Width - reach - x) / StepX) + 1;
        first = Math.Min(first, count);
        return (first, Math.Clamp(end, first, count));
    }

    /// <summary>The pixel at which a run begins, and how many pixels it covers.</summary>
    private (int Y, int X, int Reach) Place(in PatchOrigin patch, int run)
    {
        if (RowsAreRuns) return (patch.Y + (run * TapStepY), patch.X, TapsX);
        (int i, int j) = Math.DivRem(run, TapsX);
        return (patch.Y + (i * TapStepY), patch.X + (j * TapStepX), 1);
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
        if (!RowsAreRuns)
        {
            (int i, int j) = Math.DivRem(run, TapsX);
            int py = origin.Y + (i * TapStepY), px = origin.X + (j * TapStepX);
            if ((uint)py >= (uint)Height || (uint)px >= (uint)Width) return zeros;
            return Data + origin.Image + ((((nint)py * Width) + px) * PixelStride) + start;
        }

        int y = origin.Y + (run * TapStepY);
        if ((uint)y >= (uint)Height) return zeros;
        float* line = Data + origin.Image + ((nint)y * Width * PixelStride);
        // Element e of the run is element first + e of the image's line.
        int first = (origin.X * PixelStride) + start, end = Width * PixelStride;
        if (first >= 0 && first + length <= end) return line + first;

        int before = Math.Clamp(-first, 0, length), inside = Math.Clamp(Math.Min(first + length, end) - (first + before), 0, length - before);
        if (inside == 0) return zeros;
        new Span<float>(scratch, before).Clear();
        new ReadOnlySpan<float>(line + first + before, inside).CopyTo(new Span<float>(scratch + before, inside));
        new Span<float>(scratch + before + inside, length - before - inside).Clear();
        return scratch;
    }
}

/// <summary>Where a patch begins: the image's first element, and the position of the patch's first tap.</summary>
internal readonly record struct PatchOrigin(nint Image, int Y, int X);
