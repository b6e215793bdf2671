using Fovea.Graph;

namespace Fovea.Ops;

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

    /// <inheritdoc/>
    public override string Details(IReadOnlyList<TensorSpec> inputs) => $"{Geometry.Window}";
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

    /// <inheritdoc/>
    public override string Details(IReadOnlyList<TensorSpec> inputs) => $"{Geometry.Window}";
}

/// <summary>The gradient of an average pooling's input, from the output's gradient.</summary>
/// <param name="Geometry">Window, stride, padding.</param>
/// <param name="Input">The forward input's sizes.</param>
public sealed record AveragePoolingGradientOp(PoolingGeometry Geometry, Shape Input) : Op
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorSpec> Infer(IReadOnlyList<TensorSpec> inputs) => [new TensorSpec(Input)];
}
