using System.Runtime.CompilerServices;
using Fovea.Core.Memory;
using Fovea.Cpu.Product;

namespace Fovea.Cpu.Convolution.Winograd;

/// <summary>
/// Images to images by small tiles: a block of tiles is transformed, multiplied with the transformed filters, one product for each
/// frequency, and transformed back, all of it in the cache.
/// </summary>
/// <remarks>
/// A thread takes whole blocks. Where there are fewer blocks than threads can use, all threads share one. A result is one sum over
/// channels either way, in the order that the panels' depth gives.
/// </remarks>
internal sealed unsafe class WinogradProduct
{
    private readonly TileTransforms transforms;
    private readonly MicroKernel kernel;
    private readonly FilterTiles filters;
    private readonly TileGrid from, to;
    private readonly int tiles, blockTiles, blocks, workers;
    private readonly WorkerPool pool;
    private readonly bool shared;
    private readonly nint leftStep, resultStep;
    private readonly Action<int, int> runBlock, transformShared, multiplyShared, storeShared;

    private float* input, prepared, output, zeros, bias, scratch;
    private float least;

    /// <param name="transforms">The tiles.</param>
    /// <param name="kernel">The product.</param>
    /// <param name="filters">The filters.</param>
    /// <param name="from">What tiles of the input there are.</param>
    /// <param name="to">The tiles of the output that they give.</param>
    /// <param name="images">Images in the batch.</param>
    /// <param name="pool">The threads to use.</param>
    public WinogradProduct(
        TileTransforms transforms, MicroKernel kernel, FilterTiles filters, TileGrid from, TileGrid to, int images, WorkerPool pool)
    {
        (this.transforms, this.kernel, this.filters, this.from, this.to, this.pool) = (transforms, kernel, filters, from, to, pool);
        tiles = images * to.Down * to.Across;
        workers = pool.ThreadCount;
        blockTiles = BlockTiles();
        int even = Align.Up((tiles + (2 * workers) - 1) / (2 * workers), kernel.Rows);
        if (even < blockTiles) blockTiles = Math.Max(even, Math.Min(blockTiles, 2 * kernel.Rows));
        blocks = (tiles + blockTiles - 1) / blockTiles;
        shared = workers > 1 && blocks < 2 * workers;
        if (shared) (blockTiles, blocks) = (Align.Up(tiles, kernel.Rows), 1);
        leftStep = ((nint)blockTiles * filters.Depth) + 16;
        resultStep = ((nint)blockTiles * filters.Columns) + 16;
        runBlock = RunBlock;
        transformShared = (group, worker) => TransformGroup(0, group, Blocks, Scratch(worker));
        multiplyShared = (frequency, _) => Multiply(frequency, tiles, Blocks);
        storeShared = (group, worker) => StoreGroup(0, group, Blocks, Scratch(worker));
    }

    /// <summary>The scratch memory that one run needs, in bytes.</summary>
    public long WorkspaceBytes =>
        sizeof(float) * (ZeroFloats + filters.Columns + (workers * ScratchFloats) + ((shared ? 1 : workers) * BlockFloats));

    private float* Blocks => scratch + (workers * ScratchFloats);

    private nint BlockFloats => (nint)Align.Up(transforms.Frequencies * (leftStep + resultStep), 16);

    private nint ScratchFloats => (nint)Align.Up((transforms.Frequencies * transforms.Lanes * (kernel.Rows + 2)) + filters.Columns, 16);

    private nint ZeroFloats => (nint)Align.Up(Math.Max(filters.Depth + 16, filters.Columns), 16);

    /// <summary>Convolves.</summary>
    /// <param name="images">The input.</param>
    /// <param name="preparedFilters">What <see cref="FilterTiles.Prepare"/> made.</param>
    /// <param name="channelBias">One value a channel of the output, or null.</param>
    /// <param name="result">The output; overwritten.</param>
    /// <param name="clampNegative">Whether negative results become 0.</param>
    /// <param name="workspace">At least <see cref="WorkspaceBytes"/> bytes on a 64-byte boundary.</param>
    public void Run(float* images, float* preparedFilters, float* channelBias, float* result, bool clampNegative, float* workspace)
    {
        input = images;
        prepared = preparedFilters;
        output = result;
        zeros = workspace;
        bias = workspace + ZeroFloats;
        scratch = bias + filters.Columns;
        least = clampNegative ? 0 : float.NegativeInfinity;
        new Span<float>(zeros, (int)ZeroFloats).Clear();
        var padded = new Span<float>(bias, filters.Columns);
        if (channelBias is not null) new ReadOnlySpan<float>(channelBias, to.Channels).CopyTo(padded);
        padded[(channelBias is null ? 0 : to.Channels)..].Clear();

        if (!shared)
        {
            pool.For(blocks, runBlock);
            return;
        }
        pool.For(blockTiles / kernel.Rows, transformShared);
        pool.For(transforms.Frequencies, multiplyShared);
        pool.For(blockTiles / kernel.Rows, storeShared);
    }

    /// <summary>
    /// As many tiles as stay in the second-level cache beside filters; more where the filters do not, so that fetching them from farther
    /// away pays.
    /// </summary>
    private int BlockTiles()
    {
        const long CacheBytes = 256 * 1024;
        const int MostTiles = 96;
        long tileBytes = sizeof(float) * (long)transforms.Frequencies * (filters.Depth + filters.Columns);
        long fitting = Math.Max(CacheBytes, filters.Bytes / 2) / tileBytes;
        return (int)Math.Clamp(fitting / kernel.Rows, 1, MostTiles / kernel.Rows) * kernel.Rows;
    }

    private void RunBlock(int block, int worker)
    {
        float* memory = Blocks + (worker * BlockFloats), passing = Scratch(worker);
        int first = block * blockTiles, count = Math.Min(blockTiles, tiles - first), groups = (count + kernel.Rows - 1) / kernel.Rows;
        for (int group = 0; group < groups; group++) TransformGroup(first, group, memory, passing);
        for (int frequency = 0; frequency < transforms.Frequencies; frequency++) Multiply(frequency, count, memory);
        for (int group = 0; group < groups; group++) StoreGroup(first, group, memory, passing);
    }

    private float* Scratch(int worker) => scratch + (worker * ScratchFloats);

    /// <summary>Transforms the tiles of one panel of the left side.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void TransformGroup(int firstTile, int group, float* memory, float* passing)
    {
        int lanes = transforms.Lanes, frequencies = transforms.Frequencies, rows = kernel.Rows, first = firstTile + (group * rows);
        int valid = Math.Min(rows, tiles - first);
        float* copies = passing + (frequencies * lanes), turned = copies + (frequencies * lanes);
        float** pixels = stackalloc float*[12 * 36], table = stackalloc float*[36];
        var tail = new TailTile(table, copies, frequencies, lanes);
        for (int row = 0; row < valid; row++) from.Find(input, first + row, zeros, pixels + (row * frequencies));
        for (int c = 0; c < filters.Depth; c += lanes)
        {
            int channels = Math.Min(lanes, filters.Depth - c), k = c / filters.PanelDepth * filters.PanelDepth;
            for (int row = 0; row < valid; row++)
            {
                float** tile = pixels + (row * frequencies);
                if (channels < lanes) tail.Gather(tile, c, channels);
                transforms.Input(
                    channels < lanes ? tail.Pixels : tile, channels < lanes ? 0 : c, turned + (row * lanes), rows * lanes, passing);
            }
            float* target = memory + ((nint)k * blockTiles) + ((nint)group * filters.StepsFrom(k) * rows) + ((c - k) * rows);
            for (int f = 0; f < frequencies; f++, target += leftStep)
                new StridedPanels(turned + (f * rows * lanes), lanes, ContiguousInK: true).Pack(0, valid, 0, channels, target, rows);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Multiply(int frequency, int count, float* memory)
    {
        float* left = memory + (frequency * leftStep), result = memory + (transforms.Frequencies * leftStep) + (frequency * resultStep);
        float* right = prepared + (frequency * filters.FrequencyFloats);
        for (int k = 0; k < filters.Depth; k += filters.PanelDepth)
        {
            int steps = filters.StepsFrom(k);
            for (int column = 0; column < filters.Columns; column += kernel.Columns)
            {
                for (int row = 0; row < count; row += kernel.Rows)
                {
                    kernel.Multiply(
                        kernel.Rows,
                        steps,
                        left + ((nint)k * blockTiles) + ((nint)row * steps),
                        right + filters.Panel(k, column),
                        result + ((nint)row * filters.Columns) + column,
                        filters.Columns,
                        zeros,
                        k == 0 ? TileMode.Overwrite : TileMode.Accumulate);
                }
            }
        }
    }

    /// <summary>Transforms tiles back.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void StoreGroup(int firstTile, int group, float* memory, float* passing)
    {
        int lanes = transforms.Lanes, size = transforms.Outputs * transforms.Outputs, row = group * kernel.Rows;
        float* copies = passing + (transforms.Frequencies * lanes), outside = copies + (transforms.Frequencies * lanes);
        float** pixels = stackalloc float*[16], table = stackalloc float*[16];
        var tail = new TailTile(table, copies, size, lanes);
        for (int end = Math.Min(row + kernel.Rows, tiles - firstTile); row < end; row++)
        {
            to.Find(output, firstTile + row, outside, pixels);
            float* source = memory + (transforms.Frequencies * leftStep) + ((nint)row * filters.Columns);
            int c = 0;
            for (; c + lanes <= to.Channels; c += lanes) transforms.Output(source + c, resultStep, pixels, c, passing, bias + c, least);
            if (c == to.Channels) continue;
            transforms.Output(source + c, resultStep, tail.Pixels, 0, passing, bias + c, least);
            tail.Scatter(pixels, c, to.Channels - c);
        }
    }
}
