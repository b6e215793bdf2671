using BenchmarkDotNet.Attributes;
using Fovea.Graph;
using Fovea.Ops;

namespace Fovea.Perf.Benchmarks;

/// <summary>Everything that is no product, forward and backward, on activations of AlexNet's size.</summary>
public class LayerBenchmarks : GraphBenchmark
{
    [Params("relu", "tanh", "max-pool", "avg-pool", "lrn", "softmax", "cross-entropy", "dropout", "bias-gradient")]
    public string Layer { get; set; } = "";

    protected override Value Build(ComputationGraph graph)
    {
        Value x = graph.Input("x", Layer is "softmax" or "cross-entropy" ? new Shape(256, 1000) : new Shape(16, 55, 55, 96));
        var pool = new PoolingGeometry(Window.Of(2, 0) with { R = 3, S = 3 });
        Value y = Layer switch
        {
            "relu" => x.Relu(),
            "tanh" => x.Tanh(),
            "max-pool" => graph.Add(new MaxPoolingOp(pool), x),
            "avg-pool" => graph.Add(new AveragePoolingOp(pool), x),
            "lrn" => graph.Add(new LocalResponseNormalizationOp(5, 1e-4f, 0.75f, 2), x),
            "softmax" => x.Softmax(),
            "cross-entropy" => graph.Add(new CrossEntropyOp(), x, graph.Input("labels", new Shape(256), DType.Int32)),
            "dropout" => graph.Add(new DropoutOp(0.5f, 1, 0), x, graph.Step),
            _ => x.Sum(0, 3),
        };
        return Layer == "bias-gradient" ? y : graph.Differentiate([y], [graph.Input("dy", y.Shape)], [x])[0];
    }
}
