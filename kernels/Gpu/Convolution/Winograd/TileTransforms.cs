using Fovea.Gpu.Mathematics;
using Fovea.Gpu.Product;
using Fovea.Ops;
using ILGPU;

namespace Fovea.Gpu.Convolution.Winograd;

/// <summary>
/// Tiles of images and filters to frequencies and back, one tile of one channel a thread. Neighbouring threads have neighbouring
/// channels; a frequency is a matrix of tiles or filters times channels, and those of all frequencies follow one another.
/// </summary>
internal static class TileTransforms
{
    private const int Taps = 3;

    // How far the rows of a tile in registers are apart: the most points there are.
    private const int Pitch = 6;

    /// <summary>Transforms tiles of images: Bᵀ d B of the input, A dy Aᵀ of the output's gradient.</summary>
    /// <typeparam name="TMatrix">The matrix that is applied from both sides.</typeparam>
    /// <param name="images">N×H×W×C.</param>
    /// <param name="frequencies">Frequencies × tiles × C.</param>
    /// <param name="count">Tiles · C.</param>
    /// <param name="sizes">The tiles.</param>
    public static void FromImages<TMatrix>(ArrayView<float> images, ArrayView<float> frequencies, int count, TileSizes sizes)
        where TMatrix : struct, ITileMatrix
    {
        int index = Grid.GlobalIndex.X;
        if (index >= count) return;
        int first = sizes.First(index, out int y, out int x, out _);
        ArrayView<float> tile = LocalMemory.Allocate<float>(Pitch * Pitch);
        for (int i = 0; i < TMatrix.Columns; i++)
        {
            for (int j = 0; j < TMatrix.Columns; j++)
            {
                tile[(i * Pitch) + j] = 0f;
                if ((uint)(y + i) < (uint)sizes.Height & (uint)(x + j) < (uint)sizes.Width)
                    tile[(i * Pitch) + j] = images[first + (((i * sizes.Width) + j) * sizes.Channels)];
            }
        }
        Transform<TMatrix>(tile);
        Scatter<TMatrix>(tile, frequencies, index, count);
    }

    /// <summary>Transforms back to tiles of images: Aᵀ m A, to which a bias is added.</summary>
    /// <typeparam name="TMatrix">The matrix that is applied from both sides.</typeparam>
    /// <param name="frequencies">Frequencies × tiles × C.</param>
    /// <param name="bias">C numbers.</param>
    /// <param name="images">N×H×W×C.</param>
    /// <param name="count">Tiles · C.</param>
    /// <param name="sizes">The tiles.</param>
    /// <param name="epilogue"><see cref="TiledProduct.Bias"/>, <see cref="TiledProduct.Relu"/>.</param>
    public static void ToImages<TMatrix>(
        ArrayView<float> frequencies, ArrayView<float> bias, ArrayView<float> images, int count, TileSizes sizes, int epilogue)
        where TMatrix : struct, ITileMatrix
    {
        int index = Grid.GlobalIndex.X;
        if (index >= count) return;
        ArrayView<float> tile = LocalMemory.Allocate<float>(Pitch * Pitch);
        for (int i = 0; i < TMatrix.Columns; i++)
        {
            for (int j = 0; j < TMatrix.Columns; j++) tile[(i * Pitch) + j] = frequencies[(((i * TMatrix.Columns) + j) * count) + index];
        }
        Transform<TMatrix>(tile);
        int first = sizes.First(index, out int y, out int x, out int channel);
        float offset = 0f;
        if ((epilogue & TiledProduct.Bias) != 0) offset = bias[channel];
        for (int i = 0; i < TMatrix.Rows; i++)
        {
            for (int j = 0; j < TMatrix.Rows; j++)
            {
                if ((uint)(y + i) < (uint)sizes.Height & (uint)(x + j) < (uint)sizes.Width)
                    images[first + (((i * sizes.Width) + j) * sizes.Channels)] =
                        TiledProduct.Finish(tile[(i * Pitch) + j], offset, epilogue);
            }
        }
    }

    /// <summary>Transforms filters: G g Gᵀ.</summary>
    /// <typeparam name="TMatrix">The matrix that is applied from both sides.</typeparam>
    /// <param name="weights">K×3×3×C.</param>
    /// <param name="frequencies">Frequencies × K × C.</param>
    /// <param name="count">K · C.</param>
    /// <param name="channels">C.</param>
    /// <param name="turn">1 to turn filters by half a circle first, else 0.</param>
    public static void FromFilters<TMatrix>(
        ArrayView<float> weights, ArrayView<float> frequencies, int count, int channels, int turn)
        where TMatrix : struct, ITileMatrix
    {
        int index = Grid.GlobalIndex.X;
        if (index >= count) return;
        int filter = index / channels, first = (filter * Taps * Taps * channels) + (index - (filter * channels));
        ArrayView<float> tile = LocalMemory.Allocate<float>(Pitch * Pitch);
        for (int i = 0; i < Taps; i++)
        {
            for (int j = 0; j < Taps; j++)
            {
                int tap = (i * Taps) + j;
                tile[(i * Pitch) + j] = weights[first + ((turn != 0 ? (Taps * Taps) - 1 - tap : tap) * channels)];
            }
        }
        Transform<TMatrix>(tile);
        Scatter<TMatrix>(tile, frequencies, index, count);
    }

    /// <summary>Transforms back to filters: Gᵀ m G of the sum of all parts, in their order.</summary>
    /// <typeparam name="TMatrix">The matrix that is applied from both sides.</typeparam>
    /// <param name="frequencies">Parts × frequencies × K × C.</param>
    /// <param name="weights">K×3×3×C.</param>
    /// <param name="count">K · C.</param>
    /// <param name="channels">C.</param>
    /// <param name="parts">How many parts there are.</param>
    public static void ToFilters<TMatrix>(ArrayView<float> frequencies, ArrayView<float> weights, int count, int channels, int parts)
        where TMatrix : struct, ITileMatrix
    {
        int index = Grid.GlobalIndex.X;
        if (index >= count) return;
        ArrayView<float> tile = LocalMemory.Allocate<float>(Pitch * Pitch);
        for (int i = 0; i < TMatrix.Columns; i++)
        {
            for (int j = 0; j < TMatrix.Columns; j++)
            {
                int place = (((i * TMatrix.Columns) + j) * count) + index;
                float sum = frequencies[place];
                for (int part = 1; part < parts; part++) sum += frequencies[(part * TMatrix.Columns * TMatrix.Columns * count) + place];
                tile[(i * Pitch) + j] = sum;
            }
        }
        Transform<TMatrix>(tile);
        int filter = index / channels, first = (filter * Taps * Taps * channels) + (index - (filter * channels));
        for (int i = 0; i < Taps; i++)
        {
            for (int j = 0; j < Taps; j++) weights[first + (((i * Taps) + j) * channels)] = tile[(i * Pitch) + j];
        }
    }

    /// <summary>Applies a matrix to the rows of a tile, and then to its columns.</summary>
    private static void Transform<TMatrix>(ArrayView<float> tile)
        where TMatrix : struct, ITileMatrix
    {
        for (int i = 0; i < TMatrix.Columns; i++) Apply<TMatrix>(tile, i * Pitch, 1);
        for (int j = 0; j < TMatrix.Rows; j++) Apply<TMatrix>(tile, j, Pitch);
    }

    private static void Apply<TMatrix>(ArrayView<float> tile, int first, int step)
        where TMatrix : struct, ITileMatrix
    {
        Scalar x2 = default, x3 = default, x4 = default, x5 = default;
        Scalar x0 = new(tile[first]), x1 = new(tile[first + step]);
        if (TMatrix.Columns > 2) x2 = new(tile[first + (2 * step)]);
        if (TMatrix.Columns > 3) x3 = new(tile[first + (3 * step)]);
        if (TMatrix.Columns > 4) x4 = new(tile[first + (4 * step)]);
        if (TMatrix.Columns > 5) x5 = new(tile[first + (5 * step)]);
        TMatrix.Apply(x0, x1, x2, x3, x4, x5, out Scalar y0, out Scalar y1, out Scalar y2, out Scalar y3, out Scalar y4, out Scalar y5);
        tile[first] = y0.Value;
        tile[first + step] = y1.Value;
        if (TMatrix.Rows > 2) tile[first + (2 * step)] = y2.Value;
        if (TMatrix.Rows > 3) tile[first + (3 * step)] = y3.Value;
        if (TMatrix.Rows > 4) tile[first + (4 * step)] = y4.Value;
        if (TMatrix.Rows > 5) tile[first + (5 * step)] = y5.Value;
    }

    private static void Scatter<TMatrix>(ArrayView<float> tile, ArrayView<float> frequencies, int index, int count)
        where TMatrix : struct, ITileMatrix
    {
        for (int i = 0; i < TMatrix.Rows; i++)
        {
            for (int j = 0; j < TMatrix.Rows; j++) frequencies[(((i * TMatrix.Rows) + j) * count) + index] = tile[(i * Pitch) + j];
        }
    }

    private readonly struct Scalar(float value) : ITransformed<Scalar>
    {
        public readonly float Value = value;

        public static Scalar Create(float value) => new(value);

        public static Scalar MultiplyAdd(Scalar factor, Scalar value, Scalar term) =>
            new(KernelMath.FusedMultiplyAdd(factor.Value, value.Value, term.Value));

        public static Scalar operator +(Scalar left, Scalar right) => new(left.Value + right.Value);

        public static Scalar operator -(Scalar left, Scalar right) => new(left.Value - right.Value);

        public static Scalar operator *(Scalar left, Scalar right) => new(left.Value * right.Value);
    }
}
