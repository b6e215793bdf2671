using Fovea.Ops;

namespace Fovea.Gpu.Convolution.Fft;

/// <summary>How a convolution is cut into tiles for transforms on a device.</summary>
/// <param name="Side">The side of a tile: 8, 16 or 32.</param>
/// <param name="Source">The tiles of what filters slide over.</param>
/// <param name="Filters">The filters, or for their gradient the tiles of the output's gradient.</param>
/// <param name="Target">Where results go.</param>
internal sealed record FftTiles(int Side, TilePlaces Source, TilePlaces Filters, TilePlaces Target)
{
    /// <summary>Transforming an element of a tile, in multiply-adds: mostly its way through memory.</summary>
    private const double TransformCost = 60;

    private const int LargestSide = 32;

    /// <summary>What tiles' spectra in one group may take up, in bytes.</summary>
    public long GroupBytes { get; init; } = 64 << 20;

    /// <summary>Independent real products: three for each frequency.</summary>
    public int Products => 3 * TileTransform.Frequencies(Side);

    /// <summary>The side as kernels know it.</summary>
    public Type SideType => Side switch
    {
        8 => typeof(Side8),
        16 => typeof(Side16),
        _ => typeof(Side32),
    };

    /// <summary>
    /// Whether a shape can be convolved this way: strides, dilations and groups of 1, filters of at most 32×32, and any padding.
    /// </summary>
    public static bool Supports(ConvolutionShape s)
    {
        if (s is not { StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1, Groups: 1 } || Math.Max(s.R, s.S) > LargestSide) return false;
        long filters = 3L * TileTransform.Frequencies(LargestSide) * s.C * s.K;
        // Places in memory are 32-bit numbers, and sizes of memory may be as well.
        return Math.Max(filters, Math.Max(s.InputCount, s.OutputCount)) < 1 << 29;
    }

    public static FftTiles OfForward(ConvolutionShape s, int side = 0)
    {
        side = side > 0 ? side : Choose(s, s.N, s.P, s.Q, s.C, s.K);
        TilePlaces target = Results(Grid(s.N, s.P, s.Q, side - s.R + 1, side - s.S + 1), s.R - 1, s.S - 1, s.P, s.Q, s.K);
        return new FftTiles(side, Sources(target, side, -s.PadTop, -s.PadLeft, s.H, s.W, s.C), new TilePlaces
        {
            // Turned around, so that the product correlates.
            Tiles = s.C,
            Down = 1,
            Across = 1,
            OffsetY = s.R - 1,
            OffsetX = s.S - 1,
            Direction = -1,
            EndY = s.R,
            EndX = s.S,
            Height = s.R,
            Width = s.S,
            Channels = s.K,
            ImageStride = 1,
            LineStride = s.S * s.C,
            PixelStride = s.C,
            ChannelStride = s.FilterSize,
        }, target);
    }

    public static FftTiles OfInputGradient(ConvolutionShape s, int side = 0)
    {
        side = side > 0 ? side : Choose(s, s.N, s.H, s.W, s.K, s.C);
        TilePlaces target = Results(Grid(s.N, s.H, s.W, side - s.R + 1, side - s.S + 1), s.R - 1, s.S - 1, s.H, s.W, s.C);
        return new FftTiles(side, Sources(target, side, s.PadTop - s.R + 1, s.PadLeft - s.S + 1, s.P, s.Q, s.K), Filter(s, 0, 0), target);
    }

    public static FftTiles OfWeightGradient(ConvolutionShape s, int side = 0)
    {
        side = side > 0 ? side : Choose(s, s.N, s.P, s.Q, s.C, s.K);
        TilePlaces grid = Grid(s.N, s.P, s.Q, side - s.R + 1, side - s.S + 1), gradient = grid;
        // Turned around within the step, so that the product correlates.
        (gradient.OffsetY, gradient.OffsetX, gradient.Direction, gradient.EndY, gradient.EndX) =
            (grid.StepY - 1, grid.StepX - 1, -1, grid.StepY, grid.StepX);
        Dense(ref gradient, s.P, s.Q, s.K);
        return new FftTiles(
            side, Sources(grid, side, -s.PadTop, -s.PadLeft, s.H, s.W, s.C), gradient, Filter(s, grid.StepY - 1, grid.StepX - 1));
    }

    /// <summary>Channels that a group of threads works on.</summary>
    public int Lanes(GpuContext context) => context.IsDebug ? 2 : 256 / Side;

    /// <summary>Tiles of a group, of equal size.</summary>
    public int Rows(int depth, int columns)
    {
        long maxTiles = Math.Max(1, GroupBytes / Bytes(1, depth + columns)), groups = ((Source.Tiles - 1) / maxTiles) + 1;
        return (int)(((Source.Tiles - 1) / groups) + 1);
    }

    /// <summary>The size of spectra.</summary>
    public long Bytes(int rows, int channels) => ((((long)Products * rows * channels * sizeof(float)) + 15) / 16) * 16;

    private static int Choose(ConvolutionShape s, int images, int height, int width, int depth, int columns)
    {
        int best = 0;
        double least = double.PositiveInfinity;
        for (int side = 8; side <= LargestSide; side *= 2)
        {
            if (side < Math.Max(s.R, s.S)) continue;
            double tiles = Grid(images, height, width, side - s.R + 1, side - s.S + 1).Tiles;
            double cost = TileTransform.Frequencies(side)
                * ((3 * tiles * depth * columns) + (TransformCost * ((tiles * (depth + columns)) + ((double)depth * columns))));
            if (cost < least) (best, least) = (side, cost);
        }
        return best > 0 ? best : throw new NotSupportedException(
            $"Fourier transforms on a device take filters of at most {LargestSide}×{LargestSide}, not {s.R}×{s.S}.");
    }

    /// <summary>Cuts results into tiles of equal steps.</summary>
    private static TilePlaces Grid(int images, int height, int width, int mostY, int mostX)
    {
        int down = ((height - 1) / mostY) + 1, across = ((width - 1) / mostX) + 1;
        return new TilePlaces
        {
            Tiles = checked(images * down * across),
            Down = down,
            Across = across,
            StepY = ((height - 1) / down) + 1,
            StepX = ((width - 1) / across) + 1,
            Direction = 1
        };
    }

    private static TilePlaces Sources(TilePlaces grid, int side, int offsetY, int offsetX, int height, int width, int channels)
    {
        (grid.OffsetY, grid.OffsetX, grid.FirstY, grid.FirstX, grid.EndY, grid.EndX) = (offsetY, offsetX, 0, 0, side, side);
        Dense(ref grid, height, width, channels);
        return grid;
    }

    private static TilePlaces Results(TilePlaces grid, int firstY, int firstX, int height, int width, int channels)
    {
        (grid.OffsetY, grid.OffsetX, grid.FirstY, grid.FirstX, grid.EndY, grid.EndX) =
            (-firstY, -firstX, firstY, firstX, firstY + grid.StepY, firstX + grid.StepX);
        Dense(ref grid, height, width, channels);
        return grid;
    }

    /// <summary>Filters as they lie, one tile each, at some place of the tile.</summary>
    private static TilePlaces Filter(ConvolutionShape s, int firstY, int firstX)
    {
        var grid = new TilePlaces { Tiles = s.K, Down = 1, Across = 1, StepY = s.R, StepX = s.S, Direction = 1 };
        return Results(grid, firstY, firstX, s.R, s.S, s.C);
    }

    private static void Dense(ref TilePlaces places, int height, int width, int channels)
    {
        (places.Height, places.Width, places.Channels, places.ChannelStride, places.PixelStride) = (height, width, channels, 1, channels);
        places.LineStride = width * channels;
        places.ImageStride = height * places.LineStride;
    }
}
