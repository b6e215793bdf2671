using Fovea.Gpu.Mathematics;
using Fovea.Gpu.Product;
using Fovea.Ops;
using ILGPU;
using ILGPU.Runtime;

namespace Fovea.Gpu.Convolution;

/// <summary>
/// Convolution as the sum is written, and likewise the gradient of its input: a thread holds the sums of some neighbouring pixels and
/// channels in registers and goes over the taps. Neighbouring threads have neighbouring channels.
/// </summary>
public static class DirectConvolution
{
    /// <summary>Four channels that are summed over are loaded as one.</summary>
    public const int VectorSource = TiledProduct.VectorA;

    /// <summary>Four channels of the result are stored as one.</summary>
    public const int VectorTarget = TiledProduct.VectorC;

    /// <summary>A bias per channel of the result is added.</summary>
    public const int Bias = TiledProduct.Bias;

    /// <summary>Negative results become 0.</summary>
    public const int Relu = TiledProduct.Relu;

    /// <summary>Each channel of the result sees one channel, its own.</summary>
    public const int Depthwise = 32;

    /// <summary>Each row of taps begins sums of its own, for rounding errors grow with the length of a sum.</summary>
    public const int Rows = 64;

    /// <summary>Threads of a group, of as many as a device has in one: fewer than usual, for they have many registers.</summary>
    public static int Threads(int usual) => Math.Min(128, usual);

    /// <summary>
    /// Brings weights to the order taps × channels that are summed over × columns, with zeros in columns that are left over.
    /// </summary>
    /// <param name="weights">K×R×S×(C/groups).</param>
    /// <param name="arranged">The result.</param>
    /// <param name="count">How many elements it has.</param>
    /// <param name="taps">R·S.</param>
    /// <param name="columns">The order of columns.</param>
    /// <param name="lanes">Channels of a thread.</param>
    /// <param name="backwards">1 if filters are summed over, 0 if channels.</param>
    public static void Arrange(
        ArrayView<float> weights, ArrayView<float> arranged, int count, int taps, DirectColumns columns, int lanes, int backwards)
    {
        int index = Grid.GlobalIndex.X;
        if (index >= count) return;
        int line = index / columns.Pitch, place = index - (line * columns.Pitch), tap = line / columns.Depth,
            source = line - (tap * columns.Depth);
        int padded = columns.Across * lanes, group = place / padded, channel = place - (group * padded);
        float value = 0f;
        if (channel < columns.Channels)
        {
            int from = backwards != 0
                ? (((((group * columns.Depth) + source) * taps) + tap) * columns.Channels) + channel
                : (((((group * columns.Channels) + channel) * taps) + tap) * columns.Depth) + source;
            value = weights[from];
        }
        arranged[index] = value;
    }

    /// <summary>Computes <see cref="DirectTile.Pixels"/> × <see cref="DirectTile.Lanes"/> numbers a thread.</summary>
    /// <param name="source">Images whose patches are summed over.</param>
    /// <param name="weights">Arranged weights.</param>
    /// <param name="bias">A number per channel of the result.</param>
    /// <param name="target">The result.</param>
    /// <param name="count">Threads that have something to do.</param>
    /// <param name="grid">The patches, one for each pixel of the result.</param>
    /// <param name="columns">The channels.</param>
    /// <param name="places">The taps' weights and the pixels' results.</param>
    /// <param name="epilogue"><see cref="Bias"/>, <see cref="Relu"/>.</param>
    /// <param name="pixels"><see cref="DirectTile.Pixels"/>.</param>
    /// <param name="lanes"><see cref="DirectTile.Lanes"/>.</param>
    /// <param name="options"><see cref="VectorSource"/>, <see cref="VectorTarget"/>, <see cref="Depthwise"/>, <see cref="Rows"/>.</param>
    public static void Slide(
        ArrayView<float> source, ArrayView<float> weights, ArrayView<float> bias, ArrayView<float> target,
        int count, PatchGrid grid, DirectColumns columns, DirectPlaces places, int epilogue,
        SpecializedValue<int> pixels, SpecializedValue<int> lanes, SpecializedValue<int> options)
    {
        var tile = new DirectTile(pixels, lanes);
        int index = Grid.GlobalIndex.X;
        if (index >= count) return;
        int run = index / columns.Count, column = index - (run * columns.Count), group = column / columns.Across;
        int across = (grid.GridWidth + tile.Pixels - 1) / tile.Pixels, line = run / across, image = line / grid.GridHeight;
        int pixelY = line - (image * grid.GridHeight), pixelX = (run - (line * across)) * tile.Pixels;
        int y = (pixelY * grid.StepY) + grid.OffsetY, x = (pixelX * grid.StepX) + grid.OffsetX, last = (tile.Pixels - 1) * grid.StepX;
        int channel = (column - (group * columns.Across)) * tile.Lanes;
        int first = (image * grid.Height * grid.Width * grid.PixelStride) + ((options & Depthwise) != 0 ? channel : group * columns.Depth);

        ArrayView<float> sums = LocalMemory.Allocate<float>(tile.Pixels * tile.Lanes),
            row = LocalMemory.Allocate<float>(tile.Pixels * tile.Lanes);
        for (int i = 0; i < tile.Pixels * tile.Lanes; i++)
        {
            sums[i] = 0f;
            row[i] = 0f;
        }
        for (int i = 0; i < grid.TapsY; i++)
        {
            int tapY = y + (i * grid.TapStepY);
            if ((uint)tapY >= (uint)grid.Height) continue;
            int tap = places.Tap + (i * places.TapStepY) + (column * tile.Lanes), tapX = x;
            for (int j = 0; j < grid.TapsX; j++)
            {
                int place = first + (((tapY * grid.Width) + tapX) * grid.PixelStride);
                // Most taps lie in the image for all pixels.
                if (tapX >= 0 & tapX + last < grid.Width)
                    Add(source, weights, place, tap, tapX, grid, columns, tile, options, isInside: true, row);
                else Add(source, weights, place, tap, tapX, grid, columns, tile, options, isInside: false, row);
                tap += places.TapStepX;
                tapX += grid.TapStepX;
            }
            if ((options & Rows) == 0) continue;
            for (int e = 0; e < tile.Pixels * tile.Lanes; e++)
            {
                sums[e] += row[e];
                row[e] = 0f;
            }
        }
        int result = places.Target + (image * places.ImageStep) + (pixelY * places.RowStep) + (pixelX * places.PixelStep)
            + (group * columns.Channels) + channel;
        Store(bias, target, result, (group * columns.Channels) + channel, columns.Channels - channel, grid.GridWidth - pixelX,
            places.PixelStep, tile, options, epilogue, (options & Rows) != 0 ? sums : row);
    }

    /// <summary>Adds a tap's products to all sums.</summary>
    private static void Add(
        ArrayView<float> source, ArrayView<float> weights, int place, int tap, int x, in PatchGrid grid, in DirectColumns columns,
        in DirectTile tile, int options, bool isInside, ArrayView<float> sums)
    {
        int step = grid.StepX * grid.PixelStride;
        if ((options & Depthwise) != 0)
        {
            Float4 w = weights.SubView(tap).AsAligned(16).Cast<Float4>()[0];
            for (int t = 0; t < tile.Pixels; t++)
            {
                if (isInside || (uint)(x + (t * grid.StepX)) < (uint)grid.Width)
                    AddEach(source.SubView(place + (t * step)).AsAligned(16).Cast<Float4>()[0], w, sums, 4 * t);
            }
        }
        else if ((options & VectorSource) != 0)
        {
            ArrayView<float> four = LocalMemory.Allocate<float>(16);
            for (int c = 0; c < columns.Depth; c += 4)
            {
                for (int e = 0; e < 4; e++) LoadLanes(weights, tap + ((c + e) * columns.Pitch), four, 4 * e, tile.Lanes);
                for (int t = 0; t < tile.Pixels; t++)
                {
                    if (!(isInside || (uint)(x + (t * grid.StepX)) < (uint)grid.Width)) continue;
                    Float4 value = source.SubView(place + c + (t * step)).AsAligned(16).Cast<Float4>()[0];
                    AddLanes(value.X, four, 0, sums, t, tile.Lanes);
                    AddLanes(value.Y, four, 4, sums, t, tile.Lanes);
                    AddLanes(value.Z, four, 8, sums, t, tile.Lanes);
                    AddLanes(value.W, four, 12, sums, t, tile.Lanes);
                }
            }
        }
        else
        {
            ArrayView<float> lane = LocalMemory.Allocate<float>(4);
            for (int c = 0; c < columns.Depth; c++)
            {
                LoadLanes(weights, tap + (c * columns.Pitch), lane, 0, tile.Lanes);
                for (int t = 0; t < tile.Pixels; t++)
                {
                    if (isInside || (uint)(x + (t * grid.StepX)) < (uint)grid.Width)
                        AddLanes(source[place + c + (t * step)], lane, 0, sums, t, tile.Lanes);
                }
            }
        }
    }

    private static void AddEach(Float4 value, Float4 weight, ArrayView<float> sums, int first)
    {
        sums[first] = KernelMath.FusedMultiplyAdd(value.X, weight.X, sums[first]);
        sums[first + 1] = KernelMath.FusedMultiplyAdd(value.Y, weight.Y, sums[first + 1]);
        sums[first + 2] = KernelMath.FusedMultiplyAdd(value.Z, weight.Z, sums[first + 2]);
        sums[first + 3] = KernelMath.FusedMultiplyAdd(value.W, weight.W, sums[first + 3]);
    }

    private static void AddLanes(float value, ArrayView<float> weights, int first, ArrayView<float> sums, int pixel, int lanes)
    {
        for (int l = 0; l < lanes; l++)
            sums[(pixel * lanes) + l] = KernelMath.FusedMultiplyAdd(value, weights[first + l], sums[(pixel * lanes) + l]);
    }

    /// <summary>Loads as many neighbours as there are lanes.</summary>
    internal static void LoadLanes(ArrayView<float> data, int place, ArrayView<float> values, int first, int lanes)
    {
        if (lanes == 4)
        {
            Float4 four = data.SubView(place).AsAligned(16).Cast<Float4>()[0];
            values[first] = four.X;
            values[first + 1] = four.Y;
            values[first + 2] = four.Z;
            values[first + 3] = four.W;
        }
        else
        {
            for (int l = 0; l < lanes; l++) values[first + l] = data[place + l];
        }
    }

    private static void Store(
        ArrayView<float> bias, ArrayView<float> target, int place, int channel, int channels, int pixels, int step, in DirectTile tile,
            int options, int epilogue, ArrayView<float> sums)
    {
        ArrayView<float> offsets = LocalMemory.Allocate<float>(4);
        for (int l = 0; l < tile.Lanes; l++)
        {
            offsets[l] = 0f;
            if ((epilogue & Bias) != 0 && l < channels) offsets[l] = bias[channel + l];
        }
        for (int t = 0; t < tile.Pixels; t++)
        {
            if (t >= pixels) continue;
            for (int l = 0; l < tile.Lanes; l++)
                sums[(t * tile.Lanes) + l] = TiledProduct.Finish(sums[(t * tile.Lanes) + l], offsets[l], epilogue);
            if ((options & VectorTarget) != 0)
            {
                target.SubView(place + (t * step)).AsAligned(16)
                    .Cast<Float4>()[0] = new Float4(sums[4 * t], sums[(4 * t) + 1], sums[(4 * t) + 2], sums[(4 * t) + 3]);
                continue;
            }
            for (int l = 0; l < tile.Lanes; l++)
            {
                if (l < channels) target[place + (t * step) + l] = sums[(t * tile.Lanes) + l];
            }
        }
    }
}
