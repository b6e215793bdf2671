namespace Fovea.Ops;

/// <summary>
/// A regular grid of patches of N×H×W×C images: the patch at (n, y, x) has the taps (i, j) at the pixels
/// (y·StepY + OffsetY + i·TapStepY, x·StepX + OffsetX + j·TapStepX), and reads as zero outside of the image.
/// </summary>
/// <remarks>
/// Forward convolution takes patches of the input. Its gradient with respect to the input takes patches of the output's
/// gradient: with a stride, one grid for every phase of the input's pixels, each with the taps that reach it.
/// </remarks>
public readonly record struct PatchGrid
{
    /// <summary>How many patches there are.</summary>
    public int Count { get; init; }

    /// <summary>Height of an image.</summary>
    public int Height { get; init; }

    /// <summary>Width of an image.</summary>
    public int Width { get; init; }

    /// <summary>The distance between neighbouring pixels, in elements: all channels.</summary>
    public int PixelStride { get; init; }

    /// <summary>How many channels belong to a patch. Those of the next group follow.</summary>
    public int Channels { get; init; }

    /// <summary>Patches below each other.</summary>
    public int GridHeight { get; init; }

    /// <summary>Patches beside each other.</summary>
    public int GridWidth { get; init; }

    /// <summary>Vertical distance between patches.</summary>
    public int StepY { get; init; }

    /// <summary>Horizontal distance between patches.</summary>
    public int StepX { get; init; }

    /// <summary>Where the first patch begins.</summary>
    public int OffsetY { get; init; }

    /// <summary>Where the first patch begins.</summary>
    public int OffsetX { get; init; }

    /// <summary>Taps below each other.</summary>
    public int TapsY { get; init; }

    /// <summary>Taps beside each other.</summary>
    public int TapsX { get; init; }

    /// <summary>Vertical distance between taps; may be negative.</summary>
    public int TapStepY { get; init; }

    /// <summary>Horizontal distance between taps; may be negative.</summary>
    public int TapStepX { get; init; }

    /// <summary>Whether all taps of a row, with all their channels, lie in one run of memory.</summary>
    internal bool RowsAreRuns => TapStepX == 1 && Channels == PixelStride;

    /// <summary>Pieces a patch consists of, each contiguous in memory when it lies inside the image.</summary>
    internal int Runs => RowsAreRuns ? TapsY : TapsY * TapsX;

    /// <summary>Elements of a piece.</summary>
    internal int RunLength => RowsAreRuns ? TapsX * Channels : Channels;

    /// <summary>Elements of a patch.</summary>
    public int Size => TapsY * TapsX * Channels;

    /// <summary>Elements of an image.</summary>
    internal int ImageStride => Height * Width * PixelStride;

    /// <summary>Where a patch's first tap lies: in memory, and at which row and column of its image, which may be outside of it.</summary>
    internal int Begin(int patch, int group, out int y, out int x)
    {
        int line = patch / GridWidth, image = line / GridHeight;
        y = ((line - (image * GridHeight)) * StepY) + OffsetY;
        x = ((patch - (line * GridWidth)) * StepX) + OffsetX;
        return (image * ImageStride) + (((y * Width) + x) * PixelStride) + (group * Channels);
    }

    /// <summary>The patches of a convolution's input, for its first group.</summary>
    internal static PatchGrid OfInput(ConvolutionShape shape) => new()
    {
        Count = shape.N * shape.P * shape.Q,
        Height = shape.H,
        Width = shape.W,
        PixelStride = shape.C,
        Channels = shape.GroupC,
        GridHeight = shape.P,
        GridWidth = shape.Q,
        StepY = shape.StrideH,
        StepX = shape.StrideW,
        OffsetY = -shape.PadTop,
        OffsetX = -shape.PadLeft,
        TapsY = shape.R,
        TapsX = shape.S,
        TapStepY = shape.DilationH,
        TapStepX = shape.DilationW,
    };

    /// <summary>The patches of a convolution's output gradient, for its first group, that reach one phase of the input's pixels.</summary>
    /// <param name="shape">The convolution.</param>
    /// <param name="y">The phase's first row.</param>
    /// <param name="x">The phase's first column.</param>
    /// <param name="vertical">The taps that reach the phase's rows.</param>
    /// <param name="horizontal">The taps that reach the phase's columns.</param>
    internal static PatchGrid OfOutputGradient(ConvolutionShape shape, int y, int x, PhaseTaps vertical, PhaseTaps horizontal)
    {
        int height = ((shape.H - 1 - y) / shape.StrideH) + 1, width = ((shape.W - 1 - x) / shape.StrideW) + 1;
        return new PatchGrid
        {
            Count = shape.N * height * width,
            Height = shape.P,
            Width = shape.Q,
            PixelStride = shape.K,
            Channels = shape.GroupK,
            GridHeight = height,
            GridWidth = width,
            StepY = 1,
            StepX = 1,
            OffsetY = vertical.Source,
            OffsetX = horizontal.Source,
            TapsY = vertical.Count,
            TapsX = horizontal.Count,
            TapStepY = vertical.SourceStep,
            TapStepX = horizontal.SourceStep,
        };
    }
}
