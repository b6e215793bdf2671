using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using Fovea.Core.Memory;
using Fovea.Cpu.Product;
using Fovea.Ops;

namespace Fovea.Cpu.Convolution.Winograd;

/// <summary>
/// The gradient of a convolution with 3×3 filters with respect to them by F(3×3, 2×2) or F(3×3, 4×4): for every frequency the product
/// of the transformed tiles of the output's gradient with those of the input, summed over all tiles and then transformed back once.
/// </summary>
/// <remarks>
/// Where the sums of all frequencies fit a core's cache, every thread takes parts of the tiles, as many as the shape alone says, with sums
/// of their own that are added in the end. Where they do not, there is one part, some tiles at a time, which threads divide to transform
/// them, and then by frequencies to multiply. Either way a sum goes through the tiles in the same order on any number of threads. An
/// instance is prepared for one shape and serves one caller at a time.
/// </remarks>
internal sealed unsafe class WinogradWeightGradient : IConvolutionGradient
{
    private const int Taps = 9, TaskTiles = 8, TaskRows = 8;

    /// <summary>Sums of a part at most, in bytes, and the tiles that make it worth its sums.</summary>
    private const int PartBytes = 1 << 20, PartTiles = 128, MostParts = 16;

    /// <summary>Tiles of a part that are transformed before they are multiplied: about as large as its sums.</summary>
    private const int PartChunk = 48;

    private readonly ConvolutionShape shape;
    private readonly WorkerPool pool;
    private readonly TileTransforms transforms;
    private readonly RegisterTiles products;
    private readonly TileGrid inputs, outputs;
    private readonly int tiles, parts, chunkTiles, panel, rows, columns, gradientChannels, rowTasks;
    private readonly nint inputStep, gradientStep, sumStep, tileFloats;
    private readonly Action<int, int> transformTask, multiplyTask, partTask, storeTask;

    private float* input, gradient, result, zeros, tileMemory, sums, scratch;
    private int first, count;

    /// <summary>Prepares gradients of one shape.</summary>
    /// <param name="shape">The sizes of the forward convolution.</param>
    /// <param name="pool">The threads to use.</param>
    /// <param name="outputs">Height and width of a tile of the output: 2 or 4.</param>
    /// <param name="level">Which vectors to use; null for the widest.</param>
    /// <exception cref="ArgumentException">The shape is none that <see cref="Supports"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There are no such tiles.</exception>
    public WinogradWeightGradient(ConvolutionShape shape, WorkerPool pool, int outputs, SimdLevel? level = null)
    {
        WinogradForward.Require(shape);
        (this.shape, this.pool) = (shape, pool);
        transforms = TileTransforms.For(outputs, level ?? CpuFeatures.Simd);
        products = RegisterTiles.OfRows(level ?? CpuFeatures.Simd, packed: true);
        panel = MicroKernel.For(level ?? CpuFeatures.Simd, shape.C).Columns;
        int down = (shape.P + outputs - 1) / outputs, across = (shape.Q + outputs - 1) / outputs;
        inputs = new(shape.H, shape.W, shape.C, down, across, outputs, transforms.Points, -shape.PadTop, -shape.PadLeft);
        this.outputs = new(shape.P, shape.Q, shape.K, down, across, outputs, outputs);
        tiles = shape.N * down * across;
        rows = Align.Up(shape.K, products.TallRows);
        columns = Align.Up(shape.C, panel);
        gradientChannels = Align.Up(shape.K, transforms.Lanes);
        long sumBytes = (long)transforms.Frequencies * rows * columns * sizeof(float);
        parts = sumBytes <= PartBytes ? Math.Clamp(tiles / PartTiles, 1, MostParts) : 1;
        chunkTiles = parts > 1
            ? Math.Min((tiles + parts - 1) / parts, PartChunk)
            // As many as make the traffic of sums no more than that of tiles.
            : Math.Min(tiles, (int)Math.Clamp((long)shape.K * shape.C / (shape.K + shape.C), 64, 256));
        rowTasks = (rows + (TaskRows * products.TallRows) - 1) / (TaskRows * products.TallRows);
        // A line more than needed: at powers of two all frequencies would compete for the same places in the cache.
        inputStep = Align.Up(chunkTiles * columns, 16) + 16;
        gradientStep = Align.Up(chunkTiles * gradientChannels, 16) + 16;
        sumStep = Align.Up(rows * columns, 16) + 16;
        tileFloats = transforms.Frequencies * (inputStep + gradientStep);
        transformTask = (task, worker) =>
            Transform(first, task * TaskTiles, Math.Min(count, (task + 1) * TaskTiles), count, tileMemory, Scratch(worker));
        multiplyTask = (task, _) =>
        {
            (int frequency, int rowTask) = Math.DivRem(task, rowTasks);
            int firstRow = rowTask * TaskRows * products.TallRows;
            Multiply(
                frequency, firstRow, Math.Min(shape.K, firstRow + (TaskRows * products.TallRows)), count, tileMemory, sums, first == 0);
        };
        partTask = RunPart;
        storeTask = Store;
    }

    /// <summary>The scratch memory that one run needs, in bytes.</summary>
    public long WorkspaceBytes => sizeof(float) *
        (ZeroFloats + ((parts > 1 ? pool.ThreadCount : 1) * tileFloats) + (parts * transforms.Frequencies * sumStep)
            + ((long)pool.ThreadCount * ScratchFloats));

    private int ZeroFloats => Align.Up(Math.Max(shape.C, shape.K), 32);

    private nint ScratchFloats => 2 * transforms.Frequencies * transforms.Lanes;

    /// <inheritdoc cref="WinogradForward.Supports"/>
    public static bool Supports(ConvolutionShape shape) => WinogradForward.Supports(shape);

    /// <summary>Computes the gradient.</summary>
    /// <param name="images">N×H×W×C.</param>
    /// <param name="outputGradient">N×P×Q×K.</param>
    /// <param name="weightGradient">K×3×3×C; overwritten.</param>
    /// <param name="workspace">At least <see cref="WorkspaceBytes"/> bytes on a 64-byte boundary.</param>
    public void Run(float* images, float* outputGradient, float* weightGradient, float* workspace)
    {
        input = images;
        gradient = outputGradient;
        result = weightGradient;
        zeros = workspace;
        new Span<float>(zeros, ZeroFloats).Clear();
        tileMemory = zeros + ZeroFloats;
        sums = tileMemory + ((parts > 1 ? pool.ThreadCount : 1) * tileFloats);
        scratch = sums + (parts * transforms.Frequencies * sumStep);
        if (parts > 1) pool.For(parts, partTask);
        else
        {
            for (first = 0; first < tiles; first += chunkTiles)
            {
                count = Math.Min(chunkTiles, tiles - first);
                pool.For((count + TaskTiles - 1) / TaskTiles, transformTask);
                pool.For(transforms.Frequencies * rowTasks, multiplyTask);
            }
        }
        pool.For(shape.K, storeTask);
    }

    private float* Scratch(int worker) => scratch + (worker * ScratchFloats);

    private void RunPart(int part, int worker)
    {
        float* memory = tileMemory + (worker * tileFloats), own = sums + (part * transforms.Frequencies * sumStep);
        int start = (int)((long)tiles * part / parts), end = (int)((long)tiles * (part + 1) / parts);
        for (int tile = start; tile < end; tile += chunkTiles)
        {
            int chunk = Math.Min(chunkTiles, end - tile);
            Transform(tile, 0, chunk, chunk, memory, Scratch(worker));
            for (int frequency = 0; frequency < transforms.Frequencies; frequency++)
                Multiply(frequency, 0, shape.K, chunk, memory, own, tile == start);
        }
    }

    /// <summary>Transforms some of a chunk's tiles.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Transform(int firstTile, int tile, int endTile, int chunk, float* memory, float* passing)
    {
        int lanes = transforms.Lanes;
        float* copies = passing + (transforms.Frequencies * lanes), gradientTiles = memory + (transforms.Frequencies * inputStep);
        float** pixels = stackalloc float*[36], table = stackalloc float*[36], gradientTable = stackalloc float*[16];
        var tail = new TailTile(table, copies, transforms.Frequencies, lanes);
        var gradientTail = new TailTile(gradientTable, copies, transforms.Outputs * transforms.Outputs, lanes);
        for (; tile < endTile; tile++)
        {
            inputs.Find(input, firstTile + tile, zeros, pixels);
            for (int c = 0; c < columns; c += lanes)
            {
                // Panels of all tiles, as the product reads them.
                int before = c / panel * panel;
                float* target = memory + ((nint)before * chunk) + ((nint)tile * panel) + (c - before);
                bool whole = c + lanes <= shape.C;
                if (!whole) tail.Gather(pixels, c, Math.Max(0, shape.C - c));
                transforms.Input(whole ? pixels : tail.Pixels, whole ? c : 0, target, inputStep, passing);
            }
            outputs.Find(gradient, firstTile + tile, zeros, pixels);
            for (int k = 0; k < shape.K; k += lanes)
            {
                bool whole = k + lanes <= shape.K;
                if (!whole) gradientTail.Gather(pixels, k, shape.K - k);
                transforms.OutputGradient(whole ? pixels : gradientTail.Pixels, whole ? k : 0,
                    gradientTiles + ((nint)tile * gradientChannels) + k, gradientStep, passing);
            }
        }
    }

    /// <summary>Adds a chunk's products at one frequency for some filters.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Multiply(int frequency, int firstRow, int endRow, int chunk, float* memory, float* into, bool overwrite)
    {
        // Rows past the last filter are read from what comes next and their sums are not looked at.
        float* left = memory + (transforms.Frequencies * inputStep) + (frequency * gradientStep), right = memory + (frequency * inputStep),
            target = into + (frequency * sumStep);
        var piece = new TilePiece { Row = 1, Next = gradientChannels, Count = chunk, Runs = 1 };
        var way = new TileWay(&piece, 1, panel);
        for (int column = 0; column < columns; column += panel)
        {
            for (int row = firstRow; row < endRow; row += products.TallRows)
            {
                int height = endRow - row <= RegisterTiles.ShortRows ? RegisterTiles.ShortRows : products.TallRows;
                products.Run(height, panel / products.Lanes, way, left + row, right + ((nint)column * chunk),
                    target + ((nint)row * columns) + column, columns, overwrite ? zeros : null, false);
            }
        }
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Store(int filter, int worker)
    {
        int lanes = transforms.Lanes;
        float* passing = Scratch(worker), copies = passing + (transforms.Frequencies * lanes);
        float** taps = stackalloc float*[Taps], table = stackalloc float*[Taps];
        var tail = new TailTile(table, copies, Taps, lanes);
        for (int tap = 0; tap < Taps; tap++) taps[tap] = result + ((((nint)filter * Taps) + tap) * shape.C);
        float* source = sums + ((nint)filter * columns);
        for (int part = 1; part < parts; part++)
        {
            float* other = source + (part * transforms.Frequencies * sumStep);
            for (int f = 0; f < transforms.Frequencies; f++)
                TensorPrimitives.Add(new ReadOnlySpan<float>(source + (f * sumStep), columns),
                    new ReadOnlySpan<float>(other + (f * sumStep), columns), new Span<float>(source + (f * sumStep), columns));
        }
        int c = 0;
        for (; c + lanes <= shape.C; c += lanes)
            transforms.FilterGradient(source + c, sumStep, taps, c, passing, zeros, float.NegativeInfinity);
        if (c == shape.C) return;
        transforms.FilterGradient(source + c, sumStep, tail.Pixels, 0, passing, zeros, float.NegativeInfinity);
        tail.Scatter(taps, c, shape.C - c);
    }
}
