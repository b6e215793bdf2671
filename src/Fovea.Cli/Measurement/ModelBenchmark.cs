using Fovea.Compilation;
using Fovea.Core.Tuning;
using Fovea.Execution;
using Fovea.Graph;
using Fovea.Layers;
using Fovea.Losses;
using Fovea.Models;
using Fovea.Optimizers;

namespace Fovea.Cli.Measurement;

/// <summary>What measuring one network gave; the fields are those of the JSON.</summary>
internal sealed record BenchmarkResult(
    string Model, string Mode, int Batch, double MedianMs, double MinMs, double ImagesPerSecond, double Gflops, long PeakBytes);

/// <summary>Times a network on random images: a forward pass, or a whole training step.</summary>
internal static class ModelBenchmark
{
    /// <summary>A rate at which steps on random labels leave the parameters what they are, in their order of magnitude.</summary>
    private const float LearningRate = 1e-6f;

    public static BenchmarkResult Run(
        ModelInfo model, bool train, int batch, Device device, CompileOptions compile, double seconds, CancellationToken cancellation)
    {
        int classes = model.Input[2] == 1 ? 10 : 1000;
        Network network = ModelCatalog.Create(model.Name, classes);
        network.Initialize();
        using Executable executable = train ? Training(network, batch, device, compile, cancellation)
            : Inference(network, batch, device, compile, cancellation);
        executable.Prepare(cancellation);
        float[] images = new float[batch * network.InputShape.Count], output = new float[train ? 1 : batch * classes];
        var random = new Random(1);
        for (int i = 0; i < images.Length; i++) images[i] = (float)((random.NextDouble() * 2) - 1);
        int[] labels = [.. Enumerable.Range(0, batch).Select(_ => random.Next(classes))];
        int step = 0;

        Timings timings = Timings.Repeat(() =>
        {
            executable.Write("input", images);
            if (train) executable.Write("labels", labels);
            if (train) executable.Write("rate", [LearningRate]);
            if (executable.Inputs.Contains("step")) executable.Write("step", [step++]);
            executable.Run();
            executable.Read(0, output);
        }, seconds, cancellation);
        double median = timings.Median;
        return new BenchmarkResult(
            model.Name, train ? "train" : "infer", batch, median * 1e3, timings.Min * 1e3, batch / median,
            2.0 * executable.MultiplyAdds / median / 1e9, executable.Plan.PeakBytes + executable.Plan.VariableBytes);
    }

    private static Executable Inference(
        Network network, int batch, Device device, CompileOptions compile, CancellationToken cancellation)
    {
        ComputationGraph graph = network.Build(batch);
        return device.Compile(graph, compile, [graph.Named["output"].Softmax()], null, cancellation);
    }

    private static Executable Training(
        Network network, int batch, Device device, CompileOptions compile, CancellationToken cancellation)
    {
        ComputationGraph graph = network.Build(batch, training: true);
        Value loss = new SoftmaxCrossEntropyLoss().Apply(graph.Named["output"], graph.Input("labels", new Shape(batch), DType.Int32));
        Value[] parameters = [.. network.Parameters.Select(graph.Read)];
        IReadOnlyList<Value> gradients = graph.Differentiate(loss, parameters);
        Value rate = graph.Input("rate", Shape.Scalar);
        // The same for every network, whatever it is best trained with: steps of different engines are then comparable.
        Optimizer optimizer = new Sgd(LearningRate, Momentum: 0.9f);
        for (int i = 0; i < parameters.Length; i++)
        {
            Value[] states = [.. optimizer.StateNames.Select(name => graph.Read(new Variable(name, parameters[i].Shape)))];
            optimizer.AddUpdate(parameters[i], gradients[i], states, [rate]);
        }
        return device.Compile(graph, compile, [loss], null, cancellation);
    }
}
