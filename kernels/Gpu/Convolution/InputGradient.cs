using Fovea.Gpu.Product;
using Fovea.Ops;
using ILGPU;

namespace Fovea.Gpu.Convolution;

/// <summary>Filters as they act backwards: taps and filters are summed over, input channels are the columns.</summary>
/// <param name="channels">Input channels of a group.</param>
/// <param name="filters">Filters of a group.</param>
/// <param name="filterSize">Weights of a filter.</param>
/// <param name="tapsX">Taps beside each other.</param>
/// <param name="start">Where the first tap lies in a filter.</param>
/// <param name="stepY">How far taps below each other are apart in a filter.</param>
/// <param name="stepX">How far taps beside each other are apart in a filter.</param>
public struct BackwardFilters(int channels, int filters, int filterSize, int tapsX, int start, int stepY, int stepX) : IOperand
{
    // Where in memory the next quad begins, its tap beside others, and its filter; then the channels.
    private const int Channel = 3;

    private readonly int channels = channels, filterSize = filterSize, groupStep = filters * filterSize, start = start, stepY = stepY,
        stepX = stepX;
    private Odometer taps = new(filters, tapsX);
    private int advance, carryFilter, carryTap;

    /// <inheritdoc/>
    public static bool AlongDepth => false;

    /// <inheritdoc/>
    public static bool IsCrowded(bool vector) => false;

    /// <inheritdoc/>
    public void Prepare(int step)
    {
        taps.Prepare(step);
        (advance, carryFilter, carryTap) = taps.Distances(stepY, stepX, filterSize);
    }

    /// <inheritdoc/>
    public readonly void Start(in Quads quads, int outer, int depth, int group, ArrayView<int> places, bool vector)
    {
        int first = (group * groupStep) + start, channel = vector ? Quads.ClampQuad(outer + quads.Outer, channels) : 0;
        if (!vector) for (int e = 0; e < 4; e++) places[Channel + e] = Quads.Clamp(outer + quads.Outer + e, channels);
        taps.Seek(depth + quads.Depth, out int i, out places[1], out places[2]);
        places[0] = first + channel + (i * stepY) + (places[1] * stepX) + (places[2] * filterSize);
    }

    /// <inheritdoc/>
    public readonly void Fetch(
        in Quads quads, ArrayView<float> data, int rest, int tileDepth, ArrayView<int> places, ArrayView<float> values, bool vector)
    {
        for (int q = 0; q < quads.Count; q++)
        {
            Quads.Clear(values, q);
            if (quads.Depth + (q * quads.DepthStep) < rest)
            {
                if (vector) Quads.Load(data, places[0], values, q);
                else for (int e = 0; e < 4; e++) values[(4 * q) + e] = data[places[0] + places[Channel + e]];
            }
            taps.Move(ref places[0], ref places[1], ref places[2], advance, carryTap, carryFilter);
        }
    }
}

/// <summary>The pixels of an image at one position modulo a stride, as rows of a product.</summary>
/// <param name="height">Height of the image.</param>
/// <param name="width">Width of the image.</param>
/// <param name="channels">Channels of the image.</param>
/// <param name="groupChannels">Channels of a group: the columns.</param>
/// <param name="gridHeight">Pixels of the phase below each other.</param>
/// <param name="gridWidth">Pixels of the phase beside each other.</param>
/// <param name="strideH">The vertical stride.</param>
/// <param name="strideW">The horizontal stride.</param>
/// <param name="y">The first pixel's row.</param>
/// <param name="x">The first pixel's column.</param>
public readonly struct PhaseTarget(
    int height, int width, int channels, int groupChannels, int gridHeight, int gridWidth, int strideH, int strideW, int y, int x) : ITarget
{
    private readonly int height = height, width = width, channels = channels, groupChannels = groupChannels;
    private readonly int gridHeight = gridHeight, gridWidth = gridWidth, strideH = strideH, strideW = strideW, first = (y * width) + x;

    /// <inheritdoc/>
    public int Row(int row, int group, int split)
    {
        int line = row / gridWidth, image = line / gridHeight;
        int pixel = ((((image * height) + ((line - (image * gridHeight)) * strideH)) * width) + ((row - (line * gridWidth)) * strideW))
            + first;
        return (pixel * channels) + (group * groupChannels);
    }
}

/// <summary>
/// The gradient of a convolution's input at the pixels of one position modulo the stride: a dense product of patches of the
/// output's gradient with the taps that reach these pixels.
/// </summary>
/// <param name="Patches">Patches of the output's gradient.</param>
/// <param name="Filters">The filters' taps, in the order in which the patches have them.</param>
/// <param name="Target">The pixels.</param>
/// <param name="Y">The first pixel's row.</param>
/// <param name="X">The first pixel's column.</param>
public sealed record InputGradientPhase(PatchGrid Patches, BackwardFilters Filters, PhaseTarget Target, int Y, int X)
{
    /// <summary>Where a direct convolution finds the taps and puts the pixels.</summary>
    /// <param name="shape">The forward convolution.</param>
    /// <param name="tapSize">How far the filters' taps are apart.</param>
    public DirectPlaces Places(ConvolutionShape shape, int tapSize)
    {
        PhaseTaps vertical = PhaseTaps.Of(Y, shape.R, shape.StrideH, shape.PadTop, shape.DilationH),
            horizontal = PhaseTaps.Of(X, shape.S, shape.StrideW, shape.PadLeft, shape.DilationW);
        return new DirectPlaces
        {
            Tap = ((vertical.First * shape.S) + horizontal.First) * tapSize,
            TapStepY = vertical.Step * shape.S * tapSize,
            TapStepX = horizontal.Step * tapSize,
            Target = ((Y * shape.W) + X) * shape.C,
            ImageStep = shape.H * shape.W * shape.C,
            RowStep = shape.StrideH * shape.W * shape.C,
            PixelStep = shape.StrideW * shape.C,
        };
    }

    /// <summary>The phases that some tap reaches. The gradient of all other pixels is 0.</summary>
    /// <param name="shape">The forward convolution.</param>
    public static IReadOnlyList<InputGradientPhase> Of(ConvolutionShape shape)
    {
        var phases = new List<InputGradientPhase>();
        for (int y = 0; y < Math.Min(shape.StrideH, shape.H); y++)
        {
            PhaseTaps vertical = PhaseTaps.Of(y, shape.R, shape.StrideH, shape.PadTop, shape.DilationH);
            for (int x = 0; x < Math.Min(shape.StrideW, shape.W); x++)
            {
                PhaseTaps horizontal = PhaseTaps.Of(x, shape.S, shape.StrideW, shape.PadLeft, shape.DilationW);
                if (vertical.Count > 0 && horizontal.Count > 0) phases.Add(Phase(shape, y, x, vertical, horizontal));
            }
        }
        return phases;
    }

    private static InputGradientPhase Phase(ConvolutionShape shape, int y, int x, PhaseTaps vertical, PhaseTaps horizontal)
    {
        int row = shape.S * shape.GroupC;
        PatchGrid patches = PatchGrid.OfOutputGradient(shape, y, x, vertical, horizontal);
        var filters = new BackwardFilters(shape.GroupC, shape.GroupK, shape.FilterSize, horizontal.Count,
            (vertical.First * row) + (horizontal.First * shape.GroupC), vertical.Step * row, horizontal.Step * shape.GroupC);
        return new(patches, filters, new(shape.H, shape.W, shape.C, shape.GroupC, patches.GridHeight, patches.GridWidth, shape.StrideH,
            shape.StrideW, y, x), y, x);
    }
}
