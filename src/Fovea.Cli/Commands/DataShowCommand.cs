using System.CommandLine;
using Fovea.Cli.Options;
using Fovea.Cli.Output;
using Fovea.Data;

namespace Fovea.Cli.Commands;

/// <summary>fovea data show</summary>
internal static class DataShowCommand
{
    private const int DefaultPictures = 4, DefaultSheet = 100, MostClassesListed = 20;

    private static readonly Argument<string> Name = new("NAME") { Description = "A data set by name, or a folder with its files" };

    private static readonly Option<int?> Count =
        Arguments.Number<int>("--count", $"How many images to show (default: {DefaultPictures}; {DefaultSheet} with --png)",
        "a whole number of at least 0", value => value >= 0);

    private static readonly Option<string?> Png =
        new("--png") { Description = "Write the first training images to a file instead of drawing them", HelpName = "FILE" };

    public static Command Create(Host host)
    {
        var command = new Command("show", "Show a data set: sizes, classes, statistics, some images") { Name, SharedOptions.DataDir, Count,
            Png, SharedOptions.Json };
        command.SetAction((parse, token) => Task.FromResult(Run(host, parse, token)));
        return command;
    }

    private static int Run(Host host, ParseResult parse, CancellationToken cancellation)
    {
        ImageDataset data = SharedOptions.Load(
            host, parse.GetRequiredValue(Name), parse.GetValue(SharedOptions.DataDir), cancellation);
        string? file = parse.GetValue(Png);
        LabelledImages pictures = data.Train.Take(parse.GetValue(Count) ?? (file is null ? DefaultPictures : DefaultSheet));
        if (file is not null && pictures.Count == 0) throw new UsageException("--png needs at least one image.");
        if (file is not null) ContactSheet.Of(pictures).SavePng(file);

        int[] train = Histogram(data.Train), test = Histogram(data.Test);
        if (parse.GetValue(SharedOptions.Json))
        {
            host.Out.WriteJson(new
            {
                data.Name,
                TrainCount = data.Train.Count,
                TestCount = data.Test.Count,
                Shape = new[] { data.Train.Height, data.Train.Width, data.Train.Channels },
                data.Normalization.Mean,
                data.Normalization.StandardDeviation,
                Classes = data.Train.ClassNames.Select((label, i) => new { Class = i, label, Train = train[i], Test = test[i] }),
                Png = file,
            });
            return ExitCodes.Done;
        }
        host.Result(
            $"{data.Name}: {Show.Count(data.Train.Count)} training and {Show.Count(data.Test.Count)} test images of {data.Train.Shape}, "
                + $"{data.Train.ClassNames.Count} classes");
        host.Result(
            $"mean {Numbers(data.Normalization.Mean)}, standard deviation {Numbers(data.Normalization.StandardDeviation)} (of 0 to 1, "
                + $"training images)");
        host.Out.WriteLine();
        WriteHistogram(host, data.Train.ClassNames, train, test);
        host.Out.WriteLine();
        if (file is not null) host.Result($"the first {Show.Count(pictures.Count)} training images are in {file}");
        else PixelArt.Write(host, pictures);
        return ExitCodes.Done;
    }

    private static void WriteHistogram(Host host, IReadOnlyList<string> names, int[] train, int[] test)
    {
        var table = new TextTable(">class", "name", ">train", ">test", "");
        int largest = Math.Max(1, train.Max());
        for (int i = 0; i < Math.Min(names.Count, MostClassesListed); i++)
            table.Add(Show.Count(i), names[i], Show.Count(train[i]), Show.Count(test[i]),
                new string('█', (int)Math.Round(24.0 * train[i] / largest)));
        table.Write(host.Out, host.Width);
        if (names.Count > MostClassesListed)
            host.Result(
            $"… and {names.Count - MostClassesListed} more classes, of {Show.Count(train.Min())} to {Show.Count(largest)} training images");
    }

    private static int[] Histogram(LabelledImages images)
    {
        int[] counts = new int[images.ClassNames.Count];
        for (int i = 0; i < images.Count; i++) counts[images.Label(i)]++;
        return counts;
    }

    private static string Numbers(float[] values) => string.Join(" ", values.Select(value => Show.Fraction(value)));
}
