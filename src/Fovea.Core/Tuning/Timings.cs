using System.Diagnostics;

namespace Fovea.Core.Tuning;

/// <summary>What some runs of one thing took, in seconds: the one timer of all that measures.</summary>
internal sealed class Timings
{
    private const int FewestRuns = 3, MostRuns = 10_000;

    private readonly List<double> seconds = [];

    /// <summary>How many runs.</summary>
    public int Count => seconds.Count;

    /// <summary>The middle one, or the mean of the two in the middle.</summary>
    public double Median
    {
        get
        {
            double[] sorted = [.. seconds.Order()];
            return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
        }
    }

    /// <summary>The shortest one; infinity if there was none.</summary>
    public double Min => seconds.DefaultIfEmpty(double.PositiveInfinity).Min();

    /// <summary>Times one run.</summary>
    public static double Of(Action run)
    {
        long start = Stopwatch.GetTimestamp();
        run();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>Times run after run until the time is up, after a fifth of it for warming up: caches, pages, compiled code.</summary>
    public static Timings Repeat(Action run, double seconds, CancellationToken cancellation)
    {
        Repeat(run, seconds / 5, 2, cancellation);
        return Repeat(run, seconds, FewestRuns, cancellation);
    }

    /// <summary>Times a run and keeps it.</summary>
    public double Add(Action run)
    {
        double time = Of(run);
        Add(time);
        return time;
    }

    /// <summary>Keeps a time.</summary>
    public void Add(double time) => seconds.Add(time);

    private static Timings Repeat(Action run, double limit, int fewest, CancellationToken cancellation)
    {
        var result = new Timings();
        long start = Stopwatch.GetTimestamp();
        while (result.Count < fewest || (result.Count < MostRuns && Stopwatch.GetElapsedTime(start).TotalSeconds < limit))
        {
            cancellation.ThrowIfCancellationRequested();
            result.Add(run);
        }
        return result;
    }
}
