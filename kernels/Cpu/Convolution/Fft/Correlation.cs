using System.Runtime.CompilerServices;
using Fovea.Core.Memory;
using Fovea.Cpu.Product;
using Fovea.Ops;

namespace Fovea.Cpu.Convolution.Fft;

/// <summary>A pass that slides filters over images: the output, or the gradient of the input.</summary>
internal unsafe interface ICorrelation
{
    long WorkspaceBytes { get; }

    long PreparedBytes { get; }

    void Prepare(float* weights, float* prepared);

    /// <param name="source">The images.</param>
    /// <param name="weights">The filters, or null if they are prepared.</param>
    /// <param name="prepared">The prepared filters, or null.</param>
    /// <param name="bias">One number per channel of the result, or null.</param>
    /// <param name="target">The result.</param>
    /// <param name="clampNegative">Whether negative results become 0.</param>
    /// <param name="workspace">Scratch memory.</param>
    void Run(float* source, float* weights, float* prepared, float* bias, float* target, bool clampNegative, float* workspace);
}

/// <summary>
/// Images and filters go to the frequency domain; there, the sum over channels is one complex product for every frequency; its
/// results come back with bias and rectifier.
/// </summary>
/// <remarks>
/// Tiles are taken in groups and filters in slices, so that memory is bounded and what one step writes the next still finds in a
/// cache. The gradient of the input is the same thing with the filters turned around. An instance serves one caller at a time.
/// </remarks>
internal sealed unsafe class Correlation<T> : ICorrelation
    where T : unmanaged, ILanes<T>
{
    private const int Pitch = 16;

    private readonly ConvolutionShape shape;
    private readonly WorkerPool pool;
    private readonly bool backward;
    private readonly int sourceH, sourceW, targetH, targetW, top, left, depth, columns, blocks, depthBlocks, groupRows;
    private readonly FftTiling tiling;
    private readonly TileTransform<T> transform;
    private readonly nint filterPlane, sourcePlane, targetPlane, turnedFloats;
    private readonly long scratchFloats;
    private readonly Action<int, int> turn, filter, forward, multiply, inverse;

    private float* source, weights, filters, bias, target, turned, spectra, results, scratch;
    private bool relu;
    private int firstTile, tiles, firstBlock, sliceBlocks;

    /// <summary>Prepares passes of one shape.</summary>
    /// <param name="shape">The sizes of the forward convolution.</param>
    /// <param name="pool">The threads to use.</param>
    /// <param name="backward">Whether this is the gradient of the input.</param>
    /// <param name="tile">The size of tiles; null to choose.</param>
    public Correlation(ConvolutionShape shape, WorkerPool pool, bool backward, (int Height, int Width)? tile = null)
    {
        (this.shape, this.pool, this.backward) = (shape, pool, backward);
        (sourceH, sourceW, depth) = backward ? (shape.P, shape.Q, shape.K) : (shape.H, shape.W, shape.C);
        (targetH, targetW, columns) = backward ? (shape.H, shape.W, shape.C) : (shape.P, shape.Q, shape.K);
        (top, left) = backward ? (shape.R - 1 - shape.PadTop, shape.S - 1 - shape.PadLeft) : (shape.PadTop, shape.PadLeft);
        tiling = tile is null
            ? backward ? FftPasses.InputGradientTiling(shape, T.Count) : FftPasses.ForwardTiling(shape, T.Count)
            : FftTiling.Of(tile.Value.Height, tile.Value.Width, shape.N, targetH, targetW, shape.R, shape.S, depth, columns, T.Count);
        transform = new TileTransform<T>(tiling.Height, tiling.Width);
        (blocks, depthBlocks) = (FftTiling.Blocks(columns, T.Count), FftTiling.Blocks(depth, T.Count));
        groupRows = (tiling.Group + ComplexProduct<T>.RowStep - 1) / ComplexProduct<T>.RowStep * ComplexProduct<T>.RowStep;
        filterPlane = FftTiling.Plane(tiling.Slice, depth, T.Count);
        sourcePlane = FftTiling.Plane(depthBlocks, groupRows, T.Count);
        targetPlane = FftTiling.Plane(tiling.Slice, groupRows, T.Count);
        turnedFloats = backward ? 0 : (nint)tiling.Slice * T.Count * shape.FilterSize;
        scratchFloats = Align.Up(transform.ScratchFloats, Pitch);
        (turn, filter, forward, multiply, inverse) = (Turn, Filter, Forward, Multiply, Inverse);
    }

    public long WorkspaceBytes => sizeof(float) * (SliceFloats + RunFloats);

    public long PreparedBytes => sizeof(float) * SliceFloats * Slices;

    private int Slices => (blocks + tiling.Slice - 1) / tiling.Slice;

    private long SliceFloats => Align.Up(tiling.Frequencies * (long)filterPlane, Pitch);

    private long RunFloats =>
        Align.Up(turnedFloats, Pitch) + Align.Up(tiling.Frequencies * (long)sourcePlane, Pitch)
            + Align.Up(tiling.Frequencies * (long)targetPlane, Pitch) + (pool.ThreadCount * scratchFloats);

    public void Prepare(float* weights, float* prepared)
    {
        // Preparing happens once, and needs memory for as long as it lasts.
        using var memory = new Fovea.Core.Memory.HostBuffer(sizeof(float) * RunFloats);
        Place((float*)memory.Pointer);
        this.weights = weights;
        for (int slice = 0; slice < Slices; slice++) PrepareSlice(slice, prepared + (slice * SliceFloats));
    }

    public void Run(float* source, float* weights, float* prepared, float* bias, float* target, bool clampNegative, float* workspace)
    {
        this.source = source;
        this.weights = weights;
        this.bias = bias;
        this.target = target;
        relu = clampNegative;
        Place(prepared is null ? workspace + SliceFloats : workspace);
        for (int slice = 0; slice < Slices; slice++)
        {
            if (prepared is null) PrepareSlice(slice, workspace);
            else Select(slice, prepared + (slice * SliceFloats));
            for (firstTile = 0; firstTile < tiling.Tiles; firstTile += tiling.Group)
            {
                tiles = Math.Min(tiling.Group, tiling.Tiles - firstTile);
                pool.For(tiles * depthBlocks, forward);
                pool.For(tiling.Frequencies, multiply);
                pool.For(tiles * sliceBlocks, inverse);
            }
        }
    }

    private void Place(float* memory)
    {
        turned = memory;
        spectra = turned + Align.Up(turnedFloats, Pitch);
        results = spectra + Align.Up(tiling.Frequencies * (long)sourcePlane, Pitch);
        scratch = results + Align.Up(tiling.Frequencies * (long)targetPlane, Pitch);
    }

    private void Select(int slice, float* spectraOfFilters)
    {
        filters = spectraOfFilters;
        firstBlock = slice * tiling.Slice;
        sliceBlocks = Math.Min(tiling.Slice, blocks - firstBlock);
    }

    private void PrepareSlice(int slice, float* spectraOfFilters)
    {
        Select(slice, spectraOfFilters);
        if (!backward) pool.For(sliceBlocks, turn);
        pool.For(sliceBlocks * depth, filter);
    }

    /// <summary>Lays a block of filters side by side.</summary>
    private void Turn(int block, int worker)
    {
        int k = (firstBlock + block) * T.Count;
        new StridedPanels(weights, shape.FilterSize, ContiguousInK: true)
            .Pack(k, Math.Min(T.Count, shape.K - k), 0, shape.FilterSize, turned + ((nint)block * T.Count * shape.FilterSize), T.Count);
    }

    /// <summary>
    /// Transforms what leads from one channel to a block of channels. A filter is turned around, so that the product correlates.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Filter(int item, int worker)
    {
        (int block, int channel) = Math.DivRem(item, depth);
        int first = (firstBlock + block) * T.Count;
        nint pixel = backward ? shape.C : (nint)shape.C * T.Count, line = shape.S * pixel;
        float* data = backward
            ? weights + ((nint)channel * shape.FilterSize) + first
            : turned + ((nint)block * T.Count * shape.FilterSize) + (channel * T.Count) + ((shape.R - 1) * line) + ((shape.S - 1) * pixel);
        int channels = backward ? Math.Min(T.Count, columns - first) : T.Count;
        var tile = new TileRectangle(data, backward ? line : -line, backward ? pixel : -pixel, 0, 0, shape.R, shape.S, channels);
        transform.Forward(tile, filters + ((((nint)block * depth) + channel) * 2 * T.Count), filterPlane, Scratch(worker));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Forward(int item, int worker)
    {
        (int block, int row) = Math.DivRem(item, tiles);
        (int image, int y, int x) = tiling.Place(firstTile + row);
        TileRectangle tile = Tiles.Clip(source + ((nint)image * sourceH * sourceW * depth) + (block * T.Count), sourceH, sourceW, depth,
            y - top, x - left, tiling.Height, tiling.Width, Math.Min(T.Count, depth - (block * T.Count)));
        transform.Forward(tile, spectra + ((((nint)block * groupRows) + row) * 2 * T.Count), sourcePlane, Scratch(worker));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Multiply(int frequency, int worker)
    {
        float* b = filters + (frequency * filterPlane), c = results + (frequency * targetPlane);
        var a = new ComplexBlocks(spectra + (frequency * sourcePlane), groupRows);
        for (int block = 0; block < sliceBlocks; block++)
            ComplexProduct<T>.Multiply(
                a, b + ((nint)block * depth * 2 * T.Count), c + ((nint)block * groupRows * 2 * T.Count), tiles, depth);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Inverse(int item, int worker)
    {
        (int block, int row) = Math.DivRem(item, tiles);
        (int image, int y, int x) = tiling.Place(firstTile + row);
        int first = (firstBlock + block) * T.Count;
        float* pixel = target + ((((((nint)image * targetH) + y) * targetW) + x) * columns) + first;
        var tile = new TileRectangle(pixel, (nint)targetW * columns, columns, shape.R - 1, shape.S - 1,
            Math.Min(tiling.StepY, targetH - y), Math.Min(tiling.StepX, targetW - x), Math.Min(T.Count, columns - first));
        transform.Inverse(results + ((((nint)block * groupRows) + row) * 2 * T.Count), targetPlane, tile,
            bias is null ? null : bias + first, relu, Scratch(worker));
    }

    private float* Scratch(int worker) => scratch + (worker * scratchFloats);
}

/// <summary>Tiles of images.</summary>
internal static unsafe class Tiles
{
    /// <summary>The part of a tile that lies inside an image.</summary>
    public static TileRectangle Clip(
        float* image, int height, int width, int pixelStride, int y, int x, int tileHeight, int tileWidth, int channels)
    {
        int firstY = Math.Clamp(-y, 0, tileHeight), firstX = Math.Clamp(-x, 0, tileWidth);
        int endY = Math.Clamp(height - y, firstY, tileHeight), endX = Math.Clamp(width - x, firstX, tileWidth);
        if (endX == firstX) endY = firstY;
        return new TileRectangle(
            image + ((((nint)(y + firstY) * width) + x + firstX) * pixelStride), (nint)width * pixelStride, pixelStride,
            firstY, firstX, endY - firstY, endX - firstX, channels);
    }
}
