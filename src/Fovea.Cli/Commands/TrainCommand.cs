using System.CommandLine;
using Fovea.Cli.Options;
using Fovea.Cli.Output;
using Fovea.Cli.Runs;
using Fovea.Data;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Training;

namespace Fovea.Cli.Commands;

/// <summary>fovea train</summary>
internal static class TrainCommand
{
    public static Command Create(Host host)
    {
        var command = new Command("train", "Train a network") { SharedOptions.Model };
        foreach (Option option in TrainOptions.All) command.Add(option);
        command.SetAction((parse, token) => Task.FromResult(Run(host, parse, token)));
        return command;
    }

    private static int Run(Host host, ParseResult parse, CancellationToken cancellation)
    {
        bool resume = parse.GetValue(TrainOptions.Resume);
        ModelInfo model = ModelCatalog.Find(parse.GetRequiredValue(SharedOptions.Model));
        string named = RunSettings.Absolute(parse.GetValue(SharedOptions.Data) ?? "digits");
        string? given = parse.GetValue(TrainOptions.Out);
        string place = given ?? Path.Combine("runs", $"{model.Name}-{RunSettings.DataName(named)}");
        RunFolder folder = !resume ? RunFolder.ForNew(place) : given is null ? RunFolder.Latest(place) : new RunFolder(place);
        if (resume && !File.Exists(folder.Checkpoint))
            throw new FileNotFoundException(
                $"{folder.Path} has no checkpoint to resume from. Train without --resume, or name the folder with --out.");
        RunSettings settings = RunSettings.From(parse, resume ? folder.ReadSettings() : null);

        ImageDataset data = SharedOptions.Load(
            host, settings.Data, settings.DataDir, cancellation, settings.TrainCount, settings.TestCount);
        using Device device = SharedOptions.Open(host, settings.Device, settings.Threads);
        Network network = ModelCatalog.Create(settings.Model, data.Train.ClassNames.Count, settings.InputShape());
        if (Fitting(data, network.InputShape) is { } fitting) host.Notice(fitting);
        host.Life.Begin($"making {settings.Model}");
        using var trainer = new Trainer(network, device, settings.TrainerOptions(folder.Checkpoint, resume));
        if (!resume && folder.Path != place) host.Notice($"{place} holds an earlier training; this one goes to {folder.Path}");
        cancellation.ThrowIfCancellationRequested();

        TrainingResult result;
        try
        {
            result = Fit(host, trainer, folder, settings, data, cancellation);
        }
        catch (OperationCanceledException) when (File.Exists(folder.Checkpoint))
        {
            host.Complain($"fovea: interrupted. Go on with: fovea train {settings.Model} --out {Quote(folder.Path)} --resume");
            return ExitCodes.Interrupted;
        }
        catch (OperationCanceledException)
        {
            host.Complain("fovea: interrupted before the first step; nothing was begun");
            return ExitCodes.Interrupted;
        }
        Report(host, parse.GetValue(SharedOptions.Json), settings, trainer, folder, result);
        return ExitCodes.Done;
    }

    private static TrainingResult Fit(
        Host host, Trainer trainer, RunFolder folder, RunSettings settings, ImageDataset data, CancellationToken cancellation)
    {
        LabelledImages? test = data.Test.Count > 0 ? data.Test : null;
        ITrainingObserver display = host.Live is { } line
            ? new LiveTraining(line, hasTest: test is not null)
            : new ConsoleObserver(host.Error);
        var recorder = new RunRecorder(folder, settings, trainer.Network, host, display);
        TrainingResult result;
        host.Life.Begin($"preparing {settings.Model}");
        try
        {
            result = trainer.Fit(data.Train, test, recorder, cancellation);
        }
        finally
        {
            host.Life.End();
            host.Live?.End();
        }
        if (!recorder.WentOn)
            host.Notice(
                $"nothing is left to do: all {Show.Count(result.Steps)} steps are made; go further with --epochs or --max-steps");
        return result;
    }

    private static void Report(Host host, bool json, RunSettings settings, Trainer trainer, RunFolder folder, TrainingResult result)
    {
        string data = RunSettings.DataName(settings.Data);
        if (json)
        {
            host.Out.WriteJson(new
            {
                settings.Model,
                data,
                Device = trainer.Device.Info.Name,
                Epochs = result.Epochs.Select(EpochRow.Of),
                result.TestAccuracy,
                result.Seconds,
                Parameters = trainer.Network.ParameterCount,
                result.PeakBytes,
                Run = folder.Path,
            });
            return;
        }
        string duration = Show.Text($"{Show.Count(result.Steps)} steps in {result.Seconds:0.0} s");
        bool hasTest = result.Epochs.Count > 0 && result.Epochs[^1].HasTest;
        string what = hasTest ? $"test accuracy {Show.Fraction(result.TestAccuracy)} after {duration}" : duration;
        host.Result($"{settings.Model} on {data}: {what}; weights and checkpoint are in {folder.Path}");
    }

    /// <summary>What happens to images that are not of the network's input size; null if they are.</summary>
    private static string? Fitting(ImageDataset data, Shape input)
    {
        var target = new ImageShape(input[0], input[1], input[2]);
        var transform = new InputTransform(data.Train.Shape, target, data.Normalization);
        string?[] changes =
        [
            transform.Fit switch { ImageFit.Pad => "padded with black", ImageFit.Resize => "resized", _ => null },
            data.Train.Channels.CompareTo(target.Channels) switch { < 0 => "grey to colour", > 0 => "colour to grey", _ => null },
        ];
        return changes.All(change => change is null) ? null
            : $"{data.Name} {data.Train.Shape} → {target}, {string.Join(", ", changes.OfType<string>())}";
    }

    private static string Quote(string path) => path.Any(char.IsWhiteSpace) ? $"\"{path}\"" : path;
}
