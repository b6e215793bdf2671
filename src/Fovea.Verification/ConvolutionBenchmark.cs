using System.Diagnostics;
using Fovea.Compilation;
using Fovea.Core.Tuning;
using Fovea.Execution;
using Fovea.Ops;

namespace Fovea.Verification;

/// <summary>What measuring one algorithm at one pass of a convolution gave.</summary>
/// <param name="Algorithm">How it was computed.</param>
/// <param name="Pass">What was computed.</param>
/// <param name="MedianMs">The median of its times in milliseconds.</param>
/// <param name="MinMs">The least of them: what a machine that others use too shows of its own speed.</param>
/// <param name="Gflops">Multiplications and additions of direct convolution in a nanosecond of the median time, however many the algorithm
/// makes.</param>
/// <param name="WorkspaceBytes">Its scratch memory in bytes.</param>
/// <param name="MaxError">The largest error over the largest number of the float64 result, on normally distributed numbers.</param>
/// <param name="Chosen">Whether <see cref="ConvolutionAlgorithm.Auto"/> takes it.</param>
public sealed record ConvolutionMeasurement(
    ConvolutionAlgorithm Algorithm, ConvolutionPass Pass, double MedianMs, double MinMs, double Gflops, long WorkspaceBytes,
    double MaxError, bool Chosen);

/// <summary>Measures every algorithm of a convolution that applies: how long it takes and how exact it is.</summary>
public static class ConvolutionBenchmark
{
    private const int FewestRuns = 5, MostRuns = 2000;

    /// <summary>One that takes so many times as long as the fastest is run no oftener than it must.</summary>
    private const double SlowdownLimit = 4;

    /// <summary>Checks that sizes fit together, and that each tensor can be held.</summary>
    /// <exception cref="ShapeException">They do not, or one cannot.</exception>
    public static void Check(ConvolutionShape shape)
    {
        ConvolutionProblem problem = ConvolutionProblem.Of(shape, ConvolutionPass.Forward);
        foreach (TensorSpec tensor in (TensorSpec[])[.. problem.Inputs, .. problem.Op.Infer(problem.Inputs)])
        {
            if (tensor.Shape.Count * sizeof(float) > int.MaxValue)
                throw new ShapeException(
                $"A tensor of {tensor.Shape} takes {tensor.Shape.Count * sizeof(float)} bytes, more than 2 GiB. Use smaller sizes.");
        }
    }

    /// <summary>Measures.</summary>
    /// <param name="device">The device.</param>
    /// <param name="shape">The convolution.</param>
    /// <param name="options">Limits the memory, and says how <see cref="ConvolutionAlgorithm.Auto"/> chooses.</param>
    /// <param name="seconds">How long to measure each algorithm at each pass, about.</param>
    /// <param name="progress">Is told of each pass before it begins.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="ShapeException">The sizes do not fit together, or a tensor is too large.</exception>
    /// <exception cref="NotSupportedException">The device cannot compute convolutions.</exception>
    public static IReadOnlyList<ConvolutionMeasurement> Run(
        Device device, ConvolutionShape shape, CompileOptions? options = null, double seconds = 1, Action<ConvolutionPass>? progress = null,
            CancellationToken cancellation = default)
    {
        Check(shape);
        options = (options ?? CompileOptions.Default) with { ConvolutionAlgorithm = ConvolutionAlgorithm.Auto };
        ConvolutionChooser chooser = (device.Backend as IConvolutionBackend)?.Convolutions
            ?? throw new NotSupportedException($"{device.Info.Name} has no convolutions to measure.");
        var results = new List<ConvolutionMeasurement>();
        foreach (ConvolutionPass pass in Enum.GetValues<ConvolutionPass>())
        {
            progress?.Invoke(pass);
            ConvolutionProblem problem = ConvolutionProblem.Of(shape, pass);
            (ConvolutionAlgorithm chosen, IStep step) = chooser.Choose(problem, options, device.Progress, cancellation);
            (step as IDisposable)?.Dispose();
            results.AddRange(Measure(device.Backend, chooser, problem, options, seconds, chosen, cancellation));
        }
        return results;
    }

    private static IEnumerable<ConvolutionMeasurement> Measure(
        IBackend backend, ConvolutionChooser chooser, ConvolutionProblem problem, CompileOptions options, double seconds,
            ConvolutionAlgorithm chosen, CancellationToken cancellation)
    {
        using var trial = new ConvolutionTrial(backend, problem);
        (ConvolutionAlgorithm Algorithm, IStep Step)[] candidates = [.. chooser.Candidates(problem, options)];
        double[] errors = new double[candidates.Length];
        for (int i = 0; i < candidates.Length; i++)
        {
            trial.Add(candidates[i].Step, cancellationToken: cancellation);
            trial.FillResultWithNaN();
            trial.Run(i);
            errors[i] = ConvolutionSums.MaxError(problem.Shape, problem.Pass, trial.Operands, trial.Read());
        }
        // Machines are shared and change their clock, so the algorithms take turns.
        Timings[] times = [.. candidates.Select(_ => new Timings())];
        double best = double.PositiveInfinity;
        long start = Stopwatch.GetTimestamp();
        for (int round = 0; round <= FewestRuns
            || (round < MostRuns && Stopwatch.GetElapsedTime(start).TotalSeconds < seconds * candidates.Length); round++)
        {
            for (int i = 0; i < candidates.Length; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                if (round > FewestRuns && times[i].Min > SlowdownLimit * best) continue;
                double time = trial.Run(i);
                // The first round warms up: caches, pages, compiled code.
                if (round == 0) continue;
                times[i].Add(time);
                best = Math.Min(best, time);
            }
        }
        double operations = 2.0 * problem.Shape.MultiplyAdds;
        for (int i = 0; i < candidates.Length; i++)
        {
            (ConvolutionAlgorithm algorithm, IStep step) = candidates[i];
            double median = times[i].Median;
            yield return new(algorithm, problem.Pass, median * 1e3, times[i].Min * 1e3, operations / median / 1e9, step.WorkspaceBytes,
                errors[i], algorithm == chosen);
        }
    }
}
