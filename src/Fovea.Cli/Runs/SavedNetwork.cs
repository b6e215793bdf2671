using System.CommandLine;
using System.Text.Json;
using Fovea.Cli.Options;
using Fovea.Cli.Output;
using Fovea.Layers;
using Fovea.Models;

namespace Fovea.Cli.Runs;

/// <summary>A trained network, and the settings of its training where they are known.</summary>
internal sealed record SavedNetwork(Network Network, string Weights, RunSettings? Settings)
{
    /// <summary>The network's name in the catalogue.</summary>
    public string Model => Network.CatalogName ?? Network.GetType().Name;

    /// <summary>For weights from elsewhere, which do not say what network they belong to.</summary>
    public static Option<string?> ModelOption { get; } =
        Arguments.Checked("--model", "MODEL", "The network, for weights from elsewhere", text => ModelCatalog.Find(text));

    /// <summary>Opens the folder of a training, or a file of weights.</summary>
    public static SavedNetwork Open(Host host, ParseResult parse)
    {
        string path = parse.GetRequiredValue(SharedOptions.Saved);
        string? folder = Directory.Exists(path) ? path : Path.GetDirectoryName(path);
        var run = new RunFolder(folder ?? "");
        string weights = !Directory.Exists(path) ? path : File.Exists(run.Weights) ? run.Weights : run.Checkpoint;
        if (!File.Exists(weights)) throw new FileNotFoundException(
            Directory.Exists(path) ? $"{path} holds no weights.safetensors." : $"There is no file or folder {path}.");
        bool ofRun = Path.GetFullPath(weights) == Path.GetFullPath(run.Weights)
            || Path.GetFullPath(weights) == Path.GetFullPath(run.Checkpoint);

        string? model = parse.GetValue(ModelOption);
        host.Life.Begin($"reading {weights}");
        int? classes = parse.GetValue(SharedOptions.Classes);
        Shape? input = SharedOptions.InputShape(parse);
        try
        {
            return new SavedNetwork(ModelCatalog.Open(weights, model, classes, input), weights, ofRun ? run.ReadSettings() : null);
        }
        catch (ArgumentException exception) when (model is null && exception.ParamName == nameof(model))
        {
            throw new UsageException(
                $"{weights} does not say which network its weights belong to. Name it with --model: "
                    + $"{string.Join(", ", ModelCatalog.Models.Select(info => info.Name))}.");
        }
        // What the file says of itself is not the user's mistake.
        catch (Exception exception) when (
            (model, classes, input) is (null, null, null)
            && exception is ArgumentException or FormatException or OverflowException or JsonException)
        {
            throw new InvalidDataException($"{weights} is damaged: {ExitCodes.Describe(exception)}", exception);
        }
    }
}
