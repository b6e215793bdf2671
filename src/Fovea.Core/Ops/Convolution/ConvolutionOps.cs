using Fovea.Graph;

namespace Fovea.Ops;

/// <summary>A convolution of images N×H×W×C with filters K×R×S×(C/groups); with a third input, a bias per filter is added.</summary>
/// <param name="Geometry">Stride, padding, dilation, groups.</param>
/// <param name="Activation">What follows the sum.</param>
public sealed record ConvolutionOp(ConvolutionGeometry Geometry, Activation Activation = Activation.None) : Op
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorSpec> Infer(IReadOnlyList<TensorSpec> inputs)
    {
        ConvolutionShape shape = Geometry.Shape(inputs[0].Shape, inputs[1].Shape);
        if (inputs.Count > 2 && inputs[2].Shape != new Shape(shape.K))
            throw new ShapeException($"The bias is {inputs[2].Shape}, but there are {shape.K} filters.");
        return [new TensorSpec(new Shape(shape.N, shape.P, shape.Q, shape.K))];
    }

    /// <inheritdoc/>
    public override long MultiplyAdds(IReadOnlyList<TensorSpec> inputs, IReadOnlyList<TensorSpec> outputs) =>
        Geometry.Shape(inputs[0].Shape, inputs[1].Shape).MultiplyAdds;

    /// <inheritdoc/>
    public override void Gradient(GradientContext context)
    {
        Value x = context.Inputs[0], w = context.Inputs[1], dy = context.OutputGradient;
        if (context.Needs(0)) context.Accumulate(0, context.Graph.Add(new ConvolutionInputGradientOp(Geometry, x.Shape), dy, w));
        if (context.Needs(1)) context.Accumulate(1, context.Graph.Add(new ConvolutionWeightGradientOp(Geometry, w.Shape), x, dy));
        if (context.Inputs.Count > 2 && context.Needs(2)) context.Accumulate(2, dy.SumTo(context.Inputs[2].Shape));
    }

    /// <inheritdoc/>
    public override string Details(IReadOnlyList<TensorSpec> inputs)
    {
        Window window = Geometry.Window with { R = inputs[1].Shape[1], S = inputs[1].Shape[2] };
        return Geometry.Groups == 1 ? $"{window}" : $"{window}, {Geometry.Groups} groups";
    }
}

/// <summary>The gradient of a convolution's input, from the output's gradient and the filters.</summary>
/// <param name="Geometry">The forward convolution's.</param>
/// <param name="Input">The forward input's sizes.</param>
public sealed record ConvolutionInputGradientOp(ConvolutionGeometry Geometry, Shape Input) : Op
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorSpec> Infer(IReadOnlyList<TensorSpec> inputs)
    {
        ConvolutionShape shape = Geometry.Shape(Input, inputs[1].Shape);
        if (inputs[0].Shape != new Shape(shape.N, shape.P, shape.Q, shape.K))
            throw new ShapeException($"The output's gradient is {inputs[0].Shape}, not {shape.N}×{shape.P}×{shape.Q}×{shape.K}.");
        return [new TensorSpec(Input)];
    }

    /// <inheritdoc/>
    /// <remarks>As an operation of its own it is a transposed convolution.</remarks>
    public override void Gradient(GradientContext context)
    {
        Value dy = context.Inputs[0], w = context.Inputs[1], dx = context.OutputGradient;
        if (context.Needs(0)) context.Accumulate(0, context.Graph.Add(new ConvolutionOp(Geometry), dx, w));
        if (context.Needs(1)) context.Accumulate(1, context.Graph.Add(new ConvolutionWeightGradientOp(Geometry, w.Shape), dx, dy));
    }

    /// <inheritdoc/>
    public override long MultiplyAdds(IReadOnlyList<TensorSpec> inputs, IReadOnlyList<TensorSpec> outputs) =>
        Geometry.Shape(Input, inputs[1].Shape).MultiplyAdds;
}

/// <summary>The gradient of a convolution's filters, from the input and the output's gradient.</summary>
/// <param name="Geometry">The forward convolution's.</param>
/// <param name="Weights">The filters' sizes.</param>
public sealed record ConvolutionWeightGradientOp(ConvolutionGeometry Geometry, Shape Weights) : Op
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorSpec> Infer(IReadOnlyList<TensorSpec> inputs)
    {
        ConvolutionShape shape = Geometry.Shape(inputs[0].Shape, Weights);
        if (inputs[1].Shape != new Shape(shape.N, shape.P, shape.Q, shape.K))
            throw new ShapeException($"The output's gradient is {inputs[1].Shape}, not {shape.N}×{shape.P}×{shape.Q}×{shape.K}.");
        return [new TensorSpec(Weights)];
    }

    /// <inheritdoc/>
    public override long MultiplyAdds(IReadOnlyList<TensorSpec> inputs, IReadOnlyList<TensorSpec> outputs) =>
        Geometry.Shape(inputs[0].Shape, Weights).MultiplyAdds;
}
