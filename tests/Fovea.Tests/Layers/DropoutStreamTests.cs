using Fovea.Graph;
using Fovea.Layers;
using Fovea.Ops;

namespace Fovea.Tests;

/// <summary>Which elements a dropout drops depends on seed, step and the layer's path alone.</summary>
internal sealed class DropoutStreamTests
{
    [Test]
    public void AnotherLayerBeforeItLeavesItsMasksAlone() =>
        Assert.That(Streams(new Before())["last"], Is.EqualTo(Streams(new Alone())["last"]));

    [Test]
    public void LayersAndApplicationsHaveMasksOfTheirOwn()
    {
        uint[] streams = [.. Operations(new Before()).Select(op => op.Stream)];
        // Two layers, and one that is applied twice.
        Assert.That(streams, Has.Length.EqualTo(4));
        Assert.That(streams, Is.Unique);
    }

    [Test]
    public void TheGradientUsesTheMaskOfItsApplication()
    {
        var network = new Before();
        ComputationGraph graph = network.Build(training: true);
        graph.Differentiate(graph.Named["output"].Sum(), graph.Named["input"]);
        Assert.That(graph.Nodes.Select(node => node.Op).OfType<DropoutOp>().GroupBy(op => op.Stream).Select(group => group.Count()),
            Is.EqualTo(new[] { 2, 2, 2, 2 }));
    }

    // Pinned, since masks are part of what resuming a training repeats.
    [Test]
    public void StreamsAreTheSameInEveryProcess() => Assert.That(Streams(new Alone())["last"], Is.EqualTo(Hash("last#0")));

    // FNV-1a; the upper half of an ASCII letter is 0.
    private static uint Hash(string text) =>
        text.Aggregate(2166136261u, (hash, letter) => (hash ^ letter) * 16777619u * 16777619u);

    private static IEnumerable<DropoutOp> Operations(Network network) =>
        network.Build(training: true).Nodes.Select(node => node.Op).OfType<DropoutOp>();

    private static Dictionary<string, uint> Streams(Network network) =>
        network.Build(training: true).Nodes.Where(node => node.Op is DropoutOp)
        .DistinctBy(node => node.Path).ToDictionary(node => node.Path, node => ((DropoutOp)node.Op).Stream);

    private sealed class Alone() : Network(new Shape(4))
    {
        private readonly Dropout last = new();

        public override Value Forward(Value x) => last.Apply(x);
    }

    private sealed class Before() : Network(new Shape(4))
    {
        private readonly Dropout first = new(), twice = new(), last = new();

        public override Value Forward(Value x) => last.Apply(twice.Apply(twice.Apply(first.Apply(x))));
    }
}
