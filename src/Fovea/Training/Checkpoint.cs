using System.Text.Json;
using System.Text.Json.Serialization;
using Fovea.Files;
using Fovea.Layers;

namespace Fovea.Training;

/// <summary>Where training stands between two steps.</summary>
/// <remarks>What is not 0 where a file lacks it has a setter: generated code calls all that only an initialiser may set, with 0.</remarks>
internal sealed record TrainingState
{
    public int Epoch { get; init; }

    public int Batch { get; init; }

    public long Step { get; init; }

    public double LossSum { get; init; }

    /// <summary>The sums of the epoch's metrics so far.</summary>
    public double[] Sums { get; set; } = [];

    /// <summary>How many targets these sums are over.</summary>
    public double Counted { get; init; }

    /// <summary>In files of the first version what is now in <see cref="Sums"/>: how many examples were classified rightly.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Correct { get; init; }

    public double EpochSeconds { get; init; }

    public double Seconds { get; init; }

    /// <summary>What observers made of the learning rate.</summary>
    public float LearningRateFactor { get; set; } = 1;

    public IReadOnlyList<StoredEpoch> Epochs { get; set; } = [];

    /// <summary>The numbers that observers remember, by observer and name.</summary>
    public Dictionary<string, Dictionary<string, double>> Observers { get; set; } = [];

    /// <summary>What must be the same for the continuation to be the same training.</summary>
    [JsonPropertyName("SettingsByName")]
    public Dictionary<string, string> Settings { get; set; } = [];

    /// <summary>In files of the first versions what is now in <see cref="Settings"/>, in one text.</summary>
    [JsonPropertyName("Settings")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public string? SettingsText { get; init; }

    /// <summary>The state with metrics as they are kept now, whatever version of the file it is from.</summary>
    /// <param name="batchSize">Examples of a batch.</param>
    public TrainingState Current(int batchSize) =>
        Correct > 0 ? this with { Sums = [Correct], Counted = (double)Batch * batchSize, Correct = 0 } : this;
}

/// <summary>An epoch's result as checkpoints hold it.</summary>
internal sealed record StoredEpoch
{
    public int Epoch { get; init; }

    public double TrainLoss { get; init; }

    public double TestLoss { get; init; }

    public double Seconds { get; init; }

    public Dictionary<string, double>? TrainMetrics { get; init; }

    public Dictionary<string, double>? TestMetrics { get; init; }

    /// <summary>In files of the first version, instead of metrics.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? TrainAccuracy { get; init; }

    /// <inheritdoc cref="TrainAccuracy"/>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? TestAccuracy { get; init; }

    public static StoredEpoch Of(EpochResult result) => new()
    {
        Epoch = result.Epoch,
        TrainLoss = result.TrainLoss,
        TestLoss = result.TestLoss,
        Seconds = result.Seconds,
        TrainMetrics = new(result.TrainMetrics),
        TestMetrics = new(result.TestMetrics),
    };

    public EpochResult Result() =>
        new(Epoch, TrainLoss, Metrics(TrainMetrics, TrainAccuracy), TestLoss, Metrics(TestMetrics, TestAccuracy), Seconds);

    private static MetricValues Metrics(Dictionary<string, double>? metrics, double? accuracy) =>
        metrics is not null ? new MetricValues(metrics.Select(item => (item.Key, item.Value)))
        : accuracy is { } value && !double.IsNaN(value) ? new MetricValues([(Classification.Accuracy, value)])
        : MetricValues.None;
}

/// <summary>How the state is written as JSON, generated at compile time: reflection over types is not there in a trimmed program.</summary>
[JsonSourceGenerationOptions(NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(TrainingState))]
internal sealed partial class TrainingJson : JsonSerializerContext;

/// <summary>Everything that training needs to go on as if it had never stopped, in one safetensors file.</summary>
internal static class Checkpoint
{
    private const string Key = "fovea.training";

    public static void Save(
        string path, Network network, OptimizerState optimizer, TrainingState state, IReadOnlyList<ObserverState> observers)
    {
        Dictionary<string, string> metadata = WeightMetadata.Write(network);
        metadata[Key] = JsonSerializer.Serialize(state with { Observers = observers.ToDictionary(item => item.Name, item => item.Numbers) },
            TrainingJson.Default.TrainingState);
        Weights.Save(path, network.Stored.Concat(optimizer.Stored).Concat(observers.SelectMany(item => item.Stored)), metadata);
    }

    /// <summary>Reads a checkpoint into network, optimizer and observers. All is checked before anything is changed.</summary>
    /// <param name="path">The file.</param>
    /// <param name="network">The network.</param>
    /// <param name="optimizer">What the optimizer remembers.</param>
    /// <param name="check">Throws if the state belongs to another training.</param>
    /// <param name="observers">The observers.</param>
    /// <exception cref="InvalidDataException">The file is no checkpoint, or one of another training.</exception>
    /// <exception cref="IOException">The file is damaged or cannot be read.</exception>
    public static TrainingState Load(
        string path, Network network, OptimizerState optimizer, Action<TrainingState> check, ObserverStates observers)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        TrainingState state = ReadState(file);
        check(state);
        IReadOnlyList<ObserverState> remembered = observers.Empty();
        foreach (ObserverState observer in remembered.Where(item => state.Observers.ContainsKey(item.Name)))
            observer.Load(state.Observers[observer.Name], file);
        Action take = network.Read(file, optimizer.Stored);
        // Observers of a host's own may refuse what they are given.
        observers.Restore(remembered, state.Observers.Keys);
        take();
        return state;
    }

    private static TrainingState ReadState(SafetensorsFile file)
    {
        if (!file.Metadata.TryGetValue(Key, out string? json))
            throw new InvalidDataException(
                $"{file.FilePath} holds weights but no training state, so training cannot be resumed from it.");
        TrainingState? state;
        try
        {
            state = JsonSerializer.Deserialize(json, TrainingJson.Default.TrainingState);
        }
        catch (JsonException exception)
        {
            throw Damaged(exception.Message, exception);
        }
        if (state is null) throw Damaged("It is null.");
        object?[] parts = [state.Sums, state.Epochs, state.Observers, state.Settings];
        if (parts.Contains(null) || state.Epochs.Contains(null!) || state.Observers.ContainsValue(null!)
            || state.Settings.ContainsValue(null!))
            throw Damaged("A part of it is null.");
        if (state.Epoch < 0 || state.Batch < 0 || state.Step < state.Batch || state.Correct < 0)
            throw Damaged(FormattableString.Invariant(
                $"It stands at epoch {state.Epoch}, batch {state.Batch}, step {state.Step}, which cannot be."));
        if (!(state.LearningRateFactor > 0) || float.IsInfinity(state.LearningRateFactor))
            throw Damaged(FormattableString.Invariant($"Its factor of the learning rate is {state.LearningRateFactor}."));
        return state;

        InvalidDataException Damaged(string problem, Exception? cause = null) =>
            new($"{file.FilePath} is damaged: its training state cannot be read. {problem}", cause);
    }
}
