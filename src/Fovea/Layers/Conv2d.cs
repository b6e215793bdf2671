using Fovea.Graph;
using Fovea.Initializers;
using Fovea.Ops;

namespace Fovea.Layers;

/// <summary>A two-dimensional convolution over images N×H×W×C. Input channels are taken from the input.</summary>
/// <param name="filters">Channels of the output.</param>
/// <param name="kernel">Height and width of a filter: <c>3</c>, or <c>(1, 7)</c>.</param>
/// <param name="stride">Distance between windows; 1 if null.</param>
/// <param name="padding">Rows of zeros above and below, columns of zeros to the left and to the right.</param>
/// <param name="dilation">Distance between a filter's taps; 1 if null.</param>
/// <param name="groups">Into how many independent parts the channels are divided.</param>
/// <param name="bias">Whether each filter has a bias.</param>
public sealed class Conv2d(
    int filters, Size2d kernel, Size2d? stride = null, Size2d padding = default, Size2d? dilation = null, int groups = 1, bool bias = true)
    : Module
{
    /// <summary>How the filters are initialised; He's normal distribution unless set.</summary>
    public Initializer Initializer { get; init; } = new HeNormal();

    /// <inheritdoc/>
    public override Value Forward(Value x)
    {
        if (x.Shape.Rank != 4) throw new ShapeException($"A convolution takes images N×H×W×C, not {x.Shape}.");
        if (groups < 1 || x.Shape[3] % groups != 0) throw new ShapeException($"{groups} groups do not divide {x.Shape[3]} input channels.");
        if (filters < 1) throw new ShapeException($"A convolution has at least 1 filter, not {filters}.");
        Window window = Window.Of(stride ?? 1, padding, dilation);
        // Before a parameter is made: one of sizes that do not fit would stay.
        (window with { R = kernel.Height, S = kernel.Width }).Over("Convolution", x.Shape[1], x.Shape[2]);
        var op = new ConvolutionOp(new ConvolutionGeometry(window, groups));
        var shape = new Shape(filters, kernel.Height, kernel.Width, x.Shape[3] / groups);
        Value weight = Use(x.Graph, "weight", shape, Initializer, ParameterLayout.Filters);
        return bias
            ? x.Graph.Add(op, x, weight, Use(x.Graph, "bias", new Shape(filters), Initializers.Initializer.Zero))
            : x.Graph.Add(op, x, weight);
    }
}
