namespace Fovea.Cpu.Convolution.Fft;

/// <summary>How a convolution is cut into tiles, and how many of those, and of the filters, are worked on at a time.</summary>
/// <remarks>
/// Overlap-save: a tile of T pixels yields T − R + 1 results that no wrapped-around product has touched (A. V. Oppenheim,
/// R. W. Schafer, "Discrete-Time Signal Processing", 3rd edition, section 8.7.3).
/// </remarks>
internal sealed record FftTiling
{
    /// <summary>Spectra of tiles that one group may take up, and of filters in one slice, in bytes.</summary>
    private const long GroupBytes = 12L << 20, FilterBytes = 96L << 20;

    /// <summary>The most pixels of a tile, and taps of a filter: tiles of several times as many are never the fastest.</summary>
    private const long MostPixels = 1L << 24, MostTaps = 1L << 20;

    public required int Height { get; init; }

    public required int Width { get; init; }

    /// <summary>Results of a tile.</summary>
    public required int StepY { get; init; }

    public required int StepX { get; init; }

    /// <summary>Tiles of an image.</summary>
    public required int Down { get; init; }

    public required int Across { get; init; }

    /// <summary>Tiles of all images.</summary>
    public required int Tiles { get; init; }

    /// <summary>Tiles of a group.</summary>
    public required int Group { get; init; }

    /// <summary>Blocks of the filters' vector dimension in a slice.</summary>
    public required int Slice { get; init; }

    /// <summary>The estimated time, in cycles of one thread with 512-bit vectors.</summary>
    public double Cycles { get; private init; }

    public int Frequencies => Height * ((Width / 2) + 1);

    public int Groups => (Tiles + Group - 1) / Group;

    /// <summary>Chooses what is estimated to take least time.</summary>
    /// <param name="images">How many images.</param>
    /// <param name="height">Lines of results.</param>
    /// <param name="width">Columns of results.</param>
    /// <param name="filterHeight">R.</param>
    /// <param name="filterWidth">S.</param>
    /// <param name="rows">The channels that index rows of the filters' matrices.</param>
    /// <param name="columns">The channels that are their columns.</param>
    /// <param name="lanes">Lanes of a vector.</param>
    public static FftTiling Choose(int images, int height, int width, int filterHeight, int filterWidth, int rows, int columns, int lanes)
    {
        FftTiling? best = null;
        foreach (int tileHeight in Candidates(filterHeight, height, 1))
        {
            foreach (int tileWidth in Candidates(filterWidth, width, 2))
            {
                if (best is not null && (long)tileHeight * tileWidth > MostPixels) break;
                FftTiling tiling = Of(tileHeight, tileWidth, images, height, width, filterHeight, filterWidth, rows, columns, lanes);
                double cycles = tiling.Estimate(rows, columns, lanes);
                if (best is null || cycles < best.Cycles) best = tiling with { Cycles = cycles };
            }
        }
        return best!;
    }

    /// <summary>Cuts into tiles of a given size.</summary>
    public static FftTiling Of(
        int tileHeight, int tileWidth, int images, int height, int width, int filterHeight, int filterWidth, int rows, int columns,
            int lanes)
    {
        int stepY = Math.Min(tileHeight - filterHeight + 1, height), stepX = Math.Min(tileWidth - filterWidth + 1, width);
        int down = (height + stepY - 1) / stepY, across = (width + stepX - 1) / stepX, tiles = checked(images * down * across);
        int rowBlocks = Blocks(rows, lanes), columnBlocks = Blocks(columns, lanes),
            frequencies = TileTransform<Lane>.Count(tileHeight, tileWidth);
        long vectorBytes = 2L * lanes * sizeof(float) * frequencies;
        int slices = (int)Math.Clamp(((vectorBytes * columnBlocks * rows) + FilterBytes - 1) / FilterBytes, 1, columnBlocks);
        int slice = (columnBlocks + slices - 1) / slices;
        long maxTiles = Math.Max(8, GroupBytes / (vectorBytes * (rowBlocks + slice)) / 8 * 8);
        int groups = (int)((tiles + maxTiles - 1) / maxTiles);
        return new FftTiling
        {
            Height = tileHeight,
            Width = tileWidth,
            // Tiles that reach past the end cost as much as others; smaller steps of the same number come out even.
            StepY = (height + down - 1) / down,
            StepX = (width + across - 1) / across,
            Down = down,
            Across = across,
            Tiles = tiles,
            Group = Math.Min(tiles, (((tiles + groups - 1) / groups) + 7) / 8 * 8),
            Slice = slice,
        };
    }

    /// <summary>Whether tiles can hold filters of a size.</summary>
    public static bool Fits(int filterHeight, int filterWidth) => (long)filterHeight * filterWidth <= MostTaps;

    public static int Blocks(int channels, int lanes) => (channels + lanes - 1) / lanes;

    /// <summary>
    /// The size of one frequency's matrix, in floats: an odd number of vector pairs, so that frequencies do not share cache sets.
    /// </summary>
    public static nint Plane(int blocks, int rows, int lanes) => (nint)(((blocks * rows) | 1) * 2L * lanes);

    /// <summary>Where a tile is.</summary>
    public (int Image, int Y, int X) Place(int tile)
    {
        (int line, int x) = Math.DivRem(tile, Across);
        (int image, int y) = Math.DivRem(line, Down);
        return (image, y * StepY, x * StepX);
    }

    private static IEnumerable<int> Candidates(int filter, int results, int multiple)
    {
        int whole = Factors.NextSmooth(filter + results - 1, multiple);
        for (int size = Factors.NextSmooth(filter, multiple); size <= whole; size = Factors.NextSmooth(size + 1, multiple))
        {
            // Of large sizes only some: estimates do not tell neighbours apart.
            if (size == whole || size <= 64 || (size & (size - 1)) == 0 || size % 48 == 0) yield return size;
        }
    }

    // Of transforms and of products for each frequency and vector, as measured; a product's filters come from beyond the first-level cache.
    private double Estimate(int rows, int columns, int lanes)
    {
        int rowBlocks = Blocks(rows, lanes), columnBlocks = Blocks(columns, lanes), slices = (columnBlocks + Slice - 1) / Slice;
        double transform = (3.2 * (Math.Log2(Height) + Math.Log2(Width))) + 14;
        double transforms = ((double)Tiles * ((rowBlocks * slices) + columnBlocks)) + ((double)rows * columnBlocks);
        double products = (((double)Tiles * 1.7) + (4 * Groups)) * rows * columnBlocks;
        return Frequencies * ((transforms * transform) + products);
    }
}
