namespace Fovea.Training;

/// <summary>What one epoch gave.</summary>
/// <param name="Epoch">Its number, from 1.</param>
/// <param name="TrainLoss">The mean loss of its batches, while they were learnt.</param>
/// <param name="TrainMetrics">What its steps measured, while they were learnt.</param>
/// <param name="TestLoss">The mean loss on the test set after the epoch; NaN without one.</param>
/// <param name="TestMetrics">What was measured on the test set; empty without one.</param>
/// <param name="Seconds">How long it took, test included.</param>
public sealed record EpochResult(
    int Epoch, double TrainLoss, MetricValues TrainMetrics, double TestLoss, MetricValues TestMetrics, double Seconds)
{
    /// <summary>Whether anything was measured on a test set.</summary>
    public bool HasTest => !double.IsNaN(TestLoss) || TestMetrics.Count > 0;

    /// <summary>
    /// The share of its examples that were classified rightly, while they were learnt; NaN if the task measures no accuracy.
    /// </summary>
    public double TrainAccuracy => TrainMetrics.OrNaN(Classification.Accuracy);

    /// <summary>The share of the test set that is classified rightly; NaN without one, or if the task measures no accuracy.</summary>
    public double TestAccuracy => TestMetrics.OrNaN(Classification.Accuracy);

    /// <summary>
    /// Gives a loss or metric by name: <c>train_loss</c>, <c>test_loss</c>, or a metric's name after <c>train_</c> or <c>test_</c>.
    /// </summary>
    /// <exception cref="KeyNotFoundException">There is nothing of that name; the message names what there is.</exception>
    public double this[string name]
    {
        get
        {
            if (name == "train_loss") return TrainLoss;
            if (name == "test_loss") return TestLoss;
            foreach ((string part, MetricValues metrics) in new[] { ("train_", TrainMetrics), ("test_", TestMetrics) })
            {
                if (name.StartsWith(part, StringComparison.Ordinal) && metrics.TryGetValue(name[part.Length..], out double value))
                    return value;
            }
            IEnumerable<string> known = ["train_loss", "test_loss", .. TrainMetrics.Keys.Select(key => $"train_{key}"),
                .. TestMetrics.Keys.Select(key => $"test_{key}")];
            throw new KeyNotFoundException($"An epoch has no '{name}'. It has: {string.Join(", ", known)}.");
        }
    }
}

/// <summary>What training gave.</summary>
/// <param name="Epochs">Every epoch.</param>
/// <param name="Steps">How many steps were made in all.</param>
/// <param name="Seconds">How long it took, this run and those that it resumed.</param>
/// <param name="PeakBytes">Memory of parameters, optimizer state and plans.</param>
public sealed record TrainingResult(IReadOnlyList<EpochResult> Epochs, long Steps, double Seconds, long PeakBytes)
{
    /// <summary>Why an observer ended training; null if none did.</summary>
    public string? StopReason { get; init; }

    /// <summary>What was measured on the test set at the end; empty without a test set.</summary>
    public MetricValues TestMetrics => Epochs.Count == 0 ? MetricValues.None : Epochs[^1].TestMetrics;

    /// <summary>
    /// The share of the test set that is classified rightly at the end; NaN without a test set, or if the task measures no accuracy.
    /// </summary>
    public double TestAccuracy => TestMetrics.OrNaN(Classification.Accuracy);
}

/// <summary>What evaluating gave.</summary>
/// <param name="Loss">The mean loss.</param>
/// <param name="Metrics">What was measured, by name.</param>
/// <param name="Count">How many examples there were.</param>
/// <param name="Seconds">How long it took.</param>
public sealed record EvaluationResult(double Loss, MetricValues Metrics, int Count, double Seconds)
{
    /// <summary>The metrics that keep more than a number, such as a <see cref="ConfusionMatrix"/>.</summary>
    public IReadOnlyList<Metric> Details { get; init; } = [];

    /// <summary>The share that is classified rightly; NaN if the task measures no accuracy.</summary>
    public double Accuracy => Metrics.OrNaN(Classification.Accuracy);

    /// <summary>Gives one of <see cref="Details"/>.</summary>
    /// <typeparam name="T">Its class, such as <see cref="ConfusionMatrix"/>.</typeparam>
    /// <exception cref="InvalidOperationException">The task does not measure it.</exception>
    public T Detail<T>()
        where T : Metric =>
        Details.OfType<T>().FirstOrDefault() ?? throw new InvalidOperationException($"The task does not measure {typeof(T).Name}.");
}

/// <summary>The loss is no number any longer. The message names the step and what may help.</summary>
public sealed class TrainingDivergedException(string message) : Exception(message);
