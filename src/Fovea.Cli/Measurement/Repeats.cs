using System.Diagnostics;

namespace Fovea.Cli.Measurement;

/// <summary>How long something takes, over many repeats.</summary>
internal readonly record struct Timing(double MedianSeconds, double MinSeconds);

/// <summary>Times something until enough is known of it.</summary>
internal static class Repeats
{
    private const int FewestRuns = 3, MostRuns = 10_000;

    /// <summary>Runs until the time is up, after a fifth of that for warming up: caches, pages, compiled code.</summary>
    public static Timing Measure(Action run, double seconds, CancellationToken cancellation)
    {
        Repeat(seconds / 5, 2);
        double[] times = [.. Repeat(seconds, FewestRuns).Order()];
        int middle = times.Length / 2;
        return new Timing(times.Length % 2 == 1 ? times[middle] : (times[middle - 1] + times[middle]) / 2, times[0]);

        List<double> Repeat(double limit, int fewest)
        {
            var result = new List<double>();
            long start = Stopwatch.GetTimestamp();
            while (result.Count < fewest || (result.Count < MostRuns && Stopwatch.GetElapsedTime(start).TotalSeconds < limit))
            {
                cancellation.ThrowIfCancellationRequested();
                long begun = Stopwatch.GetTimestamp();
                run();
                result.Add(Stopwatch.GetElapsedTime(begun).TotalSeconds);
            }
            return result;
        }
    }
}
