using System.Runtime.CompilerServices;
using Fovea.Core.Memory;
using Fovea.Cpu.Product;
using Fovea.Ops;

namespace Fovea.Cpu.Convolution.Fft;

/// <summary>The pass that yields filters.</summary>
internal unsafe interface IFilterGradient
{
    long WorkspaceBytes { get; }

    void Run(float* input, float* outputGradient, float* weightGradient, float* workspace);
}

/// <summary>
/// The gradient of the weights: tiles of the input and of the output's gradient go to the frequency domain, where the sum over tiles
/// of all images is one complex product for every frequency; filters come back.
/// </summary>
/// <remarks>
/// Tiles of the output's gradient do not overlap, and those of the input do, so that every product of both is in one tile and no more
/// than one. Groups of tiles are added one after the other. An instance serves one caller at a time.
/// </remarks>
internal sealed unsafe class FilterGradient<T> : IFilterGradient
    where T : unmanaged, ILanes<T>
{
    private const int Pitch = 16;

    private readonly ConvolutionShape shape;
    private readonly WorkerPool pool;
    private readonly int blocks, filterBlocks, filterRows;
    private readonly FftTiling tiling;
    private readonly TileTransform<T> transform;
    private readonly nint inputPlane, outputPlane, filterPlane;
    private readonly long scratchFloats;
    private readonly Action<int, int> forward, multiply, inverse;

    private float* input, outputGradient, weightGradient, inputs, outputs, filters, scratch;
    private int firstTile, tiles, firstBlock, sliceBlocks;

    /// <summary>Prepares gradients of one shape.</summary>
    /// <param name="shape">The sizes of the forward convolution.</param>
    /// <param name="pool">The threads to use.</param>
    /// <param name="tile">The size of tiles; null to choose.</param>
    public FilterGradient(ConvolutionShape shape, WorkerPool pool, (int Height, int Width)? tile = null)
    {
        (this.shape, this.pool) = (shape, pool);
        tiling = tile is null
            ? FftPasses.WeightGradientTiling(shape, T.Count)
            : FftTiling.Of(tile.Value.Height, tile.Value.Width, shape.N, shape.P, shape.Q, shape.R, shape.S, shape.K, shape.C, T.Count);
        transform = new TileTransform<T>(tiling.Height, tiling.Width);
        (blocks, filterBlocks) = (FftTiling.Blocks(shape.C, T.Count), FftTiling.Blocks(shape.K, T.Count));
        filterRows = (shape.K + ComplexProduct<T>.RowStep - 1) / ComplexProduct<T>.RowStep * ComplexProduct<T>.RowStep;
        inputPlane = FftTiling.Plane(tiling.Slice, tiling.Group, T.Count);
        outputPlane = FftTiling.Plane(filterBlocks, tiling.Group, T.Count);
        filterPlane = FftTiling.Plane(tiling.Slice, filterRows, T.Count);
        scratchFloats = Align.Up(transform.ScratchFloats, Pitch);
        (forward, multiply, inverse) = (Forward, Multiply, Inverse);
    }

    public long WorkspaceBytes =>
        sizeof(float)
        * ((tiling.Frequencies * (long)(inputPlane + outputPlane + filterPlane)) + (3 * Pitch) + (pool.ThreadCount * scratchFloats));

    public void Run(float* input, float* outputGradient, float* weightGradient, float* workspace)
    {
        this.input = input;
        this.outputGradient = outputGradient;
        this.weightGradient = weightGradient;
        filters = workspace;
        inputs = filters + Align.Up(tiling.Frequencies * (long)filterPlane, Pitch);
        outputs = inputs + Align.Up(tiling.Frequencies * (long)inputPlane, Pitch);
        scratch = outputs + Align.Up(tiling.Frequencies * (long)outputPlane, Pitch);
        for (firstBlock = 0; firstBlock < blocks; firstBlock += tiling.Slice)
        {
            sliceBlocks = Math.Min(tiling.Slice, blocks - firstBlock);
            for (firstTile = 0; firstTile < tiling.Tiles; firstTile += tiling.Group)
            {
                tiles = Math.Min(tiling.Group, tiling.Tiles - firstTile);
                pool.For(tiles * (sliceBlocks + filterBlocks), forward);
                pool.For(tiling.Frequencies, multiply);
            }
            pool.For(sliceBlocks * shape.K, inverse);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Forward(int item, int worker)
    {
        (int block, int row) = Math.DivRem(item, tiles);
        (int image, int y, int x) = tiling.Place(firstTile + row);
        if (block < sliceBlocks)
        {
            int c = (firstBlock + block) * T.Count;
            TileRectangle tile = Tiles.Clip(input + ((nint)image * shape.H * shape.W * shape.C) + c, shape.H, shape.W, shape.C,
                y - shape.PadTop, x - shape.PadLeft, tiling.Height, tiling.Width, Math.Min(T.Count, shape.C - c));
            transform.Forward(tile, inputs + ((((nint)block * tiling.Group) + row) * 2 * T.Count), inputPlane, Scratch(worker));
            return;
        }
        block -= sliceBlocks;
        int k = block * T.Count, height = Math.Min(tiling.StepY, shape.P - y), width = Math.Min(tiling.StepX, shape.Q - x);
        // Turned around, so that the product correlates. A tile at the edge is turned within the size of the others.
        float* last = outputGradient + ((((((nint)image * shape.P) + y + height - 1) * shape.Q) + x + width - 1) * shape.K) + k;
        var turned = new TileRectangle(last, -(nint)shape.Q * shape.K, -shape.K, tiling.StepY - height, tiling.StepX - width,
            height, width, Math.Min(T.Count, shape.K - k));
        transform.Forward(turned, outputs + ((((nint)block * tiling.Group) + row) * 2 * T.Count), outputPlane, Scratch(worker));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Multiply(int frequency, int worker)
    {
        float* b = inputs + (frequency * inputPlane), c = filters + (frequency * filterPlane);
        var a = new ComplexBlocks(outputs + (frequency * outputPlane), tiling.Group);
        for (int block = 0; block < sliceBlocks; block++)
        {
            ComplexProduct<T>.MultiplyTransposed(
                a, b + ((nint)block * tiling.Group * 2 * T.Count), c + ((nint)block * filterRows * 2 * T.Count), shape.K, tiles,
                    firstTile > 0);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Inverse(int item, int worker)
    {
        (int block, int k) = Math.DivRem(item, shape.K);
        int c = (firstBlock + block) * T.Count;
        var tile = new TileRectangle(weightGradient + ((nint)k * shape.FilterSize) + c, (nint)shape.S * shape.C, shape.C,
            tiling.StepY - 1, tiling.StepX - 1, shape.R, shape.S, Math.Min(T.Count, shape.C - c));
        transform.Inverse(filters + ((((nint)block * filterRows) + k) * 2 * T.Count), filterPlane, tile, null, false, Scratch(worker));
    }

    private float* Scratch(int worker) => scratch + (worker * scratchFloats);
}
