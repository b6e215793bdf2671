using BenchmarkDotNet.Attributes;
using Fovea.Execution;
using Fovea.Graph;

namespace Fovea.Perf.Benchmarks;

/// <summary>Runs one small graph on random data.</summary>
public abstract class GraphBenchmark
{
    private Device device = null!;
    private Executable executable = null!;
    private readonly Dictionary<string, float[]> floats = [];
    private readonly Dictionary<string, int[]> labels = [];

    [Params(1, 0)]
    public int Threads { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        device = Device.Open("cpu", Threads);
        var graph = new ComputationGraph();
        Value result = Build(graph);
        executable = device.Compile(graph, result);
        var random = new System.Random(1);
        foreach ((string name, Value value) in graph.Named)
        {
            int count = (int)value.Shape.Count;
            if (value.Spec.DType == DType.Int32) labels[name] = [.. Enumerable.Range(0, count).Select(_ => random.Next(10))];
            else floats[name] = [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() * 2) - 1)];
        }
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        executable.Dispose();
        device.Dispose();
    }

    // A run may reuse its inputs' memory for later results, so they are written anew.
    [IterationSetup]
    public void WriteInputs()
    {
        foreach ((string name, float[] values) in floats) executable.Write(name, values);
        foreach ((string name, int[] values) in labels) executable.Write(name, values);
    }

    [Benchmark]
    public void Run() => executable.Run();

    /// <summary>Builds what is measured; inputs are found by their names.</summary>
    protected abstract Value Build(ComputationGraph graph);
}
