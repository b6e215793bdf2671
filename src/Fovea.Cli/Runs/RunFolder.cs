using System.Text.Json;
using Fovea.Cli.Output;
using Fovea.Core.Files;
using Fovea.Training;

namespace Fovea.Cli.Runs;

/// <summary>The folder that a training leaves behind.</summary>
internal sealed class RunFolder(string path)
{
    private const string WeightsName = "weights.safetensors", CheckpointName = "checkpoint.safetensors", MetricsName = "metrics.jsonl",
        SettingsName = "run.json";

    public string Path { get; } = path;

    public string Weights => File(WeightsName);

    public string Checkpoint => File(CheckpointName);

    public string Metrics => File(MetricsName);

    public string Settings => File(SettingsName);

    /// <summary>The settings of the training whose folder this is; null if there are none.</summary>
    public RunSettings? ReadSettings()
    {
        if (!System.IO.File.Exists(Settings)) return null;
        try
        {
            return JsonSerializer.Deserialize<RunSettings>(System.IO.File.ReadAllText(Settings), Json.Line)
                ?? throw new JsonException("it is empty.");
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{Settings} is damaged: {exception.Message}", exception);
        }
    }

    /// <summary>Makes room for a new training: the files of an earlier one go to a folder beside this one.</summary>
    /// <returns>Where they went; null if there were none.</returns>
    public string? SetAside()
    {
        string[] files = [.. new[] { Settings, Metrics, Checkpoint, Weights }.Where(System.IO.File.Exists)];
        if (files.Length == 0) return null;
        string whole = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(Path));
        string aside = Enumerable.Range(1, int.MaxValue).Select(i => Show.Text($"{whole}.{i}"))
            .First(name => !Directory.Exists(name) && !System.IO.File.Exists(name));
        OutputPath.MakeFolder(aside);
        foreach (string file in files) System.IO.File.Move(file, System.IO.Path.Combine(aside, System.IO.Path.GetFileName(file)));
        return System.IO.Path.GetRelativePath(Environment.CurrentDirectory, aside);
    }

    public void WriteSettings(RunSettings settings)
    {
        OutputPath.MakeFolder(Path);
        System.IO.File.WriteAllText(Settings, JsonSerializer.Serialize(settings, Json.Indented) + "\n");
    }

    /// <summary>
    /// Adds an epoch to the metrics. Lines of the same and of later epochs, from a training that broke off there, are replaced.
    /// </summary>
    public void WriteMetrics(EpochResult result)
    {
        IEnumerable<string> before = System.IO.File.Exists(Metrics)
            ? System.IO.File.ReadAllLines(Metrics).Where(line => EpochOf(line) < result.Epoch) : [];
        System.IO.File.WriteAllLines(Metrics, [.. before, JsonSerializer.Serialize(EpochRow.Of(result), Json.Line)]);
    }

    private static int EpochOf(string line)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            return document.RootElement.GetProperty("epoch").GetInt32();
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return int.MaxValue;
        }
    }

    private string File(string name) => System.IO.Path.Combine(Path, name);
}
