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
    public string Settings { get; set; } = "";

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
    /// <exception cref="InvalidDataException">The file is no checkpoint, or one of another training.</exception>
    public static TrainingState Load(
        string path, Network network, OptimizerState optimizer, string settings, IReadOnlyList<ObserverState> observers)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        TrainingState? state = null;
        try
        {
            if (file.Metadata.TryGetValue(Key, out string? json))
                state = JsonSerializer.Deserialize(json, TrainingJson.Default.TrainingState);
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{path} is damaged: its training state cannot be read. {exception.Message}", exception);
        }
        if (state is null)
            throw new InvalidDataException($"{path} holds weights but no training state, so training cannot be resumed from it.");
        if (state.Settings != settings)
            throw new InvalidDataException(
                string.Join(Environment.NewLine, $"{path} belongs to a training with other settings:",
                    $"  there: {state.Settings}", $"  here:  {settings}", "Use the same settings, or another folder."));
        network.Load(file, optimizer.Stored);
        foreach (ObserverState observer in observers.Where(item => state.Observers.ContainsKey(item.Name)))
            observer.Load(state.Observers[observer.Name], file);
        return state;
    }
}
