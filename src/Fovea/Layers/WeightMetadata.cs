using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Fovea.Data;
using Fovea.Files;

namespace Fovea.Layers;

/// <summary>What a weight file says about its network besides the weights, so that it can be used without further arguments.</summary>
internal sealed record WeightMetadata(Normalization? Normalization, IReadOnlyList<string>? ClassNames, Training.TrainingTask? Task)
{
    /// <summary>The name in <see cref="Models.ModelCatalog"/>, if the network came from there.</summary>
    public const string Model = "fovea.model";

    /// <summary>The number of classes.</summary>
    public const string Classes = "fovea.classes";

    /// <summary>The input size, H×W×C.</summary>
    public const string Input = "fovea.input";

    private const string Mean = "fovea.mean", Deviation = "fovea.standard_deviation", Names = "fovea.class_names";

    public static Dictionary<string, string> Write(Network network)
    {
        var metadata = new Dictionary<string, string> { ["format"] = "pt", [Input] = string.Join('x', network.InputShape) };
        if (network.CatalogName is { } name) metadata[Model] = name;
        if (network.Classes > 0) metadata[Classes] = network.Classes.ToString(CultureInfo.InvariantCulture);
        if (network.Normalization is { } normalization)
        {
            metadata[Mean] = Text(normalization.Mean);
            metadata[Deviation] = Text(normalization.StandardDeviation);
        }
        if (network.ClassNames.Count > 0)
            metadata[Names] = JsonSerializer.Serialize([.. network.ClassNames], WeightMetadataJson.Default.StringArray);
        Training.TaskMetadata.Write(network.Task, metadata);
        return metadata;
    }

    /// <summary>Reads what a file says.</summary>
    /// <exception cref="InvalidDataException">Something of it is damaged; the message names the file.</exception>
    public static WeightMetadata Read(SafetensorsFile file, Shape input)
    {
        string key = Mean;
        try
        {
            float[]? mean = Value(file, key, WeightMetadataJson.Default.SingleArray);
            float[]? deviation = Value(file, key = Deviation, WeightMetadataJson.Default.SingleArray);
            bool isSound = mean is null ? deviation is null
                : mean.Length > 0 && mean.Length == deviation?.Length && mean.All(float.IsFinite)
                    && deviation.All(number => number > 0 && float.IsFinite(number));
            if (!isSound) throw new InvalidDataException("there must be a mean and a positive deviation for each channel.");
            if (mean is not null && ImageShape.Of(input) is { Channels: var channels } && channels != mean.Length
                && (mean.Length, channels) is not ((1, 3) or (3, 1)))
                throw new InvalidDataException($"it is of {mean.Length} channels, but the network's input has {channels}.");
            string[]? names = Value(file, key = Names, WeightMetadataJson.Default.StringArray);
            if (names?.Contains(null) == true) throw new InvalidDataException("one of the names is null.");
            key = Training.TaskMetadata.Task;
            Training.TrainingTask? task = Training.TaskMetadata.Read(file.Metadata);
            return new WeightMetadata(mean is null ? null : new Normalization(mean, deviation!), names, task);
        }
        catch (Exception exception) when (exception is JsonException or InvalidDataException)
        {
            throw new InvalidDataException($"{file.FilePath} is damaged: its {key} cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>Gives a network what was read.</summary>
    public void Apply(Network network)
    {
        if (Normalization is not null) network.Normalization = Normalization;
        if (ClassNames is not null) network.ClassNames = ClassNames;
        if (Task is not null) network.Task = Task;
    }

    private static T? Value<T>(SafetensorsFile file, string key, JsonTypeInfo<T> type)
        where T : class =>
        !file.Metadata.TryGetValue(key, out string? text) ? null
            : JsonSerializer.Deserialize(text, type) ?? throw new InvalidDataException("it is null.");

    private static string Text(IReadOnlyList<float> numbers) =>
        JsonSerializer.Serialize([.. numbers], WeightMetadataJson.Default.SingleArray);
}
