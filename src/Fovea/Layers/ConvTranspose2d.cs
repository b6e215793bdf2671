using Fovea.Graph;
using Fovea.Initializers;
using Fovea.Ops;

namespace Fovea.Layers;

/// <summary>
/// A transposed convolution over images N×H×W×C: what the gradient of a convolution does to its input, used to enlarge images. The result
/// has (size − 1) · stride − 2 · padding + dilation · (kernel − 1) + outputPadding + 1 pixels along each axis.
/// </summary>
/// <param name="filters">Channels of the output.</param>
/// <param name="kernel">Height and width of a filter.</param>
/// <param name="stride">Distance between windows of the output; 1 if null.</param>
/// <param name="padding">Rows cut off above and below, columns cut off to the left and to the right.</param>
/// <param name="outputPadding">Rows more below, columns more to the right.</param>
/// <param name="dilation">Distance between a filter's taps; 1 if null.</param>
/// <param name="groups">Into how many independent parts the channels are divided.</param>
/// <param name="bias">Whether each output channel has a bias.</param>
/// <remarks>M. Zeiler et al., "Deconvolutional Networks", CVPR 2010; as PyTorch's ConvTranspose2d.</remarks>
public sealed class ConvTranspose2d(
    int filters, Size2d kernel, Size2d? stride = null, Size2d padding = default, Size2d outputPadding = default, Size2d? dilation = null,
    int groups = 1, bool bias = true) : Module
{
    /// <summary>How the filters are initialised; He's normal distribution unless set.</summary>
    public Initializer Initializer { get; init; } = new HeNormal();

    /// <inheritdoc/>
    public override Value Forward(Value x)
    {
        if (x.Shape.Rank != 4) throw new ShapeException($"A transposed convolution takes images N×H×W×C, not {x.Shape}.");
        int channels = x.Shape[3];
        if (groups < 1 || channels % groups != 0 || filters < 1 || filters % groups != 0)
            throw new ShapeException($"{groups} groups do not divide {channels} input channels and {filters} filters.");
        Size2d steps = stride ?? 1, taps = dilation ?? 1;
        int height = Size(x.Shape[1], kernel.Height, steps.Height, padding.Height, outputPadding.Height, taps.Height);
        int width = Size(x.Shape[2], kernel.Width, steps.Width, padding.Width, outputPadding.Width, taps.Width);
        var result = new Shape(x.Shape[0], height, width, filters);
        var op = new ConvolutionInputGradientOp(new ConvolutionGeometry(Window.Of(steps, padding, taps), groups), result);
        var shape = new Shape(channels, kernel.Height, kernel.Width, filters / groups);
        // Before a parameter is made: one of sizes that do not fit would stay.
        op.Infer([x.Spec, new TensorSpec(shape)]);
        Value y = x.Graph.Add(op, x, Use(x.Graph, "weight", shape, Initializer, ParameterLayout.Filters));
        return bias ? y + Use(x.Graph, "bias", new Shape(filters), Initializers.Initializer.Zero) : y;
    }

    private static int Size(int size, int kernel, int stride, int padding, int more, int dilation)
    {
        if (more < 0 || more >= Math.Max(stride, dilation))
            throw new ShapeException(
                $"A transposed convolution adds less than a stride or dilation, not {more} with a stride of {stride}.");
        long result = ((size - 1L) * stride) - (2L * padding) + ((long)dilation * (kernel - 1)) + more + 1;
        return result is >= 1 and <= int.MaxValue ? (int)result
            : throw new ShapeException($"A transposed convolution of {size} pixels with a padding of {padding} gives {result} pixels.");
    }
}
