using System.Text.Json;
using Fovea.Graph;
using Fovea.Layers;
using Fovea.Ops;

namespace Fovea.Verification;

/// <summary>The graph of a reference case: its inputs as values, its outputs by name.</summary>
internal sealed class ReferenceGraph(ReferenceCase source)
{
    private readonly Dictionary<string, Value> inputs = [];

    public ComputationGraph Graph { get; } = new();

    public Dictionary<string, Value> Outputs { get; } = [];

    public IReadOnlyDictionary<string, Value> Inputs => inputs;

    /// <summary>Tensors that are ordered in a way of their own.</summary>
    public Dictionary<string, ParameterLayout> Layouts { get; } = [];

    /// <summary>How the file orders a tensor: images and filters channel first.</summary>
    public ParameterLayout Layout(string name) =>
        Layouts.GetValueOrDefault(name) ?? (source.Shape(name).Rank == 4 ? ParameterLayout.Filters : ParameterLayout.Same);

    /// <summary>An input, in this engine's layout.</summary>
    public Value Input(string name)
    {
        if (inputs.TryGetValue(name, out Value? known)) return known;
        bool labels = (source.Op is "softmax_cross_entropy" or "net_lenet5") && name == "target";
        return inputs[name] = Graph.Input(name, Layout(name).Internal(source.Shape(name)), labels ? DType.Int32 : DType.Float32);
    }

    public Value? Optional(string name) => source.Has(name) && source.Inputs.Contains(name) ? Input(name) : null;

    public float Number(string name, float otherwise = 0) =>
        source.Attributes.TryGetProperty(name, out JsonElement value) ? value.GetSingle() : otherwise;

    public bool Flag(string name) => source.Attributes.TryGetProperty(name, out JsonElement value) && value.GetBoolean();

    public string? Text(string name) => source.Attributes.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;

    public int[] Sizes(string name, params int[] otherwise) =>
        source.Attributes.TryGetProperty(name, out JsonElement value) ? [.. value.EnumerateArray().Select(size => size.GetInt32())]
            : otherwise;

    public Window Window()
    {
        int[] stride = Sizes("stride", 1, 1), padding = Sizes("padding", 0, 0, 0, 0), dilation = Sizes("dilation", 1, 1);
        return new Window
        {
            StrideH = stride[0],
            StrideW = stride[1],
            PadTop = padding[0],
            PadLeft = padding[1],
            PadBottom = padding[2],
            PadRight = padding[3],
            DilationH = dilation[0],
            DilationW = dilation[1]
        };
    }
}

/// <summary>How each operation of the reference cases is built from this engine's.</summary>
internal static class ReferenceGraphs
{
    private static readonly Dictionary<string, Func<ReferenceGraph, Value>> Builders = new()
    {
        ["conv2d"] = g => Convolution(g, "input", "weight", "bias", new ConvolutionGeometry(g.Window(), (int)g.Number("groups", 1))),
        ["maxpool2d"] = g => g.Graph.Add(new MaxPoolingOp(Pool(g)), g.Input("input")),
        ["avgpool2d"] = g => g.Graph.Add(new AveragePoolingOp(Pool(g)), g.Input("input")),
        ["lrn"] = g => g.Graph.Add(new LocalResponseNormalizationOp(
            (int)g.Number("size"), g.Number("alpha"), g.Number("beta"), g.Number("k")), g.Input("input")),
        ["relu"] = g => g.Input("input").Relu(),
        ["leaky_relu"] = g => g.Input("input").LeakyRelu(g.Number("alpha")),
        ["prelu"] = g => g.Input("input").Prelu(g.Input("weight")),
        ["elu"] = g => g.Input("input").Elu(g.Number("alpha", 1)),
        ["silu"] = g => g.Input("input").Silu(),
        ["tanh"] = g => g.Input("input").Tanh(),
        ["sigmoid"] = g => g.Input("input").Sigmoid(),
        ["add"] = g => g.Input("a") + g.Input("b"),
        ["linear"] = g => Linear(g, g.Input("input"), "weight", "bias"),
        ["mse"] = g => new Losses.MeanSquaredErrorLoss().Apply(g.Input("input"), g.Input("target")),
        ["softmax_cross_entropy"] = g => g.Graph.Add(
            new CrossEntropyOp(g.Text("reduction") != "sum", g.Number("label_smoothing")), g.Input("input"), g.Input("target")),
        ["net_lenet5"] = LeNet5,
    };

    /// <summary>Builds a case's graph; null for an operation, or a form of it, that does not exist yet.</summary>
    public static ReferenceGraph? Build(ReferenceCase source)
    {
        var graph = new ReferenceGraph(source);
        if ((source.Op is "softmax" or "log_softmax") && (int)graph.Number("axis") == source.Shape("input").Rank - 1
            && source.Shape("input").Rank != 4)
        {
            graph.Outputs["output"] = graph.Graph.Add(new SoftmaxOp(source.Op == "log_softmax"), graph.Input("input"));
            return graph;
        }
        if (source.Op == "adaptive_avgpool2d" && graph.Sizes("output_size").All(size => size == 1))
        {
            graph.Outputs["output"] = new Layers.GlobalAvgPool2d().Forward(graph.Input("input"));
            return graph;
        }
        if (!Builders.TryGetValue(source.Op, out Func<ReferenceGraph, Value>? build)) return null;
        if (source.Op == "mse" && graph.Text("reduction") is not (null or "mean")) return null;
        if (source.Op == "softmax_cross_entropy" && (source.Shape("input").Rank != 2 || source.Has("class_weight"))) return null;
        graph.Outputs["output"] = build(graph);
        return graph;
    }

    private static Value LeNet5(ReferenceGraph g)
    {
        var pool = new MaxPoolingOp(new PoolingGeometry(Window.Of(2, 0) with { R = 2, S = 2 }));
        var plain = new ConvolutionGeometry(new Window());
        Value x = g.Graph.Add(pool, Convolution(g, "input", "conv1_weight", "conv1_bias", new ConvolutionGeometry(Window.Of(1, 2))).Relu());
        x = g.Graph.Add(new ConvolutionOp(plain), x, g.Input("conv2_weight"), g.Input("conv2_bias")).Relu();
        x = g.Graph.Add(pool, x);
        // The case flattens channel first, so its first matrix is reordered like any network's.
        g.Layouts["fc1_weight"] = ParameterLayout.Flattened(x.Shape[1], x.Shape[2], x.Shape[3]);
        x = Linear(g, x.Flatten(), "fc1_weight", "fc1_bias").Relu();
        x = Linear(g, x, "fc2_weight", "fc2_bias").Relu();
        Value logits = Linear(g, x, "fc3_weight", "fc3_bias");
        g.Outputs["logits"] = logits;
        return g.Graph.Add(new CrossEntropyOp(), logits, g.Input("target"));
    }

    private static Value Convolution(ReferenceGraph g, string input, string weight, string bias, ConvolutionGeometry geometry)
    {
        var op = new ConvolutionOp(geometry);
        return g.Optional(bias) is { } b ? g.Graph.Add(op, g.Input(input), g.Input(weight), b)
            : g.Graph.Add(op, g.Input(input), g.Input(weight));
    }

    private static Value Linear(ReferenceGraph g, Value input, string weight, string bias)
    {
        var op = new MatrixProductOp(TransposeA: false, TransposeB: true);
        return g.Optional(bias) is { } b ? g.Graph.Add(op, input, g.Input(weight), b) : g.Graph.Add(op, input, g.Input(weight));
    }

    private static PoolingGeometry Pool(ReferenceGraph g)
    {
        int[] kernel = g.Sizes("kernel");
        return new PoolingGeometry(g.Window() with { R = kernel[0], S = kernel[1] }, g.Flag("ceil_mode"), g.Flag("count_include_pad"));
    }
}
