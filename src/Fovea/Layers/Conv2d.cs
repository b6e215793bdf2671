using Fovea.Graph;
using Fovea.Initializers;
using Fovea.Ops;

namespace Fovea.Layers;

/// <summary>A two-dimensional convolution over images N×H×W×C. Input channels are taken from the input.</summary>
/// <param name="filters">Channels of the output.</param>
/// <param name="kernel">Height and width of a filter.</param>
/// <param name="stride">Distance between windows.</param>
/// <param name="padding">Rows and columns of zeros on every side.</param>
/// <param name="dilation">Distance between a filter's taps.</param>
/// <param name="groups">Into how many independent parts the channels are divided.</param>
/// <param name="bias">Whether each filter has a bias.</param>
public sealed class Conv2d(int filters, int kernel, int stride = 1, int padding = 0, int dilation = 1, int groups = 1, bool bias = true)
    : Module
{
    /// <summary>How the filters are initialised; He's normal distribution unless set.</summary>
    public Initializer Initializer { get; init; } = new HeNormal();

    /// <inheritdoc/>
    public override Value Forward(Value x)
    {
        if (x.Shape.Rank != 4) throw new ShapeException($"A convolution takes images N×H×W×C, not {x.Shape}.");
        if (groups < 1 || x.Shape[3] % groups != 0) throw new ShapeException($"{groups} groups do not divide {x.Shape[3]} input channels.");
        var op = new ConvolutionOp(new ConvolutionGeometry(Window.Of(stride, padding, dilation), groups));
        Value weight =
            Use(x.Graph, "weight", new Shape(filters, kernel, kernel, x.Shape[3] / groups), Initializer, ParameterLayout.Filters);
        return bias
            ? x.Graph.Add(op, x, weight, Use(x.Graph, "bias", new Shape(filters), Initializers.Initializer.Zero))
            : x.Graph.Add(op, x, weight);
    }
}
