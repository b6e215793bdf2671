using BenchmarkDotNet.Attributes;
using Fovea.Graph;
using Fovea.Layers;
using Fovea.Losses;
using Fovea.Models;

namespace Fovea.Perf.Benchmarks;

/// <summary>Whole networks: inference, and forward with backward.</summary>
public class ModelBenchmarks : GraphBenchmark
{
    /// <summary>Network and batch.</summary>
    [Params("lenet5,64", "alexnet,16", "vgg16,2")]
    public string Model { get; set; } = "";

    [Params(false, true)]
    public bool Training { get; set; }

    protected override Value Build(ComputationGraph graph)
    {
        string[] parts = Model.Split(',');
        Network network = ModelCatalog.Create(parts[0], classes: 10);
        network.Initialize(1);
        Value output = network.Apply(graph.Input("input", network.InputShape.Prepend(int.Parse(parts[1]))));
        if (!Training) return output;
        Value loss = new SoftmaxCrossEntropyLoss().Apply(output, graph.Input("labels", new Shape(output.Shape[0]), DType.Int32));
        // One number that depends on every gradient, so that none is left out.
        IReadOnlyList<Value> gradients = graph.Differentiate(loss, [.. network.Parameters.Select(graph.Read)]);
        return gradients.Select(gradient => gradient.Sum()).Aggregate((a, b) => a + b);
    }
}
