using Fovea.Core;

namespace Fovea.Training;

/// <summary>
/// A schedule that looks at the loss: multiplies the learning rate by a factor when a loss or metric has not improved for some epochs.
/// It goes together with any <see cref="Schedules.Schedule"/>. A checkpoint remembers how far it is.
/// </summary>
/// <remarks>As PyTorch's ReduceLROnPlateau with an absolute threshold.</remarks>
public sealed class ReduceOnPlateau : ITrainingObserver
{
    private readonly MonitoredValue monitored;
    private readonly float factor, minimumFactor;
    private readonly int patience;
    private Trainer? trainer;

    /// <summary>Makes the observer.</summary>
    /// <param name="monitor">What is to improve: a name that <see cref="EpochResult"/> knows, such as <c>test_loss</c> or
    /// <c>train_loss</c>.</param>
    /// <param name="factor">What the learning rate is multiplied by, between 0 and 1.</param>
    /// <param name="patience">How many epochs without improvement pass before the one that lowers the rate.</param>
    /// <param name="minimumFactor">Where lowering ends, as a share of the learning rate without it.</param>
    /// <param name="minimumChange">By how much at least a value must be better to count as an improvement.</param>
    /// <param name="higherIsBetter">Whether higher values are better; null for: not of losses and errors, but of everything else.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public ReduceOnPlateau(
        string monitor = "test_loss", float factor = 0.1f, int patience = 10, float minimumFactor = 1e-6f, double minimumChange = 0,
        bool? higherIsBetter = null)
    {
        if (!(factor > 0 && factor < 1))
            throw new ArgumentOutOfRangeException(nameof(factor), factor, "A factor lies between 0 and 1, both excluded.");
        if (!(minimumFactor > 0 && minimumFactor <= 1))
            throw new ArgumentOutOfRangeException(nameof(minimumFactor), minimumFactor, "It is greater than 0 and at most 1.");
        Require.NotNegative(patience, "ReduceOnPlateau's patience");
        Require.NotNegative(minimumChange, "ReduceOnPlateau's minimumChange");
        (this.factor, this.patience, this.minimumFactor) = (factor, patience, minimumFactor);
        monitored = new MonitoredValue(monitor, higherIsBetter, minimumChange);
    }

    /// <inheritdoc/>
    public string StateName => $"reduce_on_plateau.{monitored.Name}";

    /// <inheritdoc/>
    public void SaveState(ObserverState state) => monitored.Save(state);

    /// <inheritdoc/>
    public void LoadState(ObserverState state) => monitored.Load(state);

    /// <inheritdoc/>
    public void Started(Trainer trainer, long step)
    {
        this.trainer = trainer;
        monitored.Start();
    }

    /// <inheritdoc/>
    public void EpochEnded(EpochResult result)
    {
        if (monitored.Improves(result) || monitored.Waited <= patience) return;
        monitored.StartWaiting();
        trainer!.LearningRateFactor = Math.Max(minimumFactor, trainer.LearningRateFactor * factor);
    }
}
