using System.Globalization;

namespace Fovea.Training;

/// <summary>Where training stands.</summary>
/// <param name="Epoch">The epoch, from 1.</param>
/// <param name="Epochs">How many there will be.</param>
/// <param name="Batch">How many batches of the epoch are done.</param>
/// <param name="Batches">How many it has.</param>
/// <param name="Step">How many steps were made in all.</param>
/// <param name="Loss">The loss of the last batch.</param>
/// <param name="MeanLoss">The mean loss of the epoch so far.</param>
/// <param name="Accuracy">The share classified rightly in the epoch so far.</param>
/// <param name="LearningRate">The learning rate of the last step.</param>
/// <param name="ExamplesPerSecond">How fast this run of the epoch has been.</param>
/// <param name="TimeLeft">An estimate of the time until the last epoch ends.</param>
public readonly record struct TrainingProgress(
    int Epoch, int Epochs, int Batch, int Batches, long Step, float Loss, double MeanLoss, double Accuracy, float LearningRate, double ExamplesPerSecond, TimeSpan TimeLeft);

/// <summary>Is told how training goes, on the thread that trains. It should return soon.</summary>
public interface ITrainingObserver
{
    /// <summary>Training begins or goes on.</summary>
    /// <param name="trainer">The trainer.</param>
    /// <param name="step">How many steps a checkpoint has made already.</param>
    void Started(Trainer trainer, long step)
    {
    }

    /// <summary>A step was made.</summary>
    void StepEnded(in TrainingProgress progress)
    {
    }

    /// <summary>An epoch's last step was made and the test set is next.</summary>
    void Evaluating(int epoch)
    {
    }

    /// <summary>An epoch has ended.</summary>
    void EpochEnded(EpochResult result)
    {
    }

    /// <summary>A checkpoint was written.</summary>
    void CheckpointWritten(string path)
    {
    }
}

/// <summary>Writes plain lines: one an epoch, and one now and then while an epoch lasts.</summary>
/// <param name="writer">Where to; the console's standard error if null.</param>
/// <param name="interval">How many seconds pass between lines within an epoch.</param>
public sealed class ConsoleObserver(TextWriter? writer = null, double interval = 5) : ITrainingObserver
{
    private readonly TextWriter writer = writer ?? Console.Error;
    private long last = System.Diagnostics.Stopwatch.GetTimestamp();

    /// <inheritdoc/>
    public void Started(Trainer trainer, long step)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        writer.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"training {trainer.Network.GetType().Name} ({trainer.Network.ParameterCount:N0} parameters) on {trainer.Device}{(step > 0 ? $", resumed after step {step}" : "")}"));
    }

    /// <inheritdoc/>
    public void StepEnded(in TrainingProgress progress)
    {
        if (System.Diagnostics.Stopwatch.GetElapsedTime(last).TotalSeconds < interval) return;
        last = System.Diagnostics.Stopwatch.GetTimestamp();
        writer.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"epoch {progress.Epoch}/{progress.Epochs}  batch {progress.Batch}/{progress.Batches}  loss {progress.MeanLoss:0.0000}  accuracy {progress.Accuracy:0.0000}  {progress.ExamplesPerSecond:0} images/s  {progress.TimeLeft:hh\\:mm\\:ss} left"));
    }

    /// <inheritdoc/>
    public void EpochEnded(EpochResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        last = System.Diagnostics.Stopwatch.GetTimestamp();
        writer.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"epoch {result.Epoch}  train loss {result.TrainLoss:0.0000}  accuracy {result.TrainAccuracy:0.0000}  test loss {result.TestLoss:0.0000}  accuracy {result.TestAccuracy:0.0000}  {result.Seconds:0.0} s"));
    }

    /// <inheritdoc/>
    public void CheckpointWritten(string path) => writer.WriteLine($"checkpoint {path}");
}
