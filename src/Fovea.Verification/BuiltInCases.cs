using Fovea.Graph;
using Fovea.Layers;
using Fovea.Losses;
using Fovea.Models;
using Fovea.Ops;
using Fovea.Optimizers;
using E = Fovea.Ops.Expression;

namespace Fovea.Verification;

/// <summary>Every operation once or more, at awkward sizes, and a network's whole training step.</summary>
internal static class BuiltInCases
{
    public static IReadOnlyList<GraphCase> All { get; } =
    [
        new("conv2d", r => Convolve(r, new Shape(2, 7, 9, 5), new Shape(6, 3, 3, 5), new ConvolutionGeometry(Window.Of(1, 1)), bias: true)),
        new("conv2d, large filter and stride",
            r => Convolve(r, new Shape(1, 23, 19, 3), new Shape(5, 11, 11, 3), new ConvolutionGeometry(Window.Of(4, 2)), bias: true)),
        new("conv2d, groups", r => Convolve(r, new Shape(2, 5, 6, 6), new Shape(8, 3, 3, 3),
            new ConvolutionGeometry(Window.Of(1, 1), Groups: 2), bias: false)),
        new("conv2d, depthwise, dilated, padded unevenly", r =>
            Convolve(r, new Shape(1, 9, 8, 7), new Shape(7, 3, 2, 1),
                new ConvolutionGeometry(
                new Window { StrideH = 2, PadTop = 2, PadBottom = 1, PadRight = 3, DilationH = 2, DilationW = 3 }, Groups: 7), bias: true)),
        new("matmul", r => r.Input(17, 31).MatMul(r.Input(31, 13))),
        new("matmul, few rows, transposed, bias",
            r => r.Graph.Add(new MatrixProductOp(false, true), r.Input(3, 45), r.Input(29, 45), r.Input(29))),
        new("matmul, both transposed, relu",
            r => r.Graph.Add(new MatrixProductOp(true, true), r.Input(23, 11), r.Input(37, 23), r.Input(37)).Relu()),
        new("max pooling", r => r.Graph.Add(new MaxPoolingOp(
            new PoolingGeometry(new Window { R = 3, S = 2, StrideH = 2, PadTop = 1, PadLeft = 1, PadRight = 1 })), r.Input(2, 8, 7, 5))),
        new("max pooling, rounded up",
            r => r.Graph.Add(
            new MaxPoolingOp(new PoolingGeometry(Window.Of(2, 0) with { R = 3, S = 3 }, CeilMode: true)), r.Input(1, 10, 8, 6))),
        new("average pooling",
            r => r.Graph.Add(new AveragePoolingOp(new PoolingGeometry(Window.Of(2, 1) with { R = 3, S = 3 })), r.Input(2, 7, 6, 5))),
        new("average pooling without padding",
            r => r.Graph.Add(new AveragePoolingOp(new PoolingGeometry(
            Window.Of(2, 1) with { R = 3, S = 3 }, CeilMode: true, CountPadding: false)), r.Input(1, 8, 7, 3))),
        new("relu", r => r.Input(5, 41).Relu()),
        new("leaky relu", r => r.Input(5, 41).LeakyRelu(0.1f)),
        new("prelu", r => r.Input(2, 3, 3, 7).Prelu(r.Input(7))),
        new("elu", r => r.Input(3, 19).Elu(0.7f)),
        new("selu", r => r.Input(3, 19).Selu()),
        new("gelu", r => r.Input(3, 19).Gelu()),
        new("gelu by tanh", r => r.Input(3, 19).Gelu(approximate: true)),
        new("mish", r => r.Input(3, 19).Mish()),
        new("softplus", r => r.Input(3, 19).Softplus()),
        new("relu6", r => r.Input(3, 19).Scale(5).Relu6()),
        new("hard sigmoid and hard swish", r => r.Input(3, 19).Scale(3).HardSwish() + r.Input(3, 19).HardSigmoid()),
        new("silu", r => r.Input(3, 19).Silu()),
        new("tanh", r => r.Input(3, 19).Tanh()),
        new("sigmoid", r => r.Input(3, 19).Sigmoid()),
        new("arithmetic with broadcasts",
            r => (r.Input(4, 1, 5) * r.Input(3, 1)) + (r.Input(5) / r.Input(Shape.Scalar, above0: true)) - r.Input(4, 3, 5)),
        new("roots, powers, logarithms",
            r => r.Input(new Shape(7, 11), above0: true).Apply(x => E.Sqrt(x) + E.Log(x) - E.Pow(x, 1.7f) + E.Exp(-x))),
        new("comparisons and signs", r => MapOp.Create(E.Max(E.Input(0), E.Input(1)) + E.Min(E.Abs(E.Input(0)), 0.5f) + E.Sign(E.Input(1)),
            r.Input(6, 9), r.Input(6, 9))),
        new("sum", r => r.Input(3, 5, 7, 2).Sum(1, 2)),
        new("mean", r => r.Input(3, 5, 7).Mean()),
        new("broadcast", r => r.Graph.Add(new BroadcastOp(new Shape(3, 4, 5), 1, 1), r.Input(3, 1, 5))),
        new("largest", r => r.Graph.Add(new MaxReductionOp(1, 2), r.Input(3, 5, 7, 2))),
        new("slice", r => r.Graph.Add(new SliceOp(1, 2, 3), r.Input(3, 7, 5))),
        new("padding with zeros", r => r.Graph.Add(new PadOp(1, 2, 1), r.Input(3, 4, 5))),
        new("concatenation", r => r.Graph.Add(new ConcatOp(2), r.Input(3, 4, 2), r.Input(3, 4, 5), r.Input(3, 4, 1))),
        new("transposition", r => r.Graph.Add(new TransposeOp([2, 0, 1]), r.Input(3, 19, 5))),
        new("gathered rows", r => r.Graph.Add(new GatherOp(), r.Input(9, 5), r.Labels(23, 9))),
        new("one-hot rows", r => r.Labels(11, 7).OneHot(7)) { Differentiable = false },
        new("transposed convolution", r => r.Graph.Add(
            new ConvolutionInputGradientOp(new(Window.Of(2, 1)), new Shape(2, 9, 7, 3)), r.Input(2, 5, 4, 6), r.Input(6, 3, 3, 3))),
        new("linear interpolation", r => r.Graph.Add(new ResampleOp(1, AxisWeights.Linear(5, 9)), r.Input(3, 5, 4))),
        new("matmul, pair by pair", r => r.Input(3, 5, 7).MatMul(r.Input(3, 7, 6))),
        new("softmax", r => r.Input(5, 13).Softmax()),
        new("log softmax", r => r.Input(5, 13).LogSoftmax()),
        new("cross-entropy", r => r.Graph.Add(new CrossEntropyOp(), r.Input(7, 10), r.Labels(7, 10))),
        new("cross-entropy, smoothed, summed", r => r.Graph.Add(new CrossEntropyOp(Mean: false, 0.1f), r.Input(5, 6), r.Labels(5, 6))),
        new("mean squared error", r => new MeanSquaredErrorLoss().Apply(r.Input(6, 5), r.Input(6, 5))),
        new("correct count", r => r.Graph.Add(new CorrectCountOp(), r.Input(40, 3), r.Labels(40, 3))) { Differentiable = false },
        new("local response normalisation", r => r.Graph.Add(new LocalResponseNormalizationOp(5, 0.2f, 0.75f, 2), r.Input(2, 3, 2, 11))),
        new("dropout", r => r.Graph.Add(new DropoutOp(0.3f, 5, 2), r.Input(6, 37), r.Graph.Step)),
        new("sgd step", r => Optimize(r, new Sgd(0.1f, 0.9f, Nesterov: true) { WeightDecay = 0.01f })) { Differentiable = false },
        new("rmsprop step", r => Optimize(r, new RmsProp { L1 = 0.01f })) { Differentiable = false },
        new("adam step", r => Optimize(r, new Adam())) { Differentiable = false },
        new("adamw step", r => Optimize(r, new AdamW())) { Differentiable = false },
        new("nadam step", r => Optimize(r, new NAdam())) { Differentiable = false },
        new("adagrad step", r => Optimize(r, new Adagrad())) { Differentiable = false },
        new("lion step", r => Optimize(r, new Lion { WeightDecay = 0.1f })) { Differentiable = false },
        new("lenet5 training step", LeNet5Step) { Differentiable = false },
    ];

    internal static Value Convolve(GraphRun r, Shape input, Shape filters, ConvolutionGeometry geometry, bool bias)
    {
        var op = new ConvolutionOp(geometry);
        return bias
            ? r.Graph.Add(op, r.Input(input), r.Input(filters), r.Input(filters[0]))
            : r.Graph.Add(op, r.Input(input), r.Input(filters));
    }

    internal static Value Optimize(GraphRun r, Optimizer optimizer)
    {
        var shape = new Shape(3, 13);
        Value parameter = r.Variable(shape);
        Value[] states = [.. optimizer.StateNames.Select(_ => r.Variable(shape, above0: true))];
        optimizer.AddUpdate(parameter, r.Input(shape), states,
            [.. Enumerable.Range(0, optimizer.ScalarCount).Select(_ => r.Input(Shape.Scalar, above0: true))]);
        for (int i = 0; i < states.Length; i++) r.Fetch(optimizer.StateNames[i], states[i]);
        return parameter;
    }

    /// <summary>Forward pass, loss, all gradients and the updated parameters.</summary>
    private static Value LeNet5Step(GraphRun r)
    {
        var network = new LeNet5();
        ComputationGraph graph = r.Graph = network.Build(batch: 3, training: true);
        Value labels = r.Labels(3, network.Classes);
        Value loss = graph.Add(new CrossEntropyOp(), graph.Named["output"], labels);
        Parameter[] parameters = [.. network.Parameters];
        foreach (Parameter parameter in parameters)
            r.Draw(parameter, scale: (float)(1 / Math.Sqrt((double)parameter.Shape.Count / parameter.Shape[0])));
        IReadOnlyList<Value> gradients = graph.Differentiate(loss, [.. parameters.Select(graph.Read)]);
        var optimizer = new Sgd(0.05f, 0.9f);
        Value rate = r.Input(Shape.Scalar, above0: true);
        for (int i = 0; i < parameters.Length; i++)
        {
            optimizer.AddUpdate(graph.Read(parameters[i]), gradients[i], [r.Variable(parameters[i].Shape)], [rate]);
            r.Fetch($"gradient of {parameters[i].Name}", gradients[i]);
            r.Fetch(parameters[i].Name, graph.Read(parameters[i]));
        }
        return loss;
    }
}
