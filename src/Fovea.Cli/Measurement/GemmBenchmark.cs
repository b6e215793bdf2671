using Fovea.Compilation;
using Fovea.Core.Tuning;
using Fovea.Execution;
using Fovea.Graph;

namespace Fovea.Cli.Measurement;

/// <summary>
/// What measuring a matrix product on some threads gave; the fields are those of the JSON. Only of the CPU the peak is known.
/// </summary>
internal sealed record GemmResult(int Threads, double MedianMs, double MinMs, double Gflops, double? PeakGflops, double? PercentOfPeak);

/// <summary>Times C = A·B for row-major matrices beside the processor's own peak.</summary>
internal static class GemmBenchmark
{
    private const int Rounds = 5, PeaksEachRound = 5;

    public static GemmResult Run(int rows, int columns, int depth, Device device, double seconds, CancellationToken cancellation)
    {
        var graph = new ComputationGraph();
        Value product = graph.Read(Random("a", new Shape(rows, depth))).MatMul(graph.Read(Random("b", new Shape(depth, columns))));
        using Executable executable = device.Compile(graph, CompileOptions.Default, [product], null, cancellation);
        executable.Prepare(cancellation);
        using FmaPeak? peak = device.Info.Name == "cpu" ? new FmaPeak(device.Threads) : null;
        // Machines are shared and change their clock, so both sides take turns. Whatever disturbs the loop makes it slower, so its
        // best is the peak.
        var medians = new Timings();
        double shortest = double.PositiveInfinity;
        double peakGflops = 0;
        for (int round = 0; round < Rounds; round++)
        {
            for (int i = 0; peak is not null && i < PeaksEachRound; i++) peakGflops = Math.Max(peakGflops, peak.Measure());
            Timings timings = Timings.Repeat(Run, seconds / Rounds, cancellation);
            medians.Add(timings.Median);
            shortest = Math.Min(shortest, timings.Min);
        }
        double median = medians.Median;
        double gflops = 2.0 * rows * columns * depth / median / 1e9;
        return new GemmResult(device.Threads, median * 1e3, shortest * 1e3, gflops,
            peak is null ? null : peakGflops, peak is null ? null : 100 * gflops / peakGflops);

        void Run()
        {
            executable.Run();
            device.Synchronize();
        }
    }

    private static Variable Random(string name, Shape shape)
    {
        var variable = new Variable(name, shape);
        var random = new Random(name.Length);
        foreach (ref float value in variable.Value.Span) value = (float)((random.NextDouble() * 2) - 1);
        return variable;
    }
}
