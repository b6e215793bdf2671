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

/// <summary>The largest of each channel over the whole image: N×H×W×C becomes N×1×1×C.</summary>
public sealed class GlobalMaxPool2d : Module
{
    /// <inheritdoc/>
    public override Value Forward(Value x)
    {
        if (x.Shape.Rank != 4) throw new ShapeException($"A pooling takes images N×H×W×C, not {x.Shape}.");
        return x.Graph.Add(new MaxPoolingOp(new PoolingGeometry(new Window { R = x.Shape[1], S = x.Shape[2] })), x);
    }
}

/// <summary>
/// Means over as many windows as the output is to have pixels: window i goes from ⌊i · size / outputs⌋ to ⌈(i + 1) · size / outputs⌉, so
/// that the image may have any size.
/// </summary>
/// <param name="size">Height and width of the output.</param>
/// <remarks>PyTorch's AdaptiveAvgPool2d.</remarks>
public sealed class AdaptiveAvgPool2d(Size2d size) : Module
{
    /// <inheritdoc/>
    public override Value Forward(Value x)
    {
        if (x.Shape.Rank != 4) throw new ShapeException($"A pooling takes images N×H×W×C, not {x.Shape}.");
        int height = x.Shape[1], width = x.Shape[2];
        if (size.Height < 1 || size.Width < 1) throw new ShapeException($"A pooling cannot give an image of {size}.");
        if (height % size.Height == 0 && width % size.Width == 0)
        {
            (int rows, int columns) = (height / size.Height, width / size.Width);
            return x.Graph.Add(new AveragePoolingOp(new PoolingGeometry(Window.Of((rows, columns)) with { R = rows, S = columns })), x);
        }
        x = x.Graph.Add(new ResampleOp(1, AxisWeights.Means(height, size.Height)), x);
        return x.Graph.Add(new ResampleOp(2, AxisWeights.Means(width, size.Width)), x);
    }
}

/// <summary>The square root of the sum of the squares of each window and channel.</summary>
/// <param name="kernel">Height and width of a window.</param>
/// <param name="stride">Distance between windows; the window's size if null.</param>
/// <param name="padding">Rows of zeros above and below, columns of zeros to the left and to the right.</param>
/// <remarks>PyTorch's LPPool2d of norm 2. Where all of a window is 0 the gradient is 0.</remarks>
public sealed class L2Pool2d(Size2d kernel, Size2d? stride = null, Size2d padding = default) : Module
{
    /// <inheritdoc/>
    public override Value Forward(Value x)
    {
        Window window = Window.Of(stride ?? kernel, padding) with { R = kernel.Height, S = kernel.Width };
        float taps = (float)kernel.Height * kernel.Width;
        return x.Graph.Add(new AveragePoolingOp(new PoolingGeometry(window)), x.Apply(v => v * v))
            .Apply(mean => Expression.SelectPositive(mean, Expression.Sqrt(mean * taps), 0f));
    }
}

/// <summary>All dimensions but the first in one.</summary>
public sealed class Flatten : Module
{
    /// <inheritdoc/>
    public override Value Forward(Value x) => x.Flatten();
}
