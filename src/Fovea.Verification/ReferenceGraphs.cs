using Fovea.Graph;
using Fovea.Layers;
using Fovea.Losses;
using Fovea.Ops;

namespace Fovea.Verification;

/// <summary>How each operation of the reference cases is built from this engine's.</summary>
internal static class ReferenceGraphs
{
    // The operations for which the second dimension is that of the channels.
    private static readonly Dictionary<string, Func<ReferenceGraph, Value>> OfChannels = new()
    {
        ["conv2d"] = g => Convolution(g, "input", "weight", "bias", new ConvolutionGeometry(g.Window(), (int)g.Number("groups", 1))),
        ["conv1d"] = g => OfSignals(g, "input", x => Convolution(g, x, AsFilters(g.Input("weight")), g.Optional("bias"),
            new ConvolutionGeometry(g.Window(), (int)g.Number("groups", 1)))),
        ["conv_transpose2d"] = TransposedConvolution,
        ["maxpool2d"] = g => g.Graph.Add(new MaxPoolingOp(Pool(g)), g.Input("input")),
        ["avgpool2d"] = g => g.Graph.Add(new AveragePoolingOp(Pool(g)), g.Input("input")),
        ["maxpool1d"] = g => OfSignals(g, "input", x => g.Graph.Add(new MaxPoolingOp(Pool(g)), x)),
        ["avgpool1d"] = g => OfSignals(g, "input", x => g.Graph.Add(new AveragePoolingOp(Pool(g)), x)),
        ["lppool2d"] = g => new L2Pool2d(Size(g, "kernel"), Size(g, "stride")).Forward(g.Input("input")),
        ["adaptive_avgpool2d"] = g => new AdaptiveAvgPool2d(Size(g, "output_size")).Forward(g.Input("input")),
        ["upsample_nearest"] = g => Enlarged(g, AxisWeights.Nearest),
        ["upsample_bilinear"] = g => Enlarged(g, (inputs, outputs) => AxisWeights.Linear(inputs, outputs, g.Flag("align_corners"))),
        ["lrn"] = g => g.Graph.Add(new LocalResponseNormalizationOp(
            (int)g.Number("size"), g.Number("alpha"), g.Number("beta"), g.Number("k")), g.Input("input")),
        ["batchnorm"] = BatchNormalization,
        ["groupnorm"] = g => GroupNormalization(g, (int)g.Number("groups", g.Number("num_groups"))),
        ["instancenorm"] = g => GroupNormalization(g, g.Input("input").Shape[^1]),
        ["prelu"] = g => g.Input("input").Prelu(g.Input("weight")),
        ["softmax_cross_entropy"] = CrossEntropy,
        ["net_lenet5"] = ReferenceNetworks.LeNet5,
        ["net_resblock"] = ReferenceNetworks.ResidualBlock,
    };

    // The operations for which none is special.
    private static readonly Dictionary<string, Func<ReferenceGraph, Value>> OfAnything = new()
    {
        ["relu"] = g => g.Input("input").Relu(),
        ["leaky_relu"] = g => g.Input("input").LeakyRelu(g.Number("alpha", g.Number("negative_slope", 0.01f))),
        ["elu"] = g => g.Input("input").Elu(g.Number("alpha", 1)),
        ["selu"] = g => g.Input("input").Selu(),
        ["silu"] = g => g.Input("input").Silu(),
        ["gelu"] = g => g.Input("input").Gelu(g.Text("approximate") == "tanh"),
        ["mish"] = g => g.Input("input").Mish(),
        ["softplus"] = g => g.Input("input").Softplus(),
        ["relu6"] = g => g.Input("input").Relu6(),
        ["hardsigmoid"] = g => g.Input("input").HardSigmoid(),
        ["hardswish"] = g => g.Input("input").HardSwish(),
        ["tanh"] = g => g.Input("input").Tanh(),
        ["sigmoid"] = g => g.Input("input").Sigmoid(),
        ["add"] = g => g.Input("a") + g.Input("b"),
        ["sub"] = g => g.Input("a") - g.Input("b"),
        ["mul"] = g => g.Input("a") * g.Input("b"),
        ["div"] = g => g.Input("a") / g.Input("b"),
        ["matmul"] = g => g.Input("a").MatMul(g.Input("b"), g.Flag("transpose_a"), g.Flag("transpose_b")),
        ["concat"] = g => ArrangementOperations.Concat((int)g.Number("axis"), [.. g.Source.Inputs.Select(g.Input)]),
        ["linear"] = g => Linear(g, g.Input("input"), "weight", "bias"),
        ["embedding"] = g => g.Input("weight").Gather(g.Input(g.Source.Has("indices") ? "indices" : "input")),
        ["softmax"] = g => Softmax(g, logarithm: false),
        ["log_softmax"] = g => Softmax(g, logarithm: true),
        ["layernorm"] = LayerNormalization,
        ["mse"] = g => Elementwise(g, new MeanSquaredErrorLoss()),
        ["l1"] = g => Elementwise(g, new MeanAbsoluteErrorLoss()),
        ["huber"] = g => Elementwise(g, new HuberLoss(g.Number("delta", 1))),
        ["bce_with_logits"] = g => Elementwise(g, new BinaryCrossEntropyLoss()),
        ["multi_margin"] = g => new HingeLoss(g.Number("margin", 1), g.Number("p", 1) == 2, DivideByClasses: true).Apply(
            g.Input("input"), g.Input("target")),
        ["rnn"] = g => ReferenceNetworks.Recurrent(g, RecurrentCell.Rnn),
        ["lstm"] = g => ReferenceNetworks.Recurrent(g, RecurrentCell.Lstm),
        ["gru"] = g => ReferenceNetworks.Recurrent(g, RecurrentCell.Gru),
    };

    /// <summary>Whether the second dimension of an operation's tensors is that of the channels.</summary>
    public static bool HasChannels(string op) => OfChannels.ContainsKey(op);

    /// <summary>Builds a case's graph; null for an operation that does not exist yet.</summary>
    public static ReferenceGraph? Build(ReferenceCase source)
    {
        if (!OfChannels.TryGetValue(source.Op, out Func<ReferenceGraph, Value>? build) && !OfAnything.TryGetValue(source.Op, out build))
            return null;
        var graph = new ReferenceGraph(source);
        graph.Outputs["output"] = build(graph);
        return graph;
    }

    /// <summary>A convolution of inputs that have these names.</summary>
    public static Value Convolution(ReferenceGraph g, string input, string weight, string bias, ConvolutionGeometry geometry) =>
        Convolution(g, g.Input(input), g.Input(weight), g.Optional(bias), geometry);

    /// <summary>A fully connected layer whose parameters have these names.</summary>
    public static Value Linear(ReferenceGraph g, Value input, string weight, string bias)
    {
        var op = new MatrixProductOp(TransposeA: false, TransposeB: true);
        Value rows = input.Reshape(new Shape(input.Shape.Rows, input.Shape[^1])), w = g.Input(weight);
        Value y = g.Optional(bias) is { } b ? g.Graph.Add(op, rows, w, b) : g.Graph.Add(op, rows, w);
        return y.Reshape(new Shape([.. input.Shape.Dimensions[..^1], w.Shape[0]]));
    }

    private static Value Convolution(ReferenceGraph g, Value x, Value weight, Value? bias, ConvolutionGeometry geometry)
    {
        var op = new ConvolutionOp(geometry);
        return bias is null ? g.Graph.Add(op, x, weight) : g.Graph.Add(op, x, weight, bias);
    }

    private static Value TransposedConvolution(ReferenceGraph g)
    {
        Value x = g.Input("input"), weight = g.Input("weight");
        Window window = g.Window();
        int[] more = g.Sizes("output_padding", 0, 0);
        int groups = (int)g.Number("groups", 1);
        long height = Window.Reach(weight.Shape[1], window.DilationH) + ((x.Shape[1] - 1L) * window.StrideH) + more[0];
        long width = Window.Reach(weight.Shape[2], window.DilationW) + ((x.Shape[2] - 1L) * window.StrideW) + more[1];
        var result = new Shape(x.Shape[0], (int)height - window.PadTop - window.PadBottom, (int)width - window.PadLeft - window.PadRight,
            weight.Shape[3] * groups);
        Value y = g.Graph.Add(new ConvolutionInputGradientOp(new ConvolutionGeometry(window, groups), result), x, weight);
        return g.Optional("bias") is { } bias ? y + bias : y;
    }

    private static Size2d Size(ReferenceGraph g, string name) => (g.Sizes(name)[0], g.Sizes(name)[^1]);

    private static Value OfSignals(ReferenceGraph g, string input, Func<Value, Value> layer) =>
        Signals.FromImage(layer(Signals.ToImage(g.Input(input))));

    private static Value AsFilters(Value weight) => weight.Reshape(new Shape(weight.Shape[0], 1, weight.Shape[1], weight.Shape[2]));

    private static PoolingGeometry Pool(ReferenceGraph g)
    {
        int[] kernel = ReferenceGraph.Both(g.Sizes("kernel"));
        return new PoolingGeometry(g.Window() with { R = kernel[0], S = kernel[1] }, g.Flag("ceil_mode"), g.Flag("count_include_pad"));
    }

    private static Value Enlarged(ReferenceGraph g, Func<int, int, AxisWeights> weights)
    {
        Value x = g.Input("input");
        int[] size = g.Sizes("output_size"), scale = g.Sizes("scale", g.Sizes("scale_factor", 1, 1));
        (int height, int width) = size.Length > 0 ? (size[0], size[^1]) : (x.Shape[1] * scale[0], x.Shape[2] * scale[^1]);
        x = g.Graph.Add(new ResampleOp(1, weights(x.Shape[1], height)), x);
        return g.Graph.Add(new ResampleOp(2, weights(x.Shape[2], width)), x);
    }

    private static Value BatchNormalization(ReferenceGraph g)
    {
        Value x = g.Input("input"), runningMean = g.Input("running_mean"), runningVariance = g.Input("running_var");
        float epsilon = g.Number("eps", 1e-5f), momentum = g.Number("momentum", 0.1f);
        (Value? weight, Value? bias) = (g.Optional("weight"), g.Optional("bias"));
        if (!g.Flag("training")) return Norms.Apply(x, runningMean, runningVariance, epsilon, weight, bias);
        (Value mean, Value variance) = Norms.Moments(x, [.. Enumerable.Range(0, x.Shape.Rank - 1)]);
        (mean, variance) = (mean.Reshape(runningMean.Shape), variance.Reshape(runningMean.Shape));
        double count = (double)x.Shape.Count / mean.Shape.Count;
        g.Outputs["running_mean_after"] = runningMean.Scale(1 - momentum) + mean.Scale(momentum);
        g.Outputs["running_var_after"] = runningVariance.Scale(1 - momentum) + variance.Scale((float)(momentum * count / (count - 1)));
        return Norms.Apply(x, mean, variance, epsilon, weight, bias);
    }

    private static Value GroupNormalization(ReferenceGraph g, int groups) =>
        Norms.Groups(g.Input("input"), groups, g.Number("eps", 1e-5f), g.Optional("weight"), g.Optional("bias"));

    private static Value LayerNormalization(ReferenceGraph g)
    {
        Value x = g.Input("input");
        int dimensions = g.Sizes("normalized_shape").Length;
        (Value mean, Value variance) = Norms.Moments(x, [.. Enumerable.Range(x.Shape.Rank - dimensions, dimensions)]);
        return Norms.Apply(x, mean, variance, g.Number("eps", 1e-5f), g.Optional("weight"), g.Optional("bias"));
    }

    private static Value Softmax(ReferenceGraph g, bool logarithm)
    {
        Value x = g.Input("input");
        int rank = x.Shape.Rank, axis = ((int)g.Number("axis") + rank) % rank;
        // The dimension goes to the end and back: exchanging two undoes itself.
        int[] order = [.. Enumerable.Range(0, rank)];
        (order[axis], order[rank - 1]) = (rank - 1, axis);
        return g.Graph.Add(new SoftmaxOp(logarithm), x.Transpose(order)).Transpose(order);
    }

    private static Value CrossEntropy(ReferenceGraph g)
    {
        Value logits = g.Input("input"), target = g.Input("target");
        bool mean = g.Text("reduction") != "sum";
        float smoothing = g.Number("label_smoothing");
        return g.Optional("class_weight") is { } weights
            ? SoftmaxCrossEntropyLoss.OfProbabilities(logits, target.OneHot(logits.Shape[^1]), null, weights, smoothing, mean)
            : g.Graph.Add(new CrossEntropyOp(mean, smoothing), logits, target);
    }

    private static Value Elementwise(ReferenceGraph g, ElementwiseLoss loss)
    {
        Value output = g.Input("input"), mean = loss.Apply(output, g.Input("target"));
        return g.Text("reduction") == "sum" ? mean.Scale(output.Shape.Count) : mean;
    }
}
