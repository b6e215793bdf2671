using System.Globalization;
using Fovea.Core;

namespace Fovea.Training;

/// <summary>Ends training when a loss or metric has not improved for some epochs. A checkpoint remembers how many have passed.</summary>
public sealed class EarlyStopping : ITrainingObserver
{
    private readonly MonitoredValue monitored;
    private readonly int patience;
    private Trainer? trainer;

    /// <summary>Makes the observer.</summary>
    /// <param name="monitor">What is to improve: a name that <see cref="EpochResult"/> knows, such as <c>test_loss</c> or
    /// <c>test_accuracy</c>.</param>
    /// <param name="patience">How many epochs without improvement are waited for.</param>
    /// <param name="minimumChange">By how much at least a value must be better to count as an improvement.</param>
    /// <param name="higherIsBetter">Whether higher values are better; null for: not of losses and errors, but of everything else.</param>
    /// <exception cref="ArgumentOutOfRangeException">The patience is not positive, or the change is negative.</exception>
    public EarlyStopping(string monitor = "test_loss", int patience = 5, double minimumChange = 0, bool? higherIsBetter = null)
    {
        Require.Positive(patience, "EarlyStopping's patience");
        Require.NotNegative(minimumChange, "EarlyStopping's minimumChange");
        this.patience = patience;
        monitored = new MonitoredValue(monitor, higherIsBetter, minimumChange);
    }

    /// <summary>The best value so far; NaN before the first epoch.</summary>
    public double Best => monitored.Best;

    /// <inheritdoc/>
    public string StateName => $"early_stopping.{monitored.Name}";

    /// <inheritdoc/>
    public void SaveState(ObserverState state) => monitored.Save(state);

    /// <inheritdoc/>
    public void LoadState(ObserverState state) => monitored.Load(state);

    /// <inheritdoc/>
    public void Started(Trainer trainer, long step)
    {
        this.trainer = trainer;
        monitored.Start();
        StopIfDone();
    }

    /// <inheritdoc/>
    public void EpochEnded(EpochResult result)
    {
        monitored.Improves(result);
        StopIfDone();
    }

    private void StopIfDone()
    {
        if (monitored.Waited >= patience)
            trainer!.Stop(string.Create(CultureInfo.InvariantCulture,
                $"{monitored.Name} has not been better than {monitored.Best:G5} for {monitored.Waited} epochs"));
    }
}
