using Fovea.Gpu.Mathematics;
using Fovea.Gpu.Product;
using Fovea.Ops;
using ILGPU;
using ILGPU.Runtime;

namespace Fovea.Gpu.Convolution;

/// <summary>The weights whose gradient one thread sums up: sizes that are known while compiling.</summary>
/// <param name="taps">Taps beside each other.</param>
/// <param name="channels">Neighbouring channels of the input: 1 to 4, and 1 if each filter sees its own.</param>
/// <param name="filters">Neighbouring filters: 1 to 4.</param>
public readonly struct DirectWeightTile(int taps, int channels, int filters)
{
    /// <summary>Taps beside each other.</summary>
    public readonly int Taps = taps;

    /// <summary>Neighbouring channels of the input.</summary>
    public readonly int Channels = channels;

    /// <summary>Neighbouring filters.</summary>
    public readonly int Filters = filters;
}

/// <summary>The sizes of a gradient of filters as its kernel takes them.</summary>
/// <param name="s">The forward convolution.</param>
/// <param name="tile">What a thread computes.</param>
/// <param name="isDepthwise">Whether each filter sees one channel, its own.</param>
/// <param name="part">Pixels of the output that a thread sums over.</param>
public readonly struct DirectWeightSizes(ConvolutionShape s, DirectWeightTile tile, bool isDepthwise, int part)
{
    internal readonly int H = s.H, W = s.W, C = s.C, P = s.P, Q = s.Q, K = s.K, R = s.R, S = s.S, GroupC = s.GroupC,
        Pixels = s.N * s.P * s.Q, Part = part;
    internal readonly int StrideH = s.StrideH, StrideW = s.StrideW, DilationH = s.DilationH, DilationW = s.DilationW, PadTop = s.PadTop,
        PadLeft = s.PadLeft;

    /// <summary>Filters of a group; all where each sees one channel, its own.</summary>
    internal readonly int GroupK = isDepthwise ? s.K : s.GroupK;

    /// <summary>Threads for the filters of a group.</summary>
    internal readonly int FilterTiles = ((isDepthwise ? s.K : s.GroupK) + tile.Filters - 1) / tile.Filters;

    /// <summary>Threads for all filters.</summary>
    internal readonly int Columns = (isDepthwise ? 1 : s.Groups) * (((isDepthwise ? s.K : s.GroupK) + tile.Filters - 1) / tile.Filters);

    /// <summary>Threads for the channels of a group.</summary>
    internal readonly int ChannelTiles = (s.GroupC + tile.Channels - 1) / tile.Channels;

    /// <summary>Threads for a row of taps.</summary>
    internal readonly int TapTiles = (s.S + tile.Taps - 1) / tile.Taps;

    /// <summary>Threads for a part of the pixels.</summary>
    public int Threads => Columns * ChannelTiles * TapTiles * R;
}

/// <summary>
/// The gradient of a convolution's filters as the sum is written: a thread holds the sums of some filters, taps and channels in
/// registers and goes over a part of the output's pixels. What the parts give is added by <see cref="SplitSum"/>.
/// </summary>
public static class DirectWeightGradient
{
    /// <summary>Four channels of the input are loaded as one.</summary>
    public const int VectorSource = TiledProduct.VectorA;

    /// <summary>Four channels of the output's gradient are loaded as one.</summary>
    public const int VectorGradient = TiledProduct.VectorB;

    /// <summary>Each filter sees one channel, its own; four of them are loaded as one.</summary>
    public const int Depthwise = DirectConvolution.Depthwise;

    /// <summary>No thread has filters or channels that are left over.</summary>
    public const int Whole = 64;

    /// <summary>No thread has taps that are left over.</summary>
    public const int WholeTaps = 128;

    /// <summary>
    /// Computes <see cref="DirectWeightTile.Filters"/> × <see cref="DirectWeightTile.Taps"/> × <see cref="DirectWeightTile.Channels"/> sums
    /// a thread.
    /// </summary>
    /// <param name="source">N×H×W×C.</param>
    /// <param name="gradient">The output's gradient, N×P×Q×K.</param>
    /// <param name="parts">Parts × K×R×S×(C/groups).</param>
    /// <param name="count">Threads that have something to do.</param>
    /// <param name="sizes">The sizes.</param>
    /// <param name="tapLanes"><see cref="DirectWeightTile.Taps"/>.</param>
    /// <param name="channelLanes"><see cref="DirectWeightTile.Channels"/>.</param>
    /// <param name="filterLanes"><see cref="DirectWeightTile.Filters"/>.</param>
    /// <param name="options"><see cref="VectorSource"/>, <see cref="VectorGradient"/>, <see cref="Depthwise"/>, <see cref="Whole"/>,
    /// <see cref="WholeTaps"/>.</param>
    public static void Sum(
        ArrayView<float> source, ArrayView<float> gradient, ArrayView<float> parts, int count, DirectWeightSizes sizes,
        SpecializedValue<int> tapLanes, SpecializedValue<int> channelLanes, SpecializedValue<int> filterLanes,
            SpecializedValue<int> options)
    {
        var tile = new DirectWeightTile(tapLanes, channelLanes, filterLanes);
        int index = Grid.GlobalIndex.X;
        if (index >= count) return;
        int rest = index / sizes.Columns, column = index - (rest * sizes.Columns), group = column / sizes.FilterTiles;
        int filter = (column - (group * sizes.FilterTiles)) * tile.Filters;
        int next = rest / sizes.ChannelTiles, channel = (rest - (next * sizes.ChannelTiles)) * tile.Channels;
        rest = next / sizes.TapTiles;
        int s = (next - (rest * sizes.TapTiles)) * tile.Taps, part = rest / sizes.R, r = rest - (part * sizes.R);

        int first = group * sizes.GroupK, read = (options & Depthwise) != 0 ? filter : (group * sizes.GroupC) + channel;
        int filters = (options & Whole) != 0 ? tile.Filters : sizes.GroupK - filter,
            channels = (options & Whole) != 0 ? tile.Channels : sizes.GroupC - channel;
        int offsetX = (s * sizes.DilationW) - sizes.PadLeft, offsetY = (r * sizes.DilationH) - sizes.PadTop,
            last = (tile.Taps - 1) * sizes.DilationW;
        ArrayView<float> sums = LocalMemory.Allocate<float>(tile.Filters * tile.Taps * tile.Channels);
        for (int i = 0; i < tile.Filters * tile.Taps * tile.Channels; i++) sums[i] = 0f;

        int pixel = part * sizes.Part, end = Math.Min(pixel + sizes.Part, sizes.Pixels);
        while (pixel < end)
        {
            int line = pixel / sizes.Q, q = pixel - (line * sizes.Q), image = line / sizes.P, run = Math.Min(sizes.Q - q, end - pixel);
            int y = ((line - (image * sizes.P)) * sizes.StrideH) + offsetY;
            if ((uint)y < (uint)sizes.H)
            {
                int x = (q * sizes.StrideW) + offsetX, place = (((((image * sizes.H) + y) * sizes.W) + x) * sizes.C) + read,
                    from = (pixel * sizes.K) + first + filter;
                for (int i = 0; i < run; i++)
                {
                    if (x >= 0 & x + last < sizes.W)
                        Add(source, gradient, place, from, x, filters, channels, sizes, tile, options, isInside: true, sums);
                    else Add(source, gradient, place, from, x, filters, channels, sizes, tile, options, isInside: false, sums);
                    x += sizes.StrideW;
                    place += sizes.StrideW * sizes.C;
                    from += sizes.K;
                }
            }
            pixel += run;
        }
        int taps = (options & WholeTaps) != 0 ? tile.Taps : sizes.S - s;
        Store(parts, ((((((part * sizes.K) + first + filter) * sizes.R) + r) * sizes.S) + s) * sizes.GroupC + channel, filters, taps,
            channels, sizes, tile, sums);
    }

    /// <summary>
    /// Adds a pixel's products to all sums. Of filters and channels that are left over it takes the last, and the sums are not stored.
    /// </summary>
    private static void Add(
        ArrayView<float> source, ArrayView<float> gradient, int place, int from, int x, int filters, int channels,
            in DirectWeightSizes sizes,
        in DirectWeightTile tile, int options, bool isInside, ArrayView<float> sums)
    {
        ArrayView<float> left = LocalMemory.Allocate<float>(4), right = LocalMemory.Allocate<float>(4);
        Load(gradient, from, left, tile.Filters, filters, (options & VectorGradient) != 0);
        for (int t = 0; t < tile.Taps; t++)
        {
            if (!(isInside || (uint)(x + (t * sizes.DilationW)) < (uint)sizes.W)) continue;
            int at = place + (t * sizes.DilationW * sizes.C);
            if ((options & Depthwise) != 0)
            {
                Load(source, at, right, 4, 4, isVector: true);
                for (int f = 0; f < 4; f++)
                    sums[(f * tile.Taps) + t] = KernelMath.FusedMultiplyAdd(left[f], right[f], sums[(f * tile.Taps) + t]);
                continue;
            }
            Load(source, at, right, tile.Channels, channels, (options & VectorSource) != 0);
            for (int f = 0; f < tile.Filters; f++)
            {
                for (int c = 0; c < tile.Channels; c++)
                {
                    int sum = (((f * tile.Taps) + t) * tile.Channels) + c;
                    sums[sum] = KernelMath.FusedMultiplyAdd(left[f], right[c], sums[sum]);
                }
            }
        }
    }

    private static void Load(ArrayView<float> data, int place, ArrayView<float> values, int count, int left, bool isVector)
    {
        if (isVector) DirectConvolution.LoadLanes(data, place, values, 0, 4);
        else for (int i = 0; i < count; i++) values[i] = data[place + Math.Min(i, left - 1)];
    }

    private static void Store(ArrayView<float> parts, int place, int filters, int taps, int channels, in DirectWeightSizes sizes,
        in DirectWeightTile tile, ArrayView<float> sums)
    {
        for (int f = 0; f < tile.Filters; f++)
        {
            for (int t = 0; t < tile.Taps; t++)
            {
                for (int c = 0; c < tile.Channels; c++)
                {
                    if (f < filters & t < taps & c < channels)
                        parts[place + (((f * sizes.R * sizes.S) + t) * sizes.GroupC) + c] =
                        sums[(((f * tile.Taps) + t) * tile.Channels) + c];
                }
            }
        }
    }
}
