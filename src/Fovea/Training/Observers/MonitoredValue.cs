namespace Fovea.Training;

/// <summary>Watches one loss or metric of the epochs for improvement.</summary>
internal sealed class MonitoredValue(string name, bool? higherIsBetter, double minimumChange)
{
    // Errors and losses are to fall, everything else is to rise.
    private static readonly string[] Falling = ["loss", "mae", "mse", "rmse", "error"];

    private readonly bool higherIsBetter = higherIsBetter ?? !Falling.Any(end => name.EndsWith(end, StringComparison.Ordinal));

    private bool isLoaded;

    public string Name => name;

    /// <summary>The best value so far; NaN before the first.</summary>
    public double Best { get; private set; } = double.NaN;

    /// <summary>How many epochs there were since the best.</summary>
    public int Waited { get; private set; }

    /// <summary>Takes in an epoch.</summary>
    /// <returns>Whether it is better than the best before by at least the minimum change.</returns>
    /// <exception cref="InvalidOperationException">The epoch does not measure the value.</exception>
    public bool Improves(EpochResult result)
    {
        double value = result[name];
        if (double.IsNaN(value))
        {
            string hint = name.StartsWith("test_", StringComparison.Ordinal) ? " Give Fit a test set, or watch train_loss." : "";
            throw new InvalidOperationException($"{name} of epoch {result.Epoch} is not a number, so nothing can be decided by it.{hint}");
        }
        bool improves = double.IsNaN(Best) || (higherIsBetter ? value > Best + minimumChange : value < Best - minimumChange);
        if (improves) (Best, Waited) = (value, 0);
        else Waited++;
        return improves;
    }

    /// <summary>Counts from here on anew, and keeps the best.</summary>
    public void StartWaiting() => Waited = 0;

    /// <summary>A training begins: forgets everything, unless it was loaded for this training.</summary>
    /// <returns>Whether all is forgotten.</returns>
    public bool Start()
    {
        bool isNew = !isLoaded;
        if (isNew) (Best, Waited) = (double.NaN, 0);
        isLoaded = false;
        return isNew;
    }

    public void Save(ObserverState state)
    {
        state["best"] = Best;
        state["waited"] = Waited;
    }

    public void Load(ObserverState state)
    {
        (Best, Waited) = (state["best"], (int)state["waited"]);
        isLoaded = true;
    }
}
