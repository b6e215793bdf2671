namespace Fovea.Training;

/// <summary>Where training stands.</summary>
/// <param name="Epoch">The epoch, from 1.</param>
/// <param name="Epochs">How many there will be.</param>
/// <param name="Batch">How many batches of the epoch are done.</param>
/// <param name="Batches">How many it has.</param>
/// <param name="Step">How many steps were made in all.</param>
/// <param name="Loss">The loss of the last batch.</param>
/// <param name="MeanLoss">The mean loss of the epoch so far.</param>
/// <param name="Metrics">What the steps of the epoch measured so far, by name; valid during the call.</param>
/// <param name="LearningRate">The learning rate of the last step.</param>
/// <param name="ExamplesPerSecond">How fast this run of the epoch has been.</param>
/// <param name="TimeLeft">An estimate of the time until the last epoch ends.</param>
public readonly record struct TrainingProgress(
    int Epoch,
    int Epochs,
    int Batch,
    int Batches,
    long Step,
    float Loss,
    double MeanLoss,
    IReadOnlyDictionary<string, double> Metrics,
    float LearningRate,
    double ExamplesPerSecond,
    TimeSpan TimeLeft)
{
    /// <summary>The share classified rightly in the epoch so far; NaN if the task measures no accuracy.</summary>
    public double Accuracy => Metrics.TryGetValue(Classification.Accuracy, out double value) ? value : double.NaN;
}
