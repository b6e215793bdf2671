using System.CommandLine;
using Fovea.Cli.Output;
using Fovea.Data;
using Fovea.Models;

namespace Fovea.Cli.Options;

/// <summary>Options and arguments that several commands take.</summary>
internal static class SharedOptions
{
    public static Option<bool> Json { get; } =
        new("--json") { Description = "Print one JSON object to standard output and nothing else there" };

    public static Option<string?> Device { get; } =
        Arguments.Checked("--device", "auto|cpu|cuda[:i]|opencl[:i]|debug", "Where to run (default: auto)", CheckDevice);

    public static Option<int?> Threads { get; } = Arguments.Number<int>(
        "--threads", "Threads of a CPU device (default: all cores)",
        $"a whole number from 1 to {Fovea.Device.MaxThreads} on this machine of {Environment.ProcessorCount} cores",
        value => value > 0 && value <= Fovea.Device.MaxThreads);

    public static Option<string?> Data { get; } =
        new("--data") { Description = "A data set by name, or a folder with its files (default: digits)", HelpName = "NAME|DIR" };

    public static Option<string?> DataDir { get; } =
        new("--data-dir") { Description = "Where the files of data sets lie (default: ./data, then the cache)", HelpName = "DIR" };

    public static Option<int?> BatchSize { get; } = Arguments.Positive("--batch-size", "Images of one step (default: the model's)");

    public static Option<int?> TestCount { get; } =
        Arguments.Number<int>(
        "--test-count", "Use only the first N test images; 0 for none", "a whole number of at least 0", value => value >= 0);

    public static Option<int?> Classes { get; } = Arguments.Positive("--classes", "How many classes the network tells apart");

    public static Option<string?> Input { get; } =
        Arguments.Checked(
        "--input", "HxWxC", "The size of the network's input (default: the model's)", text => ModelCatalog.ParseShape(text));

    public static Argument<string> Model { get; } =
        new("MODEL") { Description = $"The network: {string.Join(", ", ModelCatalog.Models.Select(model => model.Name))}" };

    public static Argument<string> Saved { get; } = new("RUN|WEIGHTS") { Description = "The folder of a training, or a safetensors file" };

    /// <summary>Opens the device that the options ask for.</summary>
    public static Device Open(Host host, ParseResult parse) => Open(host, parse.GetValue(Device) ?? "auto", parse.GetValue(Threads) ?? 0);

    /// <summary>Opens a device that tells the user what it waits for.</summary>
    public static Device Open(Host host, string name, int threads)
    {
        host.Life.Begin($"opening the device {name}");
        Device device = Fovea.Device.Open(name, threads, host.Notice);
        device.Progress = host.Life;
        return device;
    }

    /// <summary>The size that --input gives, if it does.</summary>
    public static Shape? InputShape(ParseResult parse) => parse.GetValue(Input) is { } text ? ModelCatalog.ParseShape(text) : null;

    /// <summary>Loads a data set and keeps as many images as wanted.</summary>
    public static ImageDataset Load(
        Host host, string data, string? directory, CancellationToken cancellation, int? trainCount = null, int? testCount = null)
    {
        host.Life.Begin($"reading {data}");
        ImageDataset set = DatasetCatalog.Load(data, directory, progress: host.Life, cancellationToken: cancellation);
        return set with
        {
            Train = trainCount is { } train ? set.Train.Take(train) : set.Train,
            Test = testCount is { } test ? set.Test.Take(test) : set.Test
        };
    }

    /// <summary>
    /// A name of a form that no device has is a wrong argument; one that is only absent from this machine is a device failure.
    /// </summary>
    private static void CheckDevice(string name)
    {
        try
        {
            Fovea.Device.CheckName(name);
        }
        catch (DeviceException exception)
        {
            throw new UsageException(exception.Message);
        }
    }
}
