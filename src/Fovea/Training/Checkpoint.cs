using System.Text.Json;
using Fovea.Files;
using Fovea.Layers;

namespace Fovea.Training;

/// <summary>Where training stands between two steps.</summary>
internal sealed record TrainingState
{
    public int Epoch { get; init; }

    public int Batch { get; init; }

    public long Step { get; init; }

    public double LossSum { get; init; }

    public long Correct { get; init; }

    public double EpochSeconds { get; init; }

    public double Seconds { get; init; }

    public IReadOnlyList<EpochResult> Epochs { get; init; } = [];

    /// <summary>What must be the same for the continuation to be the same training.</summary>
    public string Settings { get; init; } = "";
}

/// <summary>Everything that training needs to go on as if it had never stopped, in one safetensors file.</summary>
internal static class Checkpoint
{
    private const string Key = "fovea.training";

    public static void Save(string path, Network network, OptimizerState optimizer, TrainingState state)
    {
        Dictionary<string, string> metadata = Card.Write(network);
        metadata[Key] = JsonSerializer.Serialize(state, CheckpointJson.Default.TrainingState);
        Weights.Save(path, network.Stored.Concat(optimizer.Stored), metadata);
    }

    /// <exception cref="InvalidDataException">The file is no checkpoint, or one of another training.</exception>
    public static TrainingState Load(string path, Network network, OptimizerState optimizer, string settings)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        if (!file.Metadata.TryGetValue(Key, out string? json)
            || JsonSerializer.Deserialize(json, CheckpointJson.Default.TrainingState) is not { } state)
            throw new InvalidDataException($"{path} holds weights but no training state, so training cannot be resumed from it.");
        if (state.Settings != settings)
            throw new InvalidDataException($"{path} belongs to a training with other settings:{Environment.NewLine}  there: {state.Settings}{Environment.NewLine}  here:  {settings}{Environment.NewLine}Use the same settings, or another folder.");
        network.Load(file);
        Weights.Load(file, optimizer.Stored);
        return state;
    }
}
