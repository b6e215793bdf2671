using Fovea.Graph;
using Fovea.Ops;

namespace Fovea.Layers;

/// <summary>The largest value of each window and channel.</summary>
/// <param name="kernel">Height and width of a window.</param>
/// <param name="stride">Distance between windows; the window's size if 0.</param>
/// <param name="padding">Rows and columns of padding, which never wins.</param>
/// <param name="ceilMode">Whether the output's size is rounded up.</param>
public sealed class MaxPool2d(int kernel, int stride = 0, int padding = 0, bool ceilMode = false) : Module
{
    /// <inheritdoc/>
    public override Value Forward(Value x) =>
        x.Graph.Add(new MaxPoolingOp(new PoolingGeometry(Window.Of(stride == 0 ? kernel : stride, padding) with { R = kernel, S = kernel },
            ceilMode)), x);
}

/// <summary>The mean of each window and channel.</summary>
/// <param name="kernel">Height and width of a window.</param>
/// <param name="stride">Distance between windows; the window's size if 0.</param>
/// <param name="padding">Rows and columns of zeros on every side.</param>
/// <param name="ceilMode">Whether the output's size is rounded up.</param>
/// <param name="countPadding">Whether the mean counts the padding.</param>
public sealed class AvgPool2d(int kernel, int stride = 0, int padding = 0, bool ceilMode = false, bool countPadding = true) : Module
{
    /// <inheritdoc/>
    public override Value Forward(Value x) => x.Graph.Add(
        new AveragePoolingOp(new PoolingGeometry(Window.Of(stride == 0 ? kernel : stride, padding) with { R = kernel, S = kernel },
            ceilMode, countPadding)), x);
}

/// <summary>The mean of each channel over the whole image: N×H×W×C becomes N×1×1×C.</summary>
public sealed class GlobalAvgPool2d : Module
{
    /// <inheritdoc/>
    public override Value Forward(Value x)
    {
        if (x.Shape.Rank != 4) throw new ShapeException($"A pooling takes images N×H×W×C, not {x.Shape}.");
        return x.Graph.Add(new AveragePoolingOp(new PoolingGeometry(new Window { R = x.Shape[1], S = x.Shape[2] })), x);
    }
}

/// <summary>All dimensions but the first in one.</summary>
public sealed class Flatten : Module
{
    /// <inheritdoc/>
    public override Value Forward(Value x) => x.Flatten();
}
