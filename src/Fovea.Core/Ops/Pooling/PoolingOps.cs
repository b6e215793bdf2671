using Fovea.Graph;

namespace Fovea.Ops;

/// <summary>The attributes of a two-dimensional pooling.</summary>
/// <param name="R">Height of a window.</param>
/// <param name="S">Width of a window.</param>
/// <param name="Window">Stride, padding and dilation.</param>
/// <param name="CeilMode">Whether the output's size is rounded up, so that a last window may reach past the edge.</param>
/// <param name="CountPadding">Whether an average counts the padding.</param>
public sealed record PoolingGeometry(int R, int S, WindowGeometry Window, bool CeilMode = false, bool CountPadding = true)
{
    /// <summary>Puts the sizes together and checks that they fit.</summary>
    /// <exception cref="ShapeException">They do not.</exception>
    internal PoolingShape Shape(Shape input)
    {
        if (input.Rank != 4) throw new ShapeException($"A pooling takes images N×H×W×C, not {input}.");
        if (R < 1 || S < 1) throw new ShapeException($"A window must be at least 1×1, not {R}×{S}.");
        Window.Check("Pooling");
        WindowGeometry g = Window;
        if (2 * Math.Max(g.PadTop, g.PadBottom) > R || 2 * Math.Max(g.PadLeft, g.PadRight) > S)
            throw new ShapeException($"Padding may be at most half the window, but the window is {R}×{S}.");
        return new PoolingShape
        {
            N = input[0],
            H = input[1],
            W = input[2],
            C = input[3],
            P = Outputs(input[1], R, g.StrideH, g.PadTop, g.PadBottom, g.DilationH),
            Q = Outputs(input[2], S, g.StrideW, g.PadLeft, g.PadRight, g.DilationW),
            R = R,
            S = S,
            StrideH = g.StrideH,
            StrideW = g.StrideW,
            PadTop = g.PadTop,
            PadLeft = g.PadLeft,
            PadBottom = g.PadBottom,
            PadRight = g.PadRight,
            DilationH = g.DilationH,
            DilationW = g.DilationW,
            CountPadding = CountPadding,
        };
    }

    private int Outputs(int size, int window, int stride, int before, int after, int dilation)
    {
        int span = size + before + after - (dilation * (window - 1)) - 1;
        if (span < 0) throw new ShapeException($"A window that spans {(dilation * (window - 1)) + 1} does not fit into {size} with padding {before} and {after}.");
        int outputs = ((CeilMode ? span + stride - 1 : span) / stride) + 1;
        // A window must begin inside the image or the padding before it.
        return CeilMode && (outputs - 1) * stride >= size + before ? outputs - 1 : outputs;
    }
}

/// <summary>The largest value of each window and channel.</summary>
/// <param name="Geometry">Window, stride, padding.</param>
public sealed record MaxPoolingOp(PoolingGeometry Geometry) : Op
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorSpec> Infer(IReadOnlyList<TensorSpec> inputs)
    {
        PoolingShape shape = Geometry.Shape(inputs[0].Shape);
        return [new TensorSpec(new Shape(shape.N, shape.P, shape.Q, shape.C))];
    }

    /// <inheritdoc/>
    public override void Gradient(GradientContext context) =>
        context.Accumulate(0, context.Graph.Add(new MaxPoolingGradientOp(Geometry), context.Inputs[0], context.OutputGradient));
}

/// <summary>The gradient of a max pooling's input, from that input and the output's gradient.</summary>
/// <param name="Geometry">Window, stride, padding.</param>
public sealed record MaxPoolingGradientOp(PoolingGeometry Geometry) : Op
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorSpec> Infer(IReadOnlyList<TensorSpec> inputs) => [inputs[0]];
}

/// <summary>The mean of each window and channel.</summary>
/// <param name="Geometry">Window, stride, padding.</param>
public sealed record AveragePoolingOp(PoolingGeometry Geometry) : Op
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorSpec> Infer(IReadOnlyList<TensorSpec> inputs)
    {
        if (Geometry.Window is not { DilationH: 1, DilationW: 1 }) throw new ShapeException("An average pooling has no dilation.");
        PoolingShape shape = Geometry.Shape(inputs[0].Shape);
        return [new TensorSpec(new Shape(shape.N, shape.P, shape.Q, shape.C))];
    }

    /// <inheritdoc/>
    public override void Gradient(GradientContext context) =>
        context.Accumulate(0, context.Graph.Add(new AveragePoolingGradientOp(Geometry, context.Inputs[0].Shape), context.OutputGradient));
}

/// <summary>The gradient of an average pooling's input, from the output's gradient.</summary>
/// <param name="Geometry">Window, stride, padding.</param>
/// <param name="Input">The forward input's sizes.</param>
public sealed record AveragePoolingGradientOp(PoolingGeometry Geometry, Shape Input) : Op
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorSpec> Infer(IReadOnlyList<TensorSpec> inputs) => [new TensorSpec(Input)];
}
