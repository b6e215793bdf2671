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

    /// <summary>The folder for a new training: the one that is named, or the next free name if that holds a training.</summary>
    public static RunFolder ForNew(string path)
    {
        var named = new RunFolder(path);
        return !named.HoldsTraining ? named
            : Numbered(path).First(folder => !Directory.Exists(folder.Path) && !System.IO.File.Exists(folder.Path));
    }

    /// <summary>The training to go on with where no folder is named: of all that began with that name, the last at work.</summary>
    public static RunFolder Latest(string path) =>
        Numbered(path).TakeWhile(folder => Directory.Exists(folder.Path)).Prepend(new RunFolder(path))
            .Where(folder => System.IO.File.Exists(folder.Checkpoint))
            .MaxBy(folder => System.IO.File.GetLastWriteTimeUtc(folder.Checkpoint)) ?? new RunFolder(path);

    private bool HoldsTraining => new[] { Settings, Metrics, Checkpoint, Weights }.Any(System.IO.File.Exists);

    private static IEnumerable<RunFolder> Numbered(string path)
    {
        string whole = System.IO.Path.TrimEndingDirectorySeparator(path);
        if (System.IO.Path.GetFileName(whole) is "" or "." or "..")
            whole = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        return Enumerable.Range(2, int.MaxValue - 2).Select(number => new RunFolder(Show.Text($"{whole}.{number}")));
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
