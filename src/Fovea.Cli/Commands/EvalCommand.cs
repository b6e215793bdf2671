using System.CommandLine;
using Fovea.Cli.Options;
using Fovea.Cli.Output;
using Fovea.Cli.Runs;
using Fovea.Data;
using Fovea.Models;
using Fovea.Training;

namespace Fovea.Cli.Commands;

/// <summary>fovea eval</summary>
internal static class EvalCommand
{
    public static Command Create(Host host)
    {
        var command = new Command("eval", "Measure a trained network on test images")
        {
            SharedOptions.Saved, SharedOptions.Data, SharedOptions.DataDir, SharedOptions.TestCount, SharedOptions.BatchSize,
                SavedNetwork.ModelOption,
            SharedOptions.Classes, SharedOptions.Input, SharedOptions.Device, SharedOptions.Threads, SharedOptions.Json,
        };
        foreach (Option option in ConvolutionOptions.All) command.Add(option);
        command.SetAction((parse, token) => Task.FromResult(Run(host, parse, token)));
        return command;
    }

    private static int Run(Host host, ParseResult parse, CancellationToken cancellation)
    {
        SavedNetwork saved = SavedNetwork.Open(host, parse);
        string name = parse.GetValue(SharedOptions.Data) ?? saved.Settings?.Data ?? "digits";
        ImageDataset data = SharedOptions.Load(host, name, parse.GetValue(SharedOptions.DataDir) ?? saved.Settings?.DataDir, cancellation,
            testCount: parse.GetValue(SharedOptions.TestCount));
        if (data.Test.Count == 0) throw new UsageException($"{data.Name} has no test images to measure on.");
        if (data.Test.ClassNames.Count > saved.Network.Classes)
            throw new UsageException(
                $"{data.Name} has {data.Test.ClassNames.Count} classes, but {saved.Weights} tells only {saved.Network.Classes} apart.");
        if (saved.Network.Task is { } task and not Classification)
            throw new UsageException(
                $"{saved.Weights} was trained for {task.Name}; this command measures classifications. Use Trainer.Evaluate in a program.");
        // Weights from elsewhere bring no statistics; those of the training images are the next best.
        saved.Network.Normalization ??= data.Normalization;

        using Device device = SharedOptions.Open(host, parse);
        using var trainer = new Trainer(saved.Network, device, new TrainerOptions
        {
            BatchSize = parse.GetValue(SharedOptions.BatchSize) ?? ModelCatalog.Find(saved.Model).BatchSize,
            Task = saved.Settings?.MakeTask() ?? new Classification(),
            Compile = ConvolutionOptions.From(parse),
        });
        host.Notice($"measuring {saved.Weights} on {Show.Count(data.Test.Count)} test images of {data.Name} on {device}");
        host.Life.Begin("measuring");
        EvaluationResult result = trainer.Evaluate(data.Test, host.Life, cancellation);
        host.Life.End();
        if (parse.GetValue(SharedOptions.Json))
            host.Out.WriteJson(new
            {
                saved.Model,
                saved.Weights,
                Data = data.Name,
                Device = device.Info.Name,
                result.Count,
                result.Loss,
                result.Accuracy,
                result.Seconds
            });
        else
        {
            string quality = Show.Text($"accuracy {result.Accuracy:0.0000}, loss {result.Loss:0.0000}");
            string amount = Show.Text($"{Show.Count(result.Count)} images in {result.Seconds:0.0} s");
            host.Result($"{saved.Model} on {data.Name}: {quality}, {amount}");
        }
        return ExitCodes.Done;
    }
}
