using Fovea.Graph;

namespace Fovea.Ops;

/// <summary>How a window moves over an image, along both axes.</summary>
/// <param name="StrideH">Vertical distance between windows.</param>
/// <param name="StrideW">Horizontal distance between windows.</param>
/// <param name="PadTop">Rows of padding above.</param>
/// <param name="PadLeft">Columns of padding to the left.</param>
/// <param name="PadBottom">Rows of padding below.</param>
/// <param name="PadRight">Columns of padding to the right.</param>
/// <param name="DilationH">Vertical distance between taps.</param>
/// <param name="DilationW">Horizontal distance between taps.</param>
public sealed record WindowGeometry(
    int StrideH = 1, int StrideW = 1, int PadTop = 0, int PadLeft = 0, int PadBottom = 0, int PadRight = 0, int DilationH = 1, int DilationW = 1)
{
    /// <summary>The same along both axes.</summary>
    public static WindowGeometry Uniform(int stride, int padding, int dilation = 1) => new(stride, stride, padding, padding, padding, padding, dilation, dilation);

    internal void Check(string what)
    {
        if (StrideH < 1 || StrideW < 1) throw new ShapeException($"{what}: a stride must be at least 1, not {StrideH}×{StrideW}.");
        if (DilationH < 1 || DilationW < 1) throw new ShapeException($"{what}: a dilation must be at least 1, not {DilationH}×{DilationW}.");
        if (PadTop < 0 || PadLeft < 0 || PadBottom < 0 || PadRight < 0) throw new ShapeException($"{what}: padding cannot be negative.");
    }
}

/// <summary>The attributes of a two-dimensional convolution.</summary>
/// <param name="Window">Stride, padding and dilation.</param>
/// <param name="Groups">Into how many independent parts the channels are divided.</param>
public sealed record ConvolutionGeometry(WindowGeometry Window, int Groups = 1)
{
    /// <summary>Puts the sizes together and checks that they fit.</summary>
    /// <exception cref="ShapeException">They do not.</exception>
    internal ConvolutionShape Shape(Shape input, Shape weights)
    {
        if (input.Rank != 4) throw new ShapeException($"A convolution takes images N×H×W×C, not {input}.");
        if (weights.Rank != 4) throw new ShapeException($"A convolution takes filters K×R×S×C, not {weights}.");
        Window.Check("Convolution");
        if (Groups < 1 || input[3] % Groups != 0 || weights[0] % Groups != 0)
            throw new ShapeException($"{Groups} groups do not divide {input[3]} input channels and {weights[0]} filters.");
        if (weights[3] != input[3] / Groups)
            throw new ShapeException($"The filters {weights} take {weights[3]} channels, but the input {input} has {input[3]}{(Groups > 1 ? $" in {Groups} groups" : "")}.");
        var shape = new ConvolutionShape
        {
            N = input[0],
            H = input[1],
            W = input[2],
            C = input[3],
            K = weights[0],
            R = weights[1],
            S = weights[2],
            StrideH = Window.StrideH,
            StrideW = Window.StrideW,
            PadTop = Window.PadTop,
            PadLeft = Window.PadLeft,
            PadBottom = Window.PadBottom,
            PadRight = Window.PadRight,
            DilationH = Window.DilationH,
            DilationW = Window.DilationW,
            Groups = Groups,
        };
        int reachH = (shape.DilationH * (shape.R - 1)) + 1, reachW = (shape.DilationW * (shape.S - 1)) + 1;
        if (shape.H + shape.PadTop + shape.PadBottom < reachH || shape.W + shape.PadLeft + shape.PadRight < reachW)
            throw new ShapeException($"A filter that spans {reachH}×{reachW} does not fit into an image of {shape.H}×{shape.W} with its padding. Use a larger input or more padding.");
        return shape;
    }
}

/// <summary>A convolution of images N×H×W×C with filters K×R×S×(C/groups); with a third input, a bias per filter is added.</summary>
/// <param name="Geometry">Stride, padding, dilation, groups.</param>
/// <param name="Activation">What follows the sum.</param>
public sealed record ConvolutionOp(ConvolutionGeometry Geometry, Activation Activation = Activation.None) : Op
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorSpec> Infer(IReadOnlyList<TensorSpec> inputs)
    {
        ConvolutionShape shape = Geometry.Shape(inputs[0].Shape, inputs[1].Shape);
        if (inputs.Count > 2 && inputs[2].Shape != new Shape(shape.K)) throw new ShapeException($"The bias is {inputs[2].Shape}, but there are {shape.K} filters.");
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
        if (inputs[0].Shape != new Shape(shape.N, shape.P, shape.Q, shape.K)) throw new ShapeException($"The output's gradient is {inputs[0].Shape}, not {shape.N}×{shape.P}×{shape.Q}×{shape.K}.");
        return [new TensorSpec(Input)];
    }

    /// <inheritdoc/>
    public override long MultiplyAdds(IReadOnlyList<TensorSpec> inputs, IReadOnlyList<TensorSpec> outputs) => Geometry.Shape(Input, inputs[1].Shape).MultiplyAdds;
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
        if (inputs[1].Shape != new Shape(shape.N, shape.P, shape.Q, shape.K)) throw new ShapeException($"The output's gradient is {inputs[1].Shape}, not {shape.N}×{shape.P}×{shape.Q}×{shape.K}.");
        return [new TensorSpec(Weights)];
    }

    /// <inheritdoc/>
    public override long MultiplyAdds(IReadOnlyList<TensorSpec> inputs, IReadOnlyList<TensorSpec> outputs) => Geometry.Shape(inputs[0].Shape, Weights).MultiplyAdds;
}
