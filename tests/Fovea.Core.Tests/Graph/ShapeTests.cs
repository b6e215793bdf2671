using Fovea.Graph;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Ops;

namespace Fovea.Core.Tests;

/// <summary>Shapes that do not fit are refused while the graph is built, with the layer and the sizes.</summary>
internal sealed class ShapeTests
{
    private sealed class Chain(Shape input, params Module[] modules) : Network(input)
    {
        private readonly Sequential body = new(modules);

        public override Value Forward(Value x) => body.Apply(x);
    }

    private static readonly (string Name, Action Build, string[] Message)[] Refused =
    [
        ("image too small", () => new LeNet5(10, new Shape(10, 10, 1)).Build(), ["conv2: ", "5×5", "3×3"]),
        ("pooling too large", () => new Vgg(11, 10, new Shape(16, 16, 3)).Build(), ["features.20: ", "spans 2", "into an image of 1×1"]),
        ("convolution of vectors", () => new Chain(new Shape(7), new Layers.Conv2d(3, 3)).Build(2), ["body.0: ", "2×7"]),
        ("linear of images", () => new Chain(new Shape(4, 4, 3), new Relu(), new Linear(5)).Build(2), ["body.1: ", "2×4×4×3", "Flatten"]),
        ("groups", () => new Chain(new Shape(4, 4, 5), new Layers.Conv2d(4, 3, groups: 2)).Build(),
            ["body.0: ", "2 groups", "5 input channels"]),
        ("groups of filters", () => new Chain(new Shape(4, 4, 4), new Layers.Conv2d(5, 3, groups: 2)).Build(),
            ["body.0: ", "2 groups", "5 filters"]),
        ("pooling of vectors", () => new Chain(new Shape(4), new Layers.MaxPool2d(2)).Build(), ["body.0: ", "1×4"]),
        ("global pooling of vectors", () => new Chain(new Shape(4), new GlobalAvgPool2d()).Build(), ["body.0: ", "1×4"]),
        ("padding beyond half the window", () => new Chain(new Shape(8, 8, 1), new Layers.MaxPool2d(2, padding: 2)).Build(),
            ["body.0: ", "2×2"]),
        ("stride 0", () => new Chain(new Shape(8, 8, 1), new Layers.Conv2d(1, 3, stride: 0)).Build(), ["body.0: ", "stride", "0×0"]),
        ("dropout of everything", () => new Chain(new Shape(8), new Layers.Dropout(1)).Build(training: true), ["body.0: ", "not 1"]),
        ("another input size", () =>
        {
            var layer = new Linear(3);
            new Chain(new Shape(4), layer).Build();
            new Chain(new Shape(5), layer).Build();
        }, ["body.0.weight", "3×4", "3×5"]),
    ];

    [TestCaseSource(nameof(Refused))]
    public void LayersThatDoNotFit((string Name, Action Build, string[] Message) refused)
    {
        var exception = Assert.Throws<ShapeException>(() => refused.Build())!;
        foreach (string part in refused.Message) Assert.That(exception.Message, Does.Contain(part));
        Assert.That(exception.Message.Split(refused.Message[0]), Has.Length.EqualTo(2), "the layer is named once");
    }

    private static readonly (string Name, Func<ComputationGraph, Value> Build, string Message)[] RefusedOperations =
    [
        ("elementwise", g => In(g, 2, 3) + In(g, 2, 4), "3 is not 4"),
        ("product", g => In(g, 2, 3).MatMul(In(g, 4, 5)), "3 is not 4"),
        ("product of images", g => In(g, 2, 3, 4).MatMul(In(g, 4, 5)), "2×3×4"),
        ("bias of a product", g => g.Add(new MatrixProductOp(false, false), In(g, 2, 3), In(g, 3, 5), In(g, 4)), "bias is 4"),
        ("channels", g => g.Add(new ConvolutionOp(new(new())), In(g, 1, 4, 4, 3), In(g, 2, 3, 3, 4)),
            "take 4 channels, but the input 1×4×4×3 has 3"),
        ("bias of a convolution", g => g.Add(new ConvolutionOp(new(new())), In(g, 1, 4, 4, 3), In(g, 2, 3, 3, 3), In(g, 3)), "2 filters"),
        ("reshape", g => In(g, 2, 3).Reshape(new Shape(4)), "6 elements"),
        ("sum", g => In(g, 2, 3).Sum(1, 2), "no dimensions 1 to 2"),
        ("labels", g => g.Add(new CrossEntropyOp(), In(g, 2, 3), g.Input("labels", new Shape(3), DType.Int32)), "need 2 labels, not 3"),
        ("labels' type", g => g.Add(new CrossEntropyOp(), In(g, 2, 3), In(g, 2)), "Int32, not Float32"),
        ("map", g => g.Add(new MapOp(Expression.Input(0) + Expression.Input(1)), In(g, 4, 3), In(g, 4, 1)),
            "4×1 does not fit a result of 4×3"),
        ("dilated average", g => g.Add(new AveragePoolingOp(new(Window.Of(1, 0, 2) with { R = 2, S = 2 })), In(g, 1, 5, 5, 1)),
            "no dilation"),
    ];

    [TestCaseSource(nameof(RefusedOperations))]
    public void OperationsThatDoNotFit((string Name, Func<ComputationGraph, Value> Build, string Message) refused) =>
        Assert.That(
            () => refused.Build(new ComputationGraph()), Throws.InstanceOf<ShapeException>().With.Message.Contains(refused.Message));

    [Test]
    public void ValuesOfAnotherGraphAndNamesGivenTwiceAreRefused()
    {
        ComputationGraph one = new(), other = new();
        Value x = one.Input("x", new Shape(2));
        Assert.That(() => x + other.Input("y", new Shape(2)), Throws.ArgumentException.With.Message.Contains("another graph"));
        Assert.That(() => one.Input("x", new Shape(3)), Throws.ArgumentException.With.Message.Contains("'x'"));
        Assert.That(() => new Shape(2, 0), Throws.InstanceOf<ShapeException>().With.Message.Contains("2×0"));
    }

    private static Value In(ComputationGraph graph, params int[] sizes) => graph.Input($"x{graph.Nodes.Count}", new Shape(sizes));
}
