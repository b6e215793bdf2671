using System.Runtime.CompilerServices;
using Fovea.Compute.Cpu;
using Fovea.Kernels.Simd.Convolution;
using Fovea.Kernels.Simd.Gemm;

namespace Fovea.Kernels.Simd.Winograd;

/// <summary>
/// The gradient of a convolution with 3×3 filters with respect to them by F(3×3, 2×2) or F(3×3, 4×4): for every frequency the product
/// of the transformed tiles of the output's gradient with those of the input, summed over all tiles and then transformed back once.
/// </summary>
/// <remarks>
/// Some tiles at a time, which threads divide to transform them, and then by frequencies to multiply. So a sum goes
/// through the tiles in their order on any number of threads. An instance is prepared for one shape and serves one caller at a time.
/// </remarks>
public sealed unsafe class WinogradWeightGradient : IConvolutionGradient
{
    private const int Taps = 9, TaskTiles = 8, TaskRows = 8;

    private readonly ConvolutionShape shape;
    private readonly WorkerPool pool;
    private readonly TileTransforms transforms;
    private readonly MicroKernel kernel;
    private readonly TileGrid inputs, outputs;
    private readonly int tiles, chunkTiles, rows, columns, gradientChannels, rowTasks;
    private readonly nint inputStep, gradientStep, sumStep;
    private readonly Action<int, int> transformTask, multiplyTask, storeTask;

    private float* input, gradient, result, zeros, inputTiles, gradientTiles, sums, scratch;
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
        kernel = MicroKernel.For(level ?? CpuFeatures.Simd, shape.C);
        int down = (shape.P + outputs - 1) / outputs, across = (shape.Q + outputs - 1) / outputs;
        inputs = new(shape.H, shape.W, shape.C, down, across, outputs, transforms.Points, -shape.PadTop, -shape.PadLeft);
        this.outputs = new(shape.P, shape.Q, shape.K, down, across, outputs, outputs);
        tiles = shape.N * down * across;
        // As many as make the traffic of sums no more than that of tiles.
        chunkTiles = Math.Min(tiles, (int)Math.Clamp((long)shape.K * shape.C / (shape.K + shape.C), 64, kernel.Depth));
        rows = RoundUp(shape.K, kernel.Rows);
        columns = RoundUp(shape.C, kernel.Columns);
        gradientChannels = RoundUp(shape.K, transforms.Lanes);
        rowTasks = (rows + (TaskRows * kernel.Rows) - 1) / (TaskRows * kernel.Rows);
        // A line more than needed: at powers of two all frequencies would compete for the same places in the cache.
        inputStep = RoundUp(chunkTiles * columns, 16) + 16;
        gradientStep = RoundUp(chunkTiles * gradientChannels, 16) + 16;
        sumStep = RoundUp(rows * columns, 16) + 16;
        transformTask = Transform;
        multiplyTask = Multiply;
        storeTask = Store;
    }

    /// <summary>The scratch memory that one run needs, in bytes.</summary>
    public long WorkspaceBytes => sizeof(float) *
        (ZeroFloats + (transforms.Frequencies * (inputStep + gradientStep + sumStep)) + ((long)pool.ThreadCount * ScratchFloats));

    private int ZeroFloats => RoundUp(Math.Max(shape.C, shape.K), 32);

    private nint ScratchFloats => RoundUp(Math.Max(2 * transforms.Frequencies * transforms.Lanes, TaskRows * kernel.Rows * chunkTiles), 16);

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
        inputTiles = zeros + ZeroFloats;
        gradientTiles = inputTiles + (transforms.Frequencies * inputStep);
        sums = gradientTiles + (transforms.Frequencies * gradientStep);
        scratch = sums + (transforms.Frequencies * sumStep);
        for (first = 0; first < tiles; first += chunkTiles)
        {
            count = Math.Min(chunkTiles, tiles - first);
            pool.For((count + TaskTiles - 1) / TaskTiles, transformTask);
            pool.For(transforms.Frequencies * rowTasks, multiplyTask);
        }
        pool.For(shape.K, storeTask);
    }

    private float* Scratch(int worker) => scratch + (worker * ScratchFloats);

    [SkipLocalsInit]
    private void Transform(int task, int worker)
    {
        int lanes = transforms.Lanes;
        float* passing = Scratch(worker), copies = passing + (transforms.Frequencies * lanes);
        float** pixels = stackalloc float*[36], table = stackalloc float*[36], gradientTable = stackalloc float*[16];
        var tail = new TailTile(table, copies, transforms.Frequencies, lanes);
        var gradientTail = new TailTile(gradientTable, copies, transforms.Outputs * transforms.Outputs, lanes);
        for (int tile = task * TaskTiles, end = Math.Min(count, tile + TaskTiles); tile < end; tile++)
        {
            inputs.Find(input, first + tile, zeros, pixels);
            for (int c = 0; c < columns; c += lanes)
            {
                // Panels of all tiles, as the product reads them.
                int panel = c / kernel.Columns * kernel.Columns;
                float* target = inputTiles + ((nint)panel * count) + ((nint)tile * kernel.Columns) + (c - panel);
                bool whole = c + lanes <= shape.C;
                if (!whole) tail.Gather(pixels, c, Math.Max(0, shape.C - c));
                transforms.Input(whole ? pixels : tail.Pixels, whole ? c : 0, target, inputStep, passing);
            }
            outputs.Find(gradient, first + tile, zeros, pixels);
            for (int k = 0; k < shape.K; k += lanes)
            {
                bool whole = k + lanes <= shape.K;
                if (!whole) gradientTail.Gather(pixels, k, shape.K - k);
                transforms.OutputGradient(whole ? pixels : gradientTail.Pixels, whole ? k : 0, gradientTiles + ((nint)tile * gradientChannels) + k, gradientStep, passing);
            }
        }
    }

    private void Multiply(int task, int worker)
    {
        (int frequency, int rowTask) = Math.DivRem(task, rowTasks);
        int firstRow = rowTask * TaskRows * kernel.Rows, endRow = Math.Min(rows, firstRow + (TaskRows * kernel.Rows));
        float* packed = Scratch(worker), right = inputTiles + (frequency * inputStep), target = sums + (frequency * sumStep);
        var left = new StridedPanels(gradientTiles + (frequency * gradientStep), gradientChannels, ContiguousInK: false);
        for (int row = firstRow; row < endRow; row += kernel.Rows)
            left.Pack(row, Math.Min(kernel.Rows, shape.K - row), 0, count, packed + ((nint)(row - firstRow) * count), kernel.Rows);
        for (int column = 0; column < columns; column += kernel.Columns)
        {
            for (int row = firstRow; row < endRow; row += kernel.Rows)
            {
                kernel.Multiply(count, packed + ((nint)(row - firstRow) * count), right + ((nint)column * count),
                    target + ((nint)row * columns) + column, columns, zeros, first == 0 ? TileMode.Overwrite : TileMode.Accumulate);
            }
        }
    }

    [SkipLocalsInit]
    private void Store(int filter, int worker)
    {
        int lanes = transforms.Lanes;
        float* passing = Scratch(worker), copies = passing + (transforms.Frequencies * lanes);
        float** taps = stackalloc float*[Taps], table = stackalloc float*[Taps];
        var tail = new TailTile(table, copies, Taps, lanes);
        for (int tap = 0; tap < Taps; tap++) taps[tap] = result + ((((nint)filter * Taps) + tap) * shape.C);
        float* source = sums + ((nint)filter * columns);
        int c = 0;
        for (; c + lanes <= shape.C; c += lanes) transforms.FilterGradient(source + c, sumStep, taps, c, passing, zeros, float.NegativeInfinity);
        if (c == shape.C) return;
        transforms.FilterGradient(source + c, sumStep, tail.Pixels, 0, passing, zeros, float.NegativeInfinity);
        tail.Scatter(taps, c, shape.C - c);
    }

    private static int RoundUp(int value, int multiple) => (value + multiple - 1) / multiple * multiple;
}
