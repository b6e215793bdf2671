using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Fovea.Cpu.Product;
using Fovea.Ops;

namespace Fovea.Cpu.Convolution;

/// <summary>Where the weights of a sweep are: what leads from a patch's element to a column of the result.</summary>
/// <param name="Column">The distance between columns in elements.</param>
/// <param name="Channel">The distance between channels.</param>
/// <param name="Group">The distance between groups.</param>
/// <param name="First">The first tap.</param>
/// <param name="TapY">The distance from tap to tap downwards.</param>
/// <param name="TapX">The distance from tap to tap to the right.</param>
internal readonly record struct DirectWeights(nint Column, nint Channel, nint Group, nint First, nint TapY, nint TapX);

/// <summary>
/// A convolution whose sums are kept in registers from the first tap to the last: tiles of neighbouring pixels × columns go through
/// the patches where they lie, in a padded copy of a few lines of the image, and through weights reordered to that end.
/// </summary>
/// <remarks>
/// The output of a convolution is one sweep, the gradient of its input one for each phase of the stride. With as many groups as
/// channels and columns, a vector goes along channels, each with its own weights. An instance serves one caller at a time.
/// </remarks>
internal sealed unsafe class DirectSweep
{
    private const int BandBytes = 96 * 1024;

    /// <summary>Longer sums are taken in parts, for rounding errors grow with their length.</summary>
    private const int LongestSum = 2048;

    private readonly PatchGrid grid;
    private readonly DirectWeights source;
    private readonly int images, groups, columns;
    private readonly bool each;
    private readonly WorkerPool pool;
    private readonly RegisterTiles tiles;
    private readonly DirectBlock[] blocks;
    private readonly DirectBand band;
    private readonly int bands, depth, blockColumns, pieceSteps, partPieces;
    private readonly TilePiece[] pieces;
    private readonly TilePiece* firstPiece;
    private readonly nint pixelStep;
    private readonly Action<int, int> pack, run;
    private float* image, weights, bias, target, packed, starts, scratch;
    private nint targetImage, targetLine, targetPixel;
    private bool clamp;

    /// <summary>Prepares a sweep.</summary>
    /// <param name="grid">The patches, without their data.</param>
    /// <param name="source">Where weights are.</param>
    /// <param name="images">How many images there are.</param>
    /// <param name="groups">How many groups.</param>
    /// <param name="columns">Columns of a group.</param>
    /// <param name="pool">The threads to use.</param>
    /// <param name="level">Which vectors to use.</param>
    public DirectSweep(PatchGrid grid, DirectWeights source, int images, int groups, int columns, WorkerPool pool, SimdLevel level)
    {
        (this.grid, this.source, this.images, this.pool) = (grid, source, images, pool);
        each = groups > 1 && columns == 1 && grid.Channels == 1;
        (this.groups, this.columns) = each ? (1, groups) : (groups, columns);
        tiles = each ? RegisterTiles.OfColumns(level) : RegisterTiles.OfRows(level, packed: false);
        blocks = DirectBlock.Divide(this.groups, this.columns, tiles.Lanes, each ? 1 : 2);
        blockColumns = (each ? 1 : 2) * tiles.Lanes;
        depth = grid.TapsY * grid.TapsX * grid.Channels;

        var oneLine = new DirectBand(grid, 1, 0);
        int linesThatFit = (int)Math.Clamp((BandBytes / sizeof(float) - oneLine.Floats) / ((long)oneLine.LineFloats * grid.StepY), 0,
            grid.GridHeight - 1) + 1;
        // Enough bands for all threads, and of about the same size.
        int bandCount = Math.Max((grid.GridHeight + linesThatFit - 1) / linesThatFit,
            Math.Min(grid.GridHeight, ((4 * pool.ThreadCount) + images - 1) / images));
        int lines = (grid.GridHeight + bandCount - 1) / bandCount;
        bands = (grid.GridHeight + lines - 1) / lines;
        band = new DirectBand(grid, lines, (tiles.TallRows * grid.StepX * grid.PixelStride) + blockColumns);
        bool merged = grid.TapStepX == 1 && grid.Channels == grid.PixelStride;
        pixelStep = (nint)grid.StepX * grid.PixelStride;
        pieceSteps = grid.TapsX * grid.Channels;
        partPieces = Math.Max(1, LongestSum / pieceSteps);
        pieces = GC.AllocateArray<TilePiece>(grid.TapsY, pinned: true);
        for (int i = 0; i < pieces.Length; i++)
        {
            pieces[i] = new TilePiece
            {
                Offset = (nint)i * grid.TapStepY * band.LineFloats,
                Row = pixelStep,
                Next = 1,
                Count = merged ? grid.TapsX * grid.Channels : grid.Channels,
                Runs = merged ? 1 : grid.TapsX,
                RunStep = (nint)grid.TapStepX * grid.PixelStride,
            };
        }
        // They stay where they are as long as the array lives.
        firstPiece = (TilePiece*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(pieces));
        pack = Pack;
        run = Run;
    }

    /// <summary>The memory of the reordered weights, in elements.</summary>
    public long PackedFloats => (long)blocks.Length * depth * blockColumns;

    /// <summary>The memory of everything else.</summary>
    public long ScratchFloats => StartFloats + (pool.ThreadCount * WorkerFloats);

    private long StartFloats => (long)blocks.Length * blockColumns;

    private long WorkerFloats => band.Floats + (tiles.TallRows * blockColumns);

    /// <summary>Reorders the weights.</summary>
    public void PackWeights(float* from, float* to)
    {
        weights = from;
        packed = to;
        pool.For(blocks.Length, pack);
    }

    /// <summary>Computes the result from reordered weights.</summary>
    /// <param name="input">The images that patches are taken from.</param>
    /// <param name="reordered">The weights.</param>
    /// <param name="addend">A value for each column, or null.</param>
    /// <param name="result">Where the grid's first pixel goes.</param>
    /// <param name="strides">The distances between images, lines and pixels of the result.</param>
    /// <param name="clampNegative">Whether negative results become 0.</param>
    /// <param name="workspace"><see cref="ScratchFloats"/> elements.</param>
    public void Run(float* input, float* reordered, float* addend, float* result, (nint Image, nint Line, nint Pixel) strides,
        bool clampNegative, float* workspace)
    {
        image = input;
        packed = reordered;
        bias = addend;
        target = result;
        clamp = clampNegative;
        (targetImage, targetLine, targetPixel) = strides;
        starts = workspace;
        scratch = workspace + StartFloats;
        for (int i = 0; i < blocks.Length; i++)
        {
            var start = new Span<float>(starts + ((nint)i * blockColumns), blockColumns);
            start.Clear();
            if (bias is not null) new ReadOnlySpan<float>(bias + Column(blocks[i]), blocks[i].Count).CopyTo(start);
        }
        pool.For(images * bands, run);
    }

    private int Column(DirectBlock block) => (block.Group * columns) + block.First;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Pack(int index, int worker)
    {
        DirectBlock block = blocks[index];
        int width = block.Vectors * tiles.Lanes;
        float* to = packed + ((nint)index * depth * blockColumns);
        // Where every column is a group, columns are as far apart as groups.
        float* from = weights + (block.Group * source.Group) + source.First + (block.First * (each ? source.Group : source.Column));
        nint column = each ? source.Group : source.Column;
        for (int i = 0; i < grid.TapsY; i++)
        {
            for (int j = 0; j < grid.TapsX; j++)
            {
                float* tap = from + (i * source.TapY) + (j * source.TapX);
                for (int c = 0; c < grid.Channels; c++, tap += source.Channel, to += width)
                {
                    if (column == 1) PanelPacking.CopyRow(tap, block.Count, to, width);
                    else
                    {
                        for (int k = 0; k < block.Count; k++) to[k] = tap[k * column];
                        for (int k = block.Count; k < width; k++) to[k] = 0;
                    }
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Run(int task, int worker)
    {
        (int n, int number) = Math.DivRem(task, bands);
        int first = number * band.Lines, lines = Math.Min(band.Lines, grid.GridHeight - first);
        float* copy = scratch + (worker * WorkerFloats), tile = copy + band.Floats;
        band.Fill(image + ((nint)n * grid.Height * grid.Width * grid.PixelStride), first, lines, copy);
        for (int index = 0; index < blocks.Length; index++)
        {
            DirectBlock block = blocks[index];
            float* b = packed + ((nint)index * depth * blockColumns), start = starts + ((nint)index * blockColumns);
            float* a = copy + band.Origin + (each ? block.First : block.Group * grid.Channels);
            float* to = target + (n * targetImage) + (first * targetLine) + Column(block);
            for (int line = 0; line < lines; line++)
            {
                RunLine(block, a + ((nint)line * grid.StepY * band.LineFloats), b, to + (line * targetLine), start, tile);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void RunLine(DirectBlock block, float* a, float* b, float* to, float* start, float* tile)
    {
        int width = grid.GridWidth, blockWidth = block.Vectors * tiles.Lanes;
        for (int x = 0; x < width;)
        {
            int rows = width >= tiles.TallRows && width - x > RegisterTiles.ShortRows ? tiles.TallRows : RegisterTiles.ShortRows;
            // The last tile goes back over pixels that are done: they get the same numbers once more.
            if (width - x < rows && width >= rows) x = width - rows;
            float* from = a + (x * pixelStep);
            if (block.Count == blockWidth && width - x >= rows)
                RunTile(rows, block.Vectors, from, b, to + (x * targetPixel), targetPixel, start);
            else
            {
                RunTile(rows, block.Vectors, from, b, tile, blockWidth, start);
                for (int row = 0; row < Math.Min(rows, width - x); row++)
                    PanelPacking.CopyRow(tile + (row * blockWidth), block.Count, to + ((x + row) * targetPixel), block.Count);
            }
            x += rows;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void RunTile(int rows, int vectors, float* a, float* b, float* to, nint stride, float* start)
    {
        nint width = vectors * tiles.Lanes;
        int first = 0;
        for (; first + partPieces < pieces.Length; first += partPieces, b += partPieces * pieceSteps * width, start = null)
            tiles.Run(rows, vectors, new TileWay(firstPiece + first, partPieces, width), a, b, to, stride, start, false);
        tiles.Run(rows, vectors, new TileWay(firstPiece + first, pieces.Length - first, width), a, b, to, stride, start, clamp);
    }
}
