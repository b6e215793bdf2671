using System.Diagnostics;
using System.Globalization;
using System.Text;
using Fovea.Execution;

namespace Fovea.Training;

/// <summary>Writes plain lines: one an epoch, and one now and then while an epoch, its test or the preparation lasts.</summary>
/// <param name="writer">Where to; the console's standard error if null.</param>
/// <param name="interval">How many seconds pass between lines within an epoch; before its first step one comes after two.</param>
public sealed class ConsoleObserver(TextWriter? writer = null, double interval = 5) : ITrainingObserver
{
    private const double Patience = 2;

    private readonly TextWriter writer = writer ?? Console.Error;
    private long last = Stopwatch.GetTimestamp();
    private bool hasWaited;

    /// <inheritdoc/>
    public void Preparing(in PreparationProgress progress)
    {
        if (!IsTime(hasWaited ? Math.Max(Patience, interval) : Patience)) return;
        hasWaited = true;
        writer.WriteLine(progress.ToString());
    }

    /// <inheritdoc/>
    public void Started(Trainer trainer, long step)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        string resumed = step > 0 ? Text($", resumed after step {step}") : "";
        string network = Text($"{trainer.Network.GetType().Name} ({trainer.Network.ParameterCount:N0} parameters)");
        writer.WriteLine($"training {network} on {trainer.Device}{resumed}");
        if (trainer.EpochBatches?.Notice is { } notice) writer.WriteLine(notice);
    }

    /// <inheritdoc/>
    public void StepEnded(in TrainingProgress progress)
    {
        if (!IsTime(interval)) return;
        TrainingProgress p = progress;
        string metrics = Values(p.Metrics.Keys, p.Metrics);
        string speed = Text($"{p.ExamplesPerSecond:0} examples/s  {p.TimeLeft:hh\\:mm\\:ss} left");
        writer.WriteLine(Text($"epoch {p.Epoch}/{p.Epochs}  batch {p.Batch}/{p.Batches}  loss {p.MeanLoss:0.0000}{metrics}  {speed}"));
    }

    /// <inheritdoc/>
    public void BatchEvaluated(int epoch, in EvaluationProgress progress)
    {
        if (IsTime(interval)) writer.WriteLine(Text($"epoch {epoch}  testing  {progress.Done} of {progress.Total}"));
    }

    /// <inheritdoc/>
    public void EpochEnded(EpochResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        last = Stopwatch.GetTimestamp();
        // Of the test's metrics those that training measures too: the line is to be read at a glance.
        string train = Values(result.TrainMetrics.Keys, result.TrainMetrics);
        string test = result.HasTest
            ? Text($"  test loss {result.TestLoss:0.0000}{Values(result.TrainMetrics.Keys, result.TestMetrics)}")
            : "";
        string losses = Text($"train loss {result.TrainLoss:0.0000}{train}{test}");
        writer.WriteLine(Text($"epoch {result.Epoch}  {losses}  {result.Seconds:0.0} s"));
    }

    /// <inheritdoc/>
    public void CheckpointWritten(string path) => writer.WriteLine($"checkpoint {path}");

    private bool IsTime(double seconds)
    {
        if (Stopwatch.GetElapsedTime(last).TotalSeconds < seconds) return false;
        last = Stopwatch.GetTimestamp();
        return true;
    }

    private static string Values(IEnumerable<string> names, IReadOnlyDictionary<string, double> metrics)
    {
        var text = new StringBuilder();
        foreach (string name in names)
        {
            double value = metrics.TryGetValue(name, out double known) ? known : double.NaN;
            text.Append(CultureInfo.InvariantCulture, $"  {name} {value:0.0000}");
        }
        return text.ToString();
    }

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
