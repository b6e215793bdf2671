using System.Collections.Immutable;
using Fovea.Data;
using Fovea.Graph;
using Fovea.Initializers;
using Fovea.Layers;
using Fovea.Optimizers;
using Fovea.Training;

namespace Fovea.Tests;

/// <summary>Modules are found wherever a network keeps them, and one that it does not keep is an error.</summary>
internal sealed class ModuleTreeTests
{
    [Test]
    public void CollectionsAreNamedByIndexAndKey()
    {
        var network = new Collections();
        network.Build();
        Assert.That(network.Parameters.Select(parameter => parameter.Name), Is.EqualTo(new[]
        {
            "captured.0.weight", "array.0.weight", "array.1.weight", "list.0.weight", "immutable.0.weight", "immutable.1.weight",
            "branches.left.weight", "branches.right.weight", "nested.0.0.weight", "nested.1.0.weight", "nested.1.1.weight",
            "table.a.0.weight", "table.b.0.weight", "mixed.1.weight", "property.0.weight",
        }));
    }

    [Test]
    public void WhatIsInAListIsTrained()
    {
        using Device device = Device.Open("cpu", 2);
        var network = new Blocks();
        network.Initialize(1);
        float[][] before = [.. network.Parameters.Select(parameter => parameter.Value.Span.ToArray())];
        ImageDataset digits = Digits.Generate(trainCount: 40, testCount: 20, seed: 4);
        using var trainer = new Trainer(network, device, new TrainerOptions { Optimizer = new Sgd(0.1f), BatchSize = 20, Epochs = 1 });
        trainer.Fit(digits.Train);
        Assert.That(before, Has.Length.EqualTo(6));
        foreach ((float[] old, Parameter parameter) in before.Zip(network.Parameters))
            Assert.That(parameter.Value.Span.ToArray(), Is.Not.EqualTo(old), parameter.Name);
    }

    [Test]
    public void AModuleThatIsHeldTwiceIsOneWithTheFirstOfItsNames()
    {
        var network = new Shared();
        network.Build();
        Assert.That(network.Parameters.Select(parameter => parameter.Name), Is.EqualTo(new[] { "first.inner.weight", "first.inner.bias" }));
        Assert.That(network.ParameterCount, Is.EqualTo(4 * 4 + 4));
        Assert.That(NetworkSummary.Of(network).Parameters, Is.EqualTo(network.ParameterCount));
    }

    [Test]
    public void ALayerMadeInForwardIsAnError() => Assert.That(() => new MakesInForward().Build(), Throws.InvalidOperationException
        .With.Message.StartsWith("block (MakesLayer): Forward applies a Linear that MakesInForward does not hold")
        .And.Message.Contains("Keep it in a field"));

    [Test]
    public void ALayerInAnUnknownCollectionIsAnError() => Assert.That(() => new KeepsInSet().Build(), Throws.InvalidOperationException
        .With.Message.StartsWith("KeepsInSet: Forward applies a Linear that KeepsInSet does not hold"));

    [Test]
    public void ForwardInsteadOfApplyIsAnError([Values] bool dropout) =>
        Assert.That(() => new CallsForward(dropout).Build(training: true), Throws.InvalidOperationException
            .With.Message.StartsWith($"CallsForward: Forward of a {(dropout ? "Dropout" : "Linear")} was called directly. Call Apply"));

    // Nothing is left behind by the error: the same network builds once it is right.
    [Test]
    public void AfterAnErrorPathsAreRight()
    {
        var graph = new ComputationGraph();
        Value x = graph.Input("x", new Shape(1, 4));
        Assert.That(() => new MakesInForward().Apply(x), Throws.InvalidOperationException);
        Assert.That(graph.Path, Is.Empty);
        var layer = new Linear(2);
        layer.Apply(x);
        Assert.That(layer.Parameters.First().Name, Is.EqualTo("weight"));
    }

    [Test]
    public void ALayerThatForwardMakesOnceAndKeepsIsFound()
    {
        var network = new Lazy();
        network.Build();
        network.Build(3);
        Assert.That(network.Parameters.Select(parameter => parameter.Name), Is.EqualTo(new[] { "layer.weight", "layer.bias" }));
    }

    [Test]
    public void TwoModulesOfOneNameAreAnError() => Assert.That(() => new SameName().Build(), Throws.InvalidOperationException
        .With.Message.Contains("SameName holds two modules called 'layer', a Linear and a Conv2d"));

    [Test]
    public void AKeyWithADotIsAnError() => Assert.That(() => new DottedKey().Build(), Throws.InvalidOperationException
        .With.Message.Contains("the dictionary 'branches' holds a Linear under the key 'a.b'"));

    [Test]
    public void ModulesThatReferToTheirParentAndCollectionsThatHoldThemselvesEnd()
    {
        var network = new Circular();
        network.Build();
        Assert.That(network.Parameters.Select(parameter => parameter.Name), Is.EqualTo(new[] { "child.layer.weight", "child.layer.bias" }));
    }

    [Test]
    public void APartOfANetworkHasTheNamesOfTheNetworkThatIsSaved()
    {
        var part = new Blocks();
        var whole = new Outer(part);
        whole.Build();
        part.Build();
        Assert.That(part.Stored.First().Name, Is.EqualTo("blocks.0.weight"));
        Assert.That(whole.Stored.First().Name, Is.EqualTo("part.blocks.0.weight"));
    }

    [Test]
    public void WhatACompositionComputesItselfIsInTheSummary()
    {
        NetworkSummary summary = NetworkSummary.Of(new Scaled());
        Assert.That(summary.Layers.Select(layer => (layer.Path, layer.Kind, layer.Parameters, layer.MultiplyAdds)),
            Is.EqualTo(new[] { ("", "Scaled", 12L, 12L), ("layer", "Linear", 20L, 16L) }));
        Assert.That(summary.Parameters, Is.EqualTo(new Scaled().ParameterCount));
    }

    private sealed class Weight : Module
    {
        public override Value Forward(Value x) => x + Use(x.Graph, "weight", Shape.Scalar, Initializer.Zero);
    }

    private sealed class Collections(params Weight[] captured) : Network(new Shape(4))
    {
        private readonly Weight[] array = [new(), new()];
        private readonly List<Weight> list = [new()];
        private readonly ImmutableArray<Weight> immutable = [new(), new()];
        private readonly Dictionary<string, Module> branches = new() { ["right"] = new Weight(), ["left"] = new Weight() };
        private readonly List<Weight[]> nested = [[new()], [new(), new()]];
        private readonly SortedDictionary<string, List<Weight>> table = new() { ["b"] = [new()], ["a"] = [new()] };
        private readonly object[] mixed = ["text", new Weight()];
        private readonly IReadOnlyList<Weight> again = captured;

        public Collections() : this([new Weight()])
        {
        }

        public IReadOnlyList<Weight> Property { get; } = [new()];

        public override Value Forward(Value x)
        {
            IEnumerable<Module> all = [.. array, .. list, .. immutable, .. branches.Values, .. nested.SelectMany(row => row),
                .. table.Values.SelectMany(row => row), .. Property, .. mixed.OfType<Module>(), .. captured, .. again];
            return all.Aggregate(x, (value, module) => module.Apply(value));
        }
    }

    private sealed class Blocks() : Network(new Shape(8, 8, 1))
    {
        private readonly List<Linear> blocks = [new(16), new(16), new(10)];

        public override Value Forward(Value x) => blocks.Aggregate(x.Flatten(), (value, block) => block.Apply(value));
    }

    private sealed class Outer(Blocks part) : Network(new Shape(8, 8, 1))
    {
        public override Value Forward(Value x) => part.Apply(x);
    }

    private sealed class Holder(Linear inner) : Module
    {
        public override Value Forward(Value x) => inner.Apply(x);
    }

    private sealed class Shared : Network
    {
        private readonly Holder first, second;

        public Shared() : base(new Shape(4))
        {
            var layer = new Linear(4);
            (first, second) = (new Holder(layer), new Holder(layer));
        }

        public override Value Forward(Value x) => first.Apply(second.Apply(x));
    }

    private sealed class MakesLayer : Module
    {
        public override Value Forward(Value x) => new Linear(3).Apply(x);
    }

    private sealed class MakesInForward() : Network(new Shape(4))
    {
        private readonly MakesLayer block = new();

        public override Value Forward(Value x) => block.Apply(x);
    }

    private sealed class KeepsInSet() : Network(new Shape(4))
    {
        private readonly HashSet<Linear> layers = [new(3)];

        public override Value Forward(Value x) => layers.Single().Apply(x);
    }

    private sealed class CallsForward(bool dropout) : Network(new Shape(4))
    {
        private readonly Module layer = dropout ? new Dropout() : new Linear(3);

        public override Value Forward(Value x) => layer.Forward(x);
    }

    private sealed class Lazy() : Network(new Shape(4))
    {
        private Linear? layer;

        public override Value Forward(Value x) => (layer ??= new Linear(3)).Apply(x);
    }

    private sealed class SameName() : Network(new Shape(4))
    {
        private readonly Linear layer = new(3);

        public Conv2d Layer { get; } = new(3, 3);

        public override Value Forward(Value x) => layer.Apply(x);
    }

    private sealed class DottedKey() : Network(new Shape(4))
    {
        private readonly Dictionary<string, Linear> branches = new() { ["a.b"] = new(3) };

        public override Value Forward(Value x) => branches["a.b"].Apply(x);
    }

    private sealed class Circular : Network
    {
        private readonly Child child;
        private readonly List<object> itself = [];

        public Circular() : base(new Shape(4))
        {
            child = new Child(this);
            itself.Add(itself);
        }

        public override Value Forward(Value x) => child.Apply(x);

        private sealed class Child(Circular parent) : Module
        {
            private readonly Linear layer = new(3);

            public Circular Parent => parent;

            public override Value Forward(Value x) => layer.Apply(x);
        }
    }

    private sealed class Scaled() : Network(new Shape(4))
    {
        private readonly Linear layer = new(4);

        public override Value Forward(Value x) => layer.Apply(x).MatMul(Use(x.Graph, "mixing", new Shape(4, 3), new HeNormal()));
    }
}
