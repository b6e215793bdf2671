using Fovea.Graph;
using Fovea.Ops;

namespace Fovea.Layers;

/// <summary>The largest value of each window and channel.</summary>
/// <param name="kernel">Height and width of a window: <c>2</c>, or <c>(1, 2)</c>.</param>
/// <param name="stride">Distance between windows; the window's size if null.</param>
/// <param name="padding">Rows of padding above and below, columns to the left and to the right; padding never wins.</param>
/// <param name="dilation">Distance between a window's pixels; 1 if null.</param>
/// <param name="ceilMode">Whether the output's size is rounded up.</param>
public sealed class MaxPool2d(
    Size2d kernel, Size2d? stride = null, Size2d padding = default, Size2d? dilation = null, bool ceilMode = false) : Module
{
    /// <inheritdoc/>
    public override Value Forward(Value x)
    {
        Window window = Window.Of(stride ?? kernel, padding, dilation) with { R = kernel.Height, S = kernel.Width };
        return x.Graph.Add(new MaxPoolingOp(new PoolingGeometry(window, ceilMode)), x);
    }
}

/// <summary>The mean of each window and channel.</summary>
/// <param name="kernel">Height and width of a window: <c>2</c>, or <c>(1, 2)</c>.</param>
/// <param name="stride">Distance between windows; the window's size if null.</param>
/// <param name="padding">Rows of zeros above and below, columns of zeros to the left and to the right.</param>
/// <param name="ceilMode">Whether the output's size is rounded up.</param>
/// <param name="countPadding">Whether the mean counts the padding.</param>
public sealed class AvgPool2d(
    Size2d kernel, Size2d? stride = null, Size2d padding = default, bool ceilMode = false, bool countPadding = true) : Module
{
    /// <inheritdoc/>
    public override Value Forward(Value x)
    {
        Window window = Window.Of(stride ?? kernel, padding) with { R = kernel.Height, S = kernel.Width };
        return x.Graph.Add(new AveragePoolingOp(new PoolingGeometry(window, ceilMode, countPadding)), x);
    }
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
