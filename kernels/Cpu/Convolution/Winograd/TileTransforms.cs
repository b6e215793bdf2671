using System.Runtime.CompilerServices;
using Fovea.Ops;

namespace Fovea.Cpu.Convolution.Winograd;

/// <summary>
/// The transforms of tiles for one tile size and one vector width, each for as many neighbouring channels as a vector holds.
/// </summary>
/// <remarks>
/// Tiles of images and filters are given by tables with one address for each pixel or tap, so that what lies outside costs no
/// tests; transformed ones have their points, the "frequencies", at equal distances.
/// </remarks>
internal sealed unsafe class TileTransforms
{
    private TileTransforms(int outputs, int lanes)
    {
        (Outputs, Lanes) = (outputs, lanes);
    }

    /// <summary>Height and width of a tile of the output.</summary>
    public int Outputs { get; }

    /// <summary>Channels of a vector.</summary>
    public int Lanes { get; }

    /// <summary>Height and width of a transformed tile, and of the part of the input that a tile of the output sees.</summary>
    public int Points => Outputs + 2;

    /// <summary>Elements of a transformed tile: so many independent products there are.</summary>
    public int Frequencies => Points * Points;

    /// <summary>Floats that a transform uses in passing, at most.</summary>
    public int ScratchFloats => Frequencies * Lanes;

    /// <summary>Bᵀ d B: pixels' addresses, an offset to all of them, the first frequency and the distance to the next, scratch.</summary>
    public required delegate*<float**, nint, float*, nint, float*, void> Input { get; init; }

    /// <summary>G g Gᵀ.</summary>
    public required delegate*<float**, nint, float*, nint, float*, void> Filter { get; init; }

    /// <summary>A dy Aᵀ.</summary>
    public required delegate*<float**, nint, float*, nint, float*, void> OutputGradient { get; init; }

    /// <summary>
    /// Aᵀ m A + bias: the first frequency and the distance to the next, pixels' addresses, an offset to all of them, scratch, the
    /// bias, and the least value (NaN stays NaN).
    /// </summary>
    public required delegate*<float*, nint, float**, nint, float*, float*, float, void> Output { get; init; }

    /// <summary>Gᵀ m G, as <see cref="Output"/>.</summary>
    public required delegate*<float*, nint, float**, nint, float*, float*, float, void> FilterGradient { get; init; }

    /// <summary>Finds the transforms.</summary>
    /// <param name="outputs">Height and width of a tile of the output: 2 or 4.</param>
    /// <param name="level">Which vectors to use.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such tile.</exception>
    public static TileTransforms For(int outputs, SimdLevel level) => level switch
    {
        SimdLevel.Vector512 => For<Lanes512>(outputs),
        SimdLevel.Vector256 => For<Lanes256>(outputs),
        _ => For<Lanes128>(outputs),
    };

    private static TileTransforms For<T>(int outputs)
        where T : unmanaged, ILanes<T> => outputs switch
        {
            2 => Of<T, Input2x2, Filter2x2, Output2x2, OutputGradient2x2, FilterGradient2x2>(),
            4 => Of<T, Input4x4, Filter4x4, Output4x4, OutputGradient4x4, FilterGradient4x4>(),
            _ => throw new ArgumentOutOfRangeException(nameof(outputs), outputs, "Tiles of the output are 2×2 or 4×4."),
        };

    private static TileTransforms Of<T, TInput, TFilter, TOutput, TOutputGradient, TFilterGradient>()
        where T : unmanaged, ILanes<T>
        where TInput : struct, ITileMatrix
        where TFilter : struct, ITileMatrix
        where TOutput : struct, ITileMatrix
        where TOutputGradient : struct, ITileMatrix
        where TFilterGradient : struct, ITileMatrix => new(TOutput.Rows, T.Count)
        {
            Input = &ToFrequencies<T, TInput>,
            Filter = &ToFrequencies<T, TFilter>,
            OutputGradient = &ToFrequencies<T, TOutputGradient>,
            Output = &FromFrequencies<T, TOutput>,
            FilterGradient = &FromFrequencies<T, TFilterGradient>,
        };

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ToFrequencies<T, TMatrix>(float** pixels, nint offset, float* target, nint step, float* scratch)
        where T : unmanaged, ILanes<T>
        where TMatrix : struct, ITileMatrix
    {
        float* row = scratch;
        for (int i = 0; i < TMatrix.Columns; i++, pixels += TMatrix.Columns, row += TMatrix.Rows * T.Count)
        {
            T x2 = default, x3 = default, x4 = default, x5 = default;
            T x0 = T.Load(pixels[0] + offset), x1 = T.Load(pixels[1] + offset);
            if (TMatrix.Columns > 2) x2 = T.Load(pixels[2] + offset);
            if (TMatrix.Columns > 3) x3 = T.Load(pixels[3] + offset);
            if (TMatrix.Columns > 4) x4 = T.Load(pixels[4] + offset);
            if (TMatrix.Columns > 5) x5 = T.Load(pixels[5] + offset);
            TMatrix.Apply(x0, x1, x2, x3, x4, x5, out T y0, out T y1, out T y2, out T y3, out T y4, out T y5);
            y0.Store(row);
            y1.Store(row + T.Count);
            y2.Store(row + (2 * T.Count));
            y3.Store(row + (3 * T.Count));
            if (TMatrix.Rows > 4) y4.Store(row + (4 * T.Count));
            if (TMatrix.Rows > 5) y5.Store(row + (5 * T.Count));
        }
        nint line = TMatrix.Rows * T.Count, rowStep = TMatrix.Rows * step;
        float* column = scratch;
        for (int j = 0; j < TMatrix.Rows; j++, column += T.Count, target += step)
        {
            T x2 = default, x3 = default, x4 = default, x5 = default;
            T x0 = T.Load(column), x1 = T.Load(column + line);
            if (TMatrix.Columns > 2) x2 = T.Load(column + (2 * line));
            if (TMatrix.Columns > 3) x3 = T.Load(column + (3 * line));
            if (TMatrix.Columns > 4) x4 = T.Load(column + (4 * line));
            if (TMatrix.Columns > 5) x5 = T.Load(column + (5 * line));
            TMatrix.Apply(x0, x1, x2, x3, x4, x5, out T y0, out T y1, out T y2, out T y3, out T y4, out T y5);
            y0.Store(target);
            y1.Store(target + rowStep);
            y2.Store(target + (2 * rowStep));
            y3.Store(target + (3 * rowStep));
            if (TMatrix.Rows > 4) y4.Store(target + (4 * rowStep));
            if (TMatrix.Rows > 5) y5.Store(target + (5 * rowStep));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FromFrequencies<T, TMatrix>(
        float* source, nint step, float** pixels, nint offset, float* scratch, float* bias, float least)
        where T : unmanaged, ILanes<T>
        where TMatrix : struct, ITileMatrix
    {
        nint line = TMatrix.Columns * T.Count, rowStep = TMatrix.Columns * step;
        float* column = scratch;
        for (int j = 0; j < TMatrix.Columns; j++, column += T.Count, source += step)
        {
            T x4 = default, x5 = default;
            T x0 = T.Load(source), x1 = T.Load(source + rowStep), x2 = T.Load(source + (2 * rowStep)), x3 = T.Load(source + (3 * rowStep));
            if (TMatrix.Columns > 4) x4 = T.Load(source + (4 * rowStep));
            if (TMatrix.Columns > 5) x5 = T.Load(source + (5 * rowStep));
            TMatrix.Apply(x0, x1, x2, x3, x4, x5, out T y0, out T y1, out T y2, out T y3, out _, out _);
            y0.Store(column);
            y1.Store(column + line);
            if (TMatrix.Rows > 2) y2.Store(column + (2 * line));
            if (TMatrix.Rows > 3) y3.Store(column + (3 * line));
        }
        T add = T.Load(bias), floor = T.Create(least);
        float* row = scratch;
        for (int i = 0; i < TMatrix.Rows; i++, row += line, pixels += TMatrix.Rows)
        {
            T x4 = default, x5 = default;
            T x0 = T.Load(row), x1 = T.Load(row + T.Count), x2 = T.Load(row + (2 * T.Count)), x3 = T.Load(row + (3 * T.Count));
            if (TMatrix.Columns > 4) x4 = T.Load(row + (4 * T.Count));
            if (TMatrix.Columns > 5) x5 = T.Load(row + (5 * T.Count));
            TMatrix.Apply(x0, x1, x2, x3, x4, x5, out T y0, out T y1, out T y2, out T y3, out _, out _);
            T.AtLeast(floor, y0 + add).Store(pixels[0] + offset);
            T.AtLeast(floor, y1 + add).Store(pixels[1] + offset);
            if (TMatrix.Rows > 2) T.AtLeast(floor, y2 + add).Store(pixels[2] + offset);
            if (TMatrix.Rows > 3) T.AtLeast(floor, y3 + add).Store(pixels[3] + offset);
        }
    }
}
