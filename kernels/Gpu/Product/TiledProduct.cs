using Fovea.Gpu.Devices.Operations;
using Fovea.Gpu.Mathematics;
using ILGPU;
using ILGPU.Runtime;

namespace Fovea.Gpu.Product;

/// <summary>The sizes of a product for its kernel.</summary>
/// <param name="rows">Rows of the result.</param>
/// <param name="columns">Columns of the result.</param>
/// <param name="depth">The length of the sums.</param>
/// <param name="splitDepth">How much of the sums one split takes; a multiple of every tile's depth where there are several.</param>
/// <param name="tileRows">Rows of a tile.</param>
/// <param name="tileColumns">Columns of a tile.</param>
public readonly struct ProductSizes(int rows, int columns, int depth, int splitDepth, int tileRows, int tileColumns)
{
    /// <summary>Rows of the result.</summary>
    public readonly int Rows = rows;

    /// <summary>Columns of the result.</summary>
    public readonly int Columns = columns;

    /// <summary>The length of the sums.</summary>
    public readonly int Depth = depth;

    /// <summary>How much of the sums one split takes.</summary>
    public readonly int SplitDepth = splitDepth;

    /// <summary>Tiles side by side.</summary>
    public readonly int TilesAcross = ((columns - 1) / tileColumns) + 1;

    /// <summary>Tiles of one group.</summary>
    public readonly int Tiles = (((rows - 1) / tileRows) + 1) * (((columns - 1) / tileColumns) + 1);
}

/// <summary>
/// The product under matrix multiplication and every convolution pass: each group computes a tile of the result, each thread a
/// part of it in registers, from parts of the operands that the group fetches to shared memory while it works on those before.
/// </summary>
public static class TiledProduct
{
    /// <summary>Quads of A are loaded as one.</summary>
    public const int VectorA = 1;

    /// <summary>Quads of B are loaded as one.</summary>
    public const int VectorB = 2;

    /// <summary>Quads of the result are stored as one.</summary>
    public const int VectorC = 4;

    /// <summary>A bias per column is added.</summary>
    public const int Bias = 8;

    /// <summary>Negative results become 0.</summary>
    public const int Relu = 16;

    // Keeps rows on 16-byte boundaries, and transposing stores out of each other's banks.
    private const int Padding = 4;

    // What operands may remember: 3 numbers for each of 4 quads, and 3 for each of a quad's elements.
    private const int Places = 32;

    private const int Later = 4;

    /// <summary>Threads of a group.</summary>
    public static int Threads<TTile>()
        where TTile : struct, ITile => TTile.Rows / TTile.ThreadRows * (TTile.Columns / TTile.ThreadColumns);

    /// <summary>Shared memory of a group in bytes.</summary>
    public static int SharedBytes<TTile>()
        where TTile : struct, ITile => ((2 * TTile.Depth * (TTile.Rows + TTile.Columns + (2 * Padding))) + Later) * sizeof(float);

    /// <summary>Computes A·B. Groups along x are the tiles of all independent products, groups along y the parts of the sum.</summary>
    /// <typeparam name="TTile">The sizes of tiles.</typeparam>
    /// <typeparam name="TA">What A is.</typeparam>
    /// <typeparam name="TB">What B is.</typeparam>
    /// <typeparam name="TTarget">Where the result goes.</typeparam>
    /// <param name="a">A's memory.</param>
    /// <param name="b">B's memory.</param>
    /// <param name="bias">One number per column and group.</param>
    /// <param name="c">The result's memory.</param>
    /// <param name="left">Where A's elements are.</param>
    /// <param name="right">Where B's elements are.</param>
    /// <param name="target">Where the result's rows are.</param>
    /// <param name="sizes">The sizes.</param>
    /// <param name="epilogue"><see cref="Bias"/>, <see cref="Relu"/>.</param>
    /// <param name="vectors"><see cref="VectorA"/>, <see cref="VectorB"/>, <see cref="VectorC"/>.</param>
    public static void Multiply<TTile, TA, TB, TTarget>(
        ArrayView<float> a, ArrayView<float> b, ArrayView<float> bias, ArrayView<float> c,
        TA left, TB right, TTarget target, ProductSizes sizes, int epilogue, SpecializedValue<int> vectors)
        where TTile : struct, ITile
        where TA : unmanaged, IOperand
        where TB : unmanaged, IOperand
        where TTarget : unmanaged, ITarget
    {
        int group = Grid.IdxX / sizes.Tiles, tile = Grid.IdxX - (group * sizes.Tiles), split = Grid.IdxY;
        int tileRow = tile / sizes.TilesAcross, row = tileRow * TTile.Rows, column = (tile - (tileRow * sizes.TilesAcross)) * TTile.Columns;
        int first = split * sizes.SplitDepth, rest = Math.Min(sizes.SplitDepth, sizes.Depth - first);

        int pitchA = TTile.Rows + Padding, pitchB = TTile.Columns + Padding, stage = TTile.Depth * (pitchA + pitchB);
        // Two stages, each with A's part and B's behind it.
        ArrayView<float> shared = SharedMemory.Allocate<float>(2 * TTile.Depth * (TTile.Rows + TTile.Columns + (2 * Padding)));
        ArrayView<float> sums = LocalMemory.Allocate<float>(TTile.ThreadRows * TTile.ThreadColumns);
        ArrayView<float> x = LocalMemory.Allocate<float>(TTile.ThreadRows), y = LocalMemory.Allocate<float>(TTile.ThreadColumns);
        ArrayView<float> valuesA = LocalMemory.Allocate<float>(TTile.Rows * TTile.Depth / Threads<TTile>());
        ArrayView<float> valuesB = LocalMemory.Allocate<float>(TTile.Columns * TTile.Depth / Threads<TTile>());
        ArrayView<int> placesA = LocalMemory.Allocate<int>(Places), placesB = LocalMemory.Allocate<int>(Places);
        for (int i = 0; i < TTile.ThreadRows * TTile.ThreadColumns; i++) sums[i] = 0f;

        int thread = Group.IdxX;
        // What the store needs is kept in shared memory meanwhile, to free registers.
        ArrayView<int> later = SharedMemory.Allocate<int>(Later);
        if (thread == 0)
        {
            later[0] = row;
            later[1] = column;
            later[2] = group;
        }
        int across = Across<TTile>(thread), down = Down<TTile>(thread);
        Quads quadsA = Quads.Of(thread, Threads<TTile>(), TTile.Rows, TTile.Depth, TA.AlongDepth);
        Quads quadsB = Quads.Of(thread, Threads<TTile>(), TTile.Columns, TTile.Depth, TB.AlongDepth);
        left.Start(quadsA, row, first, group, placesA, (vectors & VectorA) != 0);
        right.Start(quadsB, column, first, group, placesB, (vectors & VectorB) != 0);
        left.Fetch(quadsA, a, rest, TTile.Depth, placesA, valuesA, (vectors & VectorA) != 0);
        right.Fetch(quadsB, b, rest, TTile.Depth, placesB, valuesB, (vectors & VectorB) != 0);

        // Views at the thread's place: what is added to them is constant, so an access is a register and an offset.
        ArrayView<float> writeA = shared.SubView((quadsA.Depth * pitchA) + quadsA.Outer);
        ArrayView<float> writeB = shared.SubView((TTile.Depth * pitchA) + (quadsB.Depth * pitchB) + quadsB.Outer);
        ArrayView<Float4> readA = shared.Cast<Float4>().SubView(down),
            readB = shared.Cast<Float4>().SubView((TTile.Depth * pitchA / 4) + across);
        Share(writeA, quadsA, pitchA, valuesA, TA.AlongDepth);
        Share(writeB, quadsB, pitchB, valuesB, TB.AlongDepth);
        KernelGroup.Barrier();

        // What lies past the end is fetched as zeros, so the last turn is like the others. Two turns are written out: the stages'
        // places are constants then.
        while (rest > 0)
        {
            rest -= TTile.Depth;
            left.Fetch(quadsA, a, rest, TTile.Depth, placesA, valuesA, (vectors & VectorA) != 0);
            Accumulate<TTile>(readA, readB, 0, x, y, sums);
            Share(writeA.SubView(stage), quadsA, pitchA, valuesA, TA.AlongDepth);
            right.Fetch(quadsB, b, rest, TTile.Depth, placesB, valuesB, (vectors & VectorB) != 0);
            Accumulate<TTile>(readA, readB, TTile.Depth / 2, x, y, sums);
            Share(writeB.SubView(stage), quadsB, pitchB, valuesB, TB.AlongDepth);
            KernelGroup.Barrier();
            rest -= TTile.Depth;
            left.Fetch(quadsA, a, rest, TTile.Depth, placesA, valuesA, (vectors & VectorA) != 0);
            Accumulate<TTile>(readA.SubView(stage / 4), readB.SubView(stage / 4), 0, x, y, sums);
            Share(writeA, quadsA, pitchA, valuesA, TA.AlongDepth);
            right.Fetch(quadsB, b, rest, TTile.Depth, placesB, valuesB, (vectors & VectorB) != 0);
            Accumulate<TTile>(readA.SubView(stage / 4), readB.SubView(stage / 4), TTile.Depth / 2, x, y, sums);
            Share(writeB, quadsB, pitchB, valuesB, TB.AlongDepth);
            KernelGroup.Barrier();
        }
        Store<TTile, TTarget>(c, bias, target, sizes, later[0] + (4 * down), later[1] + (4 * across), later[2], Grid.IdxY, sums, y,
            epilogue, (vectors & VectorC) != 0);
    }

    // A warp's threads stand 8 across and 4 down, which needs fewer different words from shared memory than 32 in a row.
    private static int Across<TTile>(int thread)
        where TTile : struct, ITile
    {
        int width = TTile.Columns / TTile.ThreadColumns;
        return width % 8 == 0 && TTile.Rows / TTile.ThreadRows % 4 == 0 ? (thread / 32 % (width / 8) * 8) + (thread % 8) : thread % width;
    }

    private static int Down<TTile>(int thread)
        where TTile : struct, ITile
    {
        int width = TTile.Columns / TTile.ThreadColumns;
        return width % 8 == 0
            && TTile.Rows / TTile.ThreadRows % 4 == 0 ? (thread / 32 / (width / 8) * 4) + (thread / 8 % 4) : thread / width;
    }

    /// <summary>Brings fetched quads to shared memory, where neighbouring outers lie side by side.</summary>
    private static void Share(ArrayView<float> shared, in Quads quads, int pitch, ArrayView<float> values, bool alongDepth)
    {
        for (int q = 0; q < quads.Count; q++)
        {
            int step = q * ((quads.DepthStep * pitch) + quads.OuterStep);
            if (alongDepth)
            {
                for (int i = 0; i < 4; i++) shared[step + (i * pitch)] = values[(4 * q) + i];
            }
            else
            {
                shared.AsAligned(16)
                    .Cast<Float4>()[step / 4] = new Float4(values[4 * q], values[(4 * q) + 1], values[(4 * q) + 2], values[(4 * q) + 3]);
            }
        }
    }

    private static void Accumulate<TTile>(
        ArrayView<Float4> a, ArrayView<Float4> b, int from, ArrayView<float> x, ArrayView<float> y, ArrayView<float> sums)
        where TTile : struct, ITile
    {
        int pitchA = (TTile.Rows + Padding) / 4, pitchB = (TTile.Columns + Padding) / 4;
        for (int k = 0; k < TTile.Depth / 2; k++)
        {
            // A thread's rows and columns are runs of 4, spread over the tile so that neighbours read neighbouring words.
            for (int j = 0; j < TTile.ThreadColumns / 4; j++)
                Unpack(b[((from + k) * pitchB) + (j * (TTile.Columns / TTile.ThreadColumns))], y, 4 * j);
            for (int i = 0; i < TTile.ThreadRows / 4; i++)
                Unpack(a[((from + k) * pitchA) + (i * (TTile.Rows / TTile.ThreadRows))], x, 4 * i);
            for (int i = 0; i < TTile.ThreadRows; i++)
            {
                for (int j = 0; j < TTile.ThreadColumns; j++)
                    sums[(i * TTile.ThreadColumns) + j] = KernelMath.FusedMultiplyAdd(x[i], y[j], sums[(i * TTile.ThreadColumns) + j]);
            }
        }
    }

    private static void Unpack(Float4 four, ArrayView<float> registers, int start)
    {
        registers[start] = four.X;
        registers[start + 1] = four.Y;
        registers[start + 2] = four.Z;
        registers[start + 3] = four.W;
    }

    private static void Store<TTile, TTarget>(
        ArrayView<float> c, ArrayView<float> bias, TTarget target, ProductSizes sizes, int row, int column, int group, int split,
        ArrayView<float> sums, ArrayView<float> y, int epilogue, bool vector)
        where TTile : struct, ITile
        where TTarget : unmanaged, ITarget
    {
        int width = TTile.ThreadColumns;
        for (int j = 0; j < width; j++)
        {
            int place = column + (j / 4 * (TTile.Columns / width * 4)) + (j % 4);
            y[j] = 0f;
            if ((epilogue & Bias) != 0 && (uint)place < (uint)sizes.Columns) y[j] = bias[(group * sizes.Columns) + place];
        }
        for (int i = 0; i < TTile.ThreadRows; i++)
        {
            int r = row + (i / 4 * (TTile.Rows / TTile.ThreadRows * 4)) + (i % 4);
            if ((uint)r >= (uint)sizes.Rows) continue;
            int start = target.Row(r, group, split);
            for (int j = 0; j < width; j++) sums[(i * width) + j] = Finish(sums[(i * width) + j], y[j], epilogue);
            for (int j = 0; j < width; j += 4)
            {
                int place = column + (j * (TTile.Columns / width));
                if (vector)
                {
                    if ((uint)place < (uint)sizes.Columns)
                        c.SubView(start + place).AsAligned(16)
                            .Cast<Float4>()[0] = new Float4(sums[(i * width) + j], sums[(i * width) + j + 1], sums[(i * width) + j + 2],
                            sums[(i * width) + j + 3]);
                    continue;
                }
                for (int e = 0; e < 4; e++)
                {
                    if ((uint)(place + e) < (uint)sizes.Columns) c[start + place + e] = sums[(i * width) + j + e];
                }
            }
        }
    }

    /// <summary>Adds a bias and applies the rectifier, which lets NaN pass.</summary>
    internal static float Finish(float sum, float bias, int epilogue)
    {
        if ((epilogue & Bias) != 0) sum += bias;
        if ((epilogue & Relu) != 0 && sum < 0f) sum = 0f;
        return sum;
    }
}
