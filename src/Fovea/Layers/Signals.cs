using Fovea.Graph;
using Fovea.Initializers;
using Fovea.Ops;

namespace Fovea.Layers;

/// <summary>A one-dimensional convolution over signals N×L×C. Input channels are taken from the input.</summary>
/// <param name="filters">Channels of the output.</param>
/// <param name="kernel">The length of a filter.</param>
/// <param name="stride">Distance between windows.</param>
/// <param name="padding">Zeros before and behind.</param>
/// <param name="dilation">Distance between a filter's taps.</param>
/// <param name="groups">Into how many independent parts the channels are divided.</param>
/// <param name="bias">Whether each filter has a bias.</param>
public sealed class Conv1d(
    int filters, int kernel, int stride = 1, int padding = 0, int dilation = 1, int groups = 1, bool bias = true) : Module
{
    /// <summary>How the filters are initialised; He's normal distribution unless set.</summary>
    public Initializer Initializer { get; init; } = new HeNormal();

    /// <inheritdoc/>
    public override Value Forward(Value x)
    {
        Value image = Signals.ToImage(x);
        if (groups < 1 || x.Shape[2] % groups != 0) throw new ShapeException($"{groups} groups do not divide {x.Shape[2]} input channels.");
        if (filters < 1) throw new ShapeException($"A convolution has at least 1 filter, not {filters}.");
        Window window = Window.Of((1, stride), (0, padding), (1, dilation));
        // Before a parameter is made: one of sizes that do not fit would stay.
        (window with { R = 1, S = kernel }).Over("Convolution", 1, x.Shape[1]);
        var op = new ConvolutionOp(new ConvolutionGeometry(window, groups));
        var shape = new Shape(filters, kernel, x.Shape[2] / groups);
        Value weight = Use(x.Graph, "weight", shape, Initializer, ParameterLayout.Filters).Reshape(new Shape(filters, 1, kernel, shape[2]));
        return Signals.FromImage(bias
            ? x.Graph.Add(op, image, weight, Use(x.Graph, "bias", new Shape(filters), Initializers.Initializer.Zero))
            : x.Graph.Add(op, image, weight));
    }
}

/// <summary>The largest value of each window and channel of signals N×L×C.</summary>
/// <param name="kernel">The length of a window.</param>
/// <param name="stride">Distance between windows; the window's length if null.</param>
/// <param name="padding">Padding before and behind, which never wins.</param>
/// <param name="ceilMode">Whether the output's length is rounded up.</param>
public sealed class MaxPool1d(int kernel, int? stride = null, int padding = 0, bool ceilMode = false) : Module
{
    /// <inheritdoc/>
    public override Value Forward(Value x)
    {
        Window window = Window.Of((1, stride ?? kernel), (0, padding)) with { R = 1, S = kernel };
        return Signals.FromImage(x.Graph.Add(new MaxPoolingOp(new PoolingGeometry(window, ceilMode)), Signals.ToImage(x)));
    }
}

/// <summary>The mean of each window and channel of signals N×L×C.</summary>
/// <param name="kernel">The length of a window.</param>
/// <param name="stride">Distance between windows; the window's length if null.</param>
/// <param name="padding">Zeros before and behind.</param>
/// <param name="ceilMode">Whether the output's length is rounded up.</param>
/// <param name="countPadding">Whether the mean counts the padding.</param>
public sealed class AvgPool1d(int kernel, int? stride = null, int padding = 0, bool ceilMode = false, bool countPadding = true) : Module
{
    /// <inheritdoc/>
    public override Value Forward(Value x)
    {
        Window window = Window.Of((1, stride ?? kernel), (0, padding)) with { R = 1, S = kernel };
        return Signals.FromImage(
            x.Graph.Add(new AveragePoolingOp(new PoolingGeometry(window, ceilMode, countPadding)), Signals.ToImage(x)));
    }
}

/// <summary>Signals as images of one row.</summary>
internal static class Signals
{
    public static Value ToImage(Value x) => x.Shape.Rank == 3 ? x.Reshape(new Shape(x.Shape[0], 1, x.Shape[1], x.Shape[2]))
        : throw new ShapeException($"A layer of signals takes N×L×C, not {x.Shape}.");

    public static Value FromImage(Value y) => y.Reshape(new Shape(y.Shape[0], y.Shape[2], y.Shape[3]));
}
