using System.CommandLine;
using Fovea.Cli.Options;
using Fovea.Cli.Output;
using Fovea.Cli.Runs;
using Fovea.Data;
using Fovea.Files;
using Fovea.Training;

namespace Fovea.Cli.Commands;

/// <summary>fovea predict</summary>
internal static class PredictCommand
{
    private static readonly Argument<string[]> Images =
        new("IMAGE") { Description = "PNG or PNM files of any size, looking as the training images do", Arity = ArgumentArity.OneOrMore };

    private static readonly Option<int?> Top = Arguments.Positive("--top", "How many classes to show (default: 3)");

    public static Command Create(Host host)
    {
        var command = new Command("predict", "Say what images show")
        {
            SharedOptions.Saved, Images, Top, SavedNetwork.ModelOption, SharedOptions.Classes, SharedOptions.Input, SharedOptions.Device,
                SharedOptions.Threads, SharedOptions.Json,
        };
        foreach (Option option in ConvolutionOptions.All) command.Add(option);
        command.SetAction((parse, token) => Task.FromResult(Run(host, parse, token)));
        return command;
    }

    private static int Run(Host host, ParseResult parse, CancellationToken cancellation)
    {
        SavedNetwork saved = SavedNetwork.Open(host, parse);
        using Device device = SharedOptions.Open(host, parse);
        using var predictor = new Predictor(saved.Network, device, new PredictorOptions { Compile = ConvolutionOptions.From(parse) });
        int top = parse.GetValue(Top) ?? 3, channels = saved.Network.InputShape[2];
        bool json = parse.GetValue(SharedOptions.Json);
        var predictions = new List<object>();
        int failed = 0;
        int code = ExitCodes.Done;
        foreach (string file in parse.GetRequiredValue(Images))
        {
            cancellation.ThrowIfCancellationRequested();
            host.Life.Begin(file);
            try
            {
                predictions.Add(Answer(file));
            }
            // One image that cannot be read takes nothing from the others.
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
            {
                code = ExitCodes.Report(exception, host);
                predictions.Add(new { file, Error = ExitCodes.Describe(exception) });
                failed++;
            }
        }
        if (json && failed < predictions.Count)
            host.Out.WriteJson(new { saved.Model, saved.Weights, Device = device.Info.Name, predictions });
        return code;

        object Answer(string file)
        {
            RasterImage image = RasterImage.Load(file);
            // Only transparency and grey ↔ colour are settled here; the rest is the network's own fitting.
            if (image.Channels == 4) image = image.ToChannels(channels);
            var shape = new ImageShape(image.Height, image.Width, image.Channels);
            Prediction prediction = predictor.Predict(image.Pixels, shape, cancellation);
            if (predictor.Task is not Classification)
            {
                if (!json) host.Result($"{file}: {prediction}");
                return predictor.Task is MultiLabel ? new { file, prediction.Labels } : new { file, prediction.Values };
            }
            var best = prediction.Top(top).Select(item => new { item.Class, Label = Label(item.Class), item.Probability }).ToArray();
            if (!json)
            {
                IEnumerable<string> classes =
                    best.Select(item => Show.Text($"{item.Label ?? $"class {item.Class}"} {item.Probability:P1}"));
                host.Result($"{file}: {string.Join("  ", classes)}");
            }
            return new { file, prediction.Class, prediction.Label, prediction.Probability, Top = best };
        }

        string? Label(int number) => number < saved.Network.ClassNames.Count ? saved.Network.ClassNames[number] : null;
    }
}
