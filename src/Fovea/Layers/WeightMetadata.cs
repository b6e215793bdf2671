using System.Globalization;
using System.Text.Json;
using Fovea.Data;

namespace Fovea.Layers;

/// <summary>What a weight file says about its network besides the weights, so that it can be used without further arguments.</summary>
internal static class WeightMetadata
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

    public static void Read(IReadOnlyDictionary<string, string> metadata, Network network)
    {
        if (metadata.TryGetValue(Mean, out string? mean) && metadata.TryGetValue(Deviation, out string? deviation))
            network.Normalization = new Normalization(Numbers(mean), Numbers(deviation));
        if (metadata.TryGetValue(Names, out string? names))
            network.ClassNames = JsonSerializer.Deserialize(names, WeightMetadataJson.Default.StringArray)!;
        if (Training.TaskMetadata.Read(metadata) is { } task) network.Task = task;
    }

    private static string Text(IReadOnlyList<float> numbers) =>
        JsonSerializer.Serialize([.. numbers], WeightMetadataJson.Default.SingleArray);

    private static float[] Numbers(string text) => JsonSerializer.Deserialize(text, WeightMetadataJson.Default.SingleArray)!;
}
