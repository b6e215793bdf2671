using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Fovea.Cpu.Product;
using Fovea.Ops;

namespace Fovea.Cpu.Convolution;

/// <summary>
/// The gradient of a convolution's filters as its sum is written down: tiles of neighbouring weights × filters go through the pixels of
/// some lines with their sums in registers.
/// </summary>
/// <remarks>
/// The pixels are divided into parts by their number alone, and the parts' sums are added in a fixed order, so every bit is the same
/// on any number of threads. An instance is prepared for one shape and serves one caller at a time.
/// </remarks>
internal sealed unsafe class DirectWeightGradient : IConvolutionGradient
{
    private const int BandBytes = 48 * 1024, MostParts = 16;

    /// <summary>Parts of a large gradient would take more memory than they are worth.</summary>
    private const long MostPartFloats = 1 << 22;

    private readonly ConvolutionShape shape;
    private readonly WorkerPool pool;
    private readonly RegisterTiles tiles;
    private readonly bool each;
    private readonly int groups, columns, runs, runLength, blockColumns, runRows, bands, parts;
    private readonly DirectBlock[] blocks;
    private readonly DirectBand band;
    private readonly TilePiece[] pieces;
    private readonly nint rowStep;
    private readonly bool copies;
    private readonly Action<int, int> sum, collect;
    private float* images, gradient, result, partials, scratch;

    /// <inheritdoc cref="DirectForward(ConvolutionShape, WorkerPool, SimdLevel?)"/>
    public DirectWeightGradient(ConvolutionShape shape, WorkerPool pool, SimdLevel? level = null)
    {
        (this.shape, this.pool) = (shape, pool);
        each = shape is { Groups: > 1, GroupC: 1, GroupK: 1 };
        (groups, columns) = each ? (1, shape.K) : (shape.Groups, shape.GroupK);
        SimdLevel simd = level ?? CpuFeatures.Simd;
        tiles = each ? RegisterTiles.OfColumns(simd) : RegisterTiles.OfRows(simd, packed: false);
        blockColumns = (each ? 1 : 2) * tiles.Lanes;
        blocks = DirectBlock.Divide(groups, columns, tiles.Lanes, each ? 1 : 2);
        bool merged = shape.Groups == 1 && shape.DilationW == 1;
        (runs, runLength) = merged ? (shape.R, shape.S * shape.C) : each ? (shape.R, shape.S) : (shape.R * shape.S, shape.GroupC);
        runRows = RowsOf(runLength);

        PatchGrid grid = PatchGrid.OfInput(shape);
        nint step = each ? (nint)shape.DilationW * shape.C : 1;
        int slack = (int)(tiles.TallRows * step) + blockColumns;
        long oneLine = new DirectBand(grid, 1, 0).Floats + ((long)shape.Q * shape.K),
            anotherLine = ((long)new DirectBand(grid, 1, 0).LineFloats * shape.StrideH) + ((long)shape.Q * shape.K);
        int lines = (int)Math.Clamp(((BandBytes / sizeof(float)) - oneLine) / anotherLine, 0, shape.P - 1) + 1;
        bands = (shape.P + lines - 1) / lines;
        band = new DirectBand(grid, (shape.P + bands - 1) / bands, slack);
        bands = (shape.P + band.Lines - 1) / band.Lines;
        parts = (int)Math.Clamp(Math.Min((long)shape.N * bands, MostPartFloats / PartFloats), 1, MostParts);
        copies = shape.K % tiles.Lanes != 0 || columns % blockColumns != 0;
        rowStep = step;
        pieces = GC.AllocateArray<TilePiece>(band.Lines, pinned: true);
        for (int i = 0; i < pieces.Length; i++)
            pieces[i] = new TilePiece
            {
                Offset = (nint)i * shape.StrideH * band.LineFloats,
                Row = step,
                Next = (nint)shape.StrideW * shape.C,
                Count = shape.Q,
                Runs = 1
            };
        sum = Sum;
        collect = Collect;
    }

    /// <inheritdoc/>
    public long WorkspaceBytes => sizeof(float) * ((parts * PartFloats) + (pool.ThreadCount * WorkerFloats));

    private long PartFloats => (long)blocks.Length * runs * runRows * blockColumns;

    private long CopyFloats => copies ? (((long)band.Lines * shape.Q * shape.K) + blockColumns + 15) / 16 * 16 : 0;

    private long WorkerFloats => band.Floats + CopyFloats;

    /// <inheritdoc cref="DirectForward.Supports"/>
    public static bool Supports(ConvolutionShape shape) => DirectForward.Supports(shape);

    /// <inheritdoc/>
    public void Run(float* input, float* outputGradient, float* weightGradient, float* workspace)
    {
        images = input;
        gradient = outputGradient;
        result = weightGradient;
        partials = workspace;
        scratch = workspace + (parts * PartFloats);
        pool.For(parts, sum);
        pool.For(blocks.Length, collect);
    }

    /// <summary>The rows of all tiles along a run.</summary>
    private int RowsOf(int length)
    {
        int rest = length % tiles.TallRows;
        return (length - rest) + (rest == 0 ? 0 : rest <= RegisterTiles.ShortRows ? RegisterTiles.ShortRows : tiles.TallRows);
    }

    private void Sum(int part, int worker)
    {
        float* copy = scratch + (worker * WorkerFloats), into = partials + (part * PartFloats);
        for (long i = 0; i < PartFloats; i += 1 << 20) new Span<float>(into + i, (int)Math.Min(1 << 20, PartFloats - i)).Clear();
        int units = shape.N * bands, end = (int)((long)units * (part + 1) / parts);
        for (int unit = (int)((long)units * part / parts); unit < end; unit++) AddBand(unit, copy, into);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddBand(int unit, float* copy, float* into)
    {
        (int n, int number) = Math.DivRem(unit, bands);
        int first = number * band.Lines, lines = Math.Min(band.Lines, shape.P - first);
        band.Fill(images + ((nint)n * shape.H * shape.W * shape.C), first, lines, copy);
        float* dy = gradient + ((((nint)n * shape.P) + first) * shape.Q * shape.K);
        if (copies)
        {
            // Vectors of a line's last filters reach into the next line, and must not reach past the end of the tensor.
            float* own = copy + band.Floats;
            int count = lines * shape.Q * shape.K;
            new ReadOnlySpan<float>(dy, count).CopyTo(new Span<float>(own, count));
            new Span<float>(own + count, blockColumns).Clear();
            dy = own;
        }
        var way = new TileWay((TilePiece*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(pieces)), lines, shape.K);
        for (int index = 0; index < blocks.Length; index++)
        {
            DirectBlock block = blocks[index];
            float* b = dy + (block.Group * columns) + block.First;
            for (int run = 0; run < runs; run++)
            {
                (int r, int s) = runs == shape.R ? (run, 0) : Math.DivRem(run, shape.S);
                float* a = copy + ((nint)r * shape.DilationH * band.LineFloats) + (s * shape.DilationW * shape.C)
                    + (each ? block.First : block.Group * shape.GroupC);
                float* c = into + (((((nint)index * runs) + run) * runRows) * blockColumns);
                for (int row = 0; row < runLength;)
                {
                    int rows = runLength - row > RegisterTiles.ShortRows ? tiles.TallRows : RegisterTiles.ShortRows;
                    tiles.Run(rows, block.Vectors, way, a + (row * rowStep), b, c + ((nint)row * blockColumns), blockColumns, null, false);
                    row += rows;
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Collect(int index, int worker)
    {
        DirectBlock block = blocks[index];
        float* from = partials + ((nint)index * runs * runRows * blockColumns);
        float* to = result + ((((nint)block.Group * columns) + block.First) * shape.FilterSize);
        for (int run = 0; run < runs; run++)
        {
            for (int row = 0; row < runLength; row++)
            {
                float* line = from + ((((nint)run * runRows) + row) * blockColumns);
                for (int part = 1; part < parts; part++)
                {
                    float* other = line + (part * PartFloats);
                    for (int k = 0; k < blockColumns; k++) line[k] += other[k];
                }
                float* place = to + ((nint)run * runLength) + row;
                for (int k = 0; k < block.Count; k++) place[(nint)k * shape.FilterSize] = line[k];
            }
        }
    }
}
