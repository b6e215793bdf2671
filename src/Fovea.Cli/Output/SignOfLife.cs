using System.Diagnostics;
using Fovea.Data;
using Fovea.Execution;
using Fovea.Training;

namespace Fovea.Cli.Output;

/// <summary>
/// Says what the command is at where nothing else has been said for a moment: in the moving line of a terminal, elsewhere in a plain line
/// now and then. What is done in less time shows nothing.
/// </summary>
internal sealed class SignOfLife : IDisposable, IProgress<PreparationProgress>, IProgress<ReadingProgress>, IProgress<string>,
    IProgress<EvaluationProgress>
{
    /// <summary>How often a moving line is drawn anew, and how long nothing is said between two lines that stay.</summary>
    private static readonly TimeSpan FramePeriod = TimeSpan.FromSeconds(0.25), Interval = TimeSpan.FromSeconds(10);

    private readonly Host host;
    private readonly Lock gate = new();
    private readonly ManualResetEventSlim disposed = new();
    private Thread? clock;
    private string activity = "", detail = "";
    private double? part;
    private long begun;
    private bool hasSpoken;

    public SignOfLife(Host host) => this.host = host;

    /// <summary>Names what is done from now on.</summary>
    public void Begin(string what)
    {
        lock (gate)
        {
            (activity, detail, part, begun, hasSpoken) = (what, "", null, Stopwatch.GetTimestamp(), false);
            if (clock is not null || host.Patience == Timeout.InfiniteTimeSpan) return;
            // A thread of its own: work that takes long may have all threads of the pool.
            clock = new Thread(Watch) { IsBackground = true, Name = "sign of life" };
            clock.Start();
        }
    }

    /// <summary>Says more of what is done.</summary>
    /// <param name="what">How far it is, or with what it is busy.</param>
    /// <param name="share">How much of it is done; null if nobody knows.</param>
    public void Detail(string what, double? share = null)
    {
        lock (gate) (detail, part) = (what, share);
    }

    /// <summary>Is silent from now on.</summary>
    public void End()
    {
        lock (gate)
        {
            if (activity.Length == 0) return;
            activity = "";
            if (hasSpoken) host.Live?.End();
        }
    }

    public void Report(PreparationProgress value) => Detail($"{value}", (double)value.Done / Math.Max(1, value.Total));

    public void Report(ReadingProgress value) => Detail(
        $"{value.File}, {Show.Bytes(value.BytesRead)} of {Show.Bytes(value.TotalBytes)}",
        (double)value.BytesRead / Math.Max(1, value.TotalBytes));

    public void Report(EvaluationProgress value) =>
        Detail($"{Show.Count(value.Done)} of {Show.Count(value.Total)}", (double)value.Done / value.Total);

    public void Report(string value) => Detail(value);

    public void Dispose()
    {
        End();
        disposed.Set();
    }

    private void Watch()
    {
        while (!disposed.Wait(FramePeriod)) Tick();
    }

    private void Tick()
    {
        lock (gate)
        {
            if (activity.Length == 0) return;
            bool isLive = host.Live is not null;
            TimeSpan silence = Stopwatch.GetElapsedTime(Math.Max(host.LastSaid, begun));
            if (silence < (hasSpoken && !isLive ? Interval : host.Patience)) return;
            hasSpoken = true;
            string text = detail.Length > 0 ? $"{activity}: {detail}" : activity, time = Show.Duration(Stopwatch.GetElapsedTime(begun));
            if (host.Live is { } live) live.Update(text, part, [new(time, 0)], isFrame: true);
            else host.Error.WriteLine($"{text} ({time})");
        }
    }
}
