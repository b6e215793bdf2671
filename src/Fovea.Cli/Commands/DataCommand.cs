using System.CommandLine;
using Fovea.Cli.Options;
using Fovea.Cli.Output;
using Fovea.Data;

namespace Fovea.Cli.Commands;

/// <summary>fovea data list, get and show</summary>
internal static class DataCommand
{
    public static Command Create(Host host)
    {
        var list = new Command("list", "List the data sets known by name, and where their files are") { SharedOptions.DataDir,
            SharedOptions.Json };
        list.SetAction((parse, token) => Task.FromResult(List(host, parse, token)));
        return new Command(
            "data", "List, download and look at data sets") { list, DataGetCommand.Create(host), DataShowCommand.Create(host) };
    }

    private static int List(Host host, ParseResult parse, CancellationToken cancellation)
    {
        string? directory = parse.GetValue(SharedOptions.DataDir);
        var sets = DatasetCatalog.Known.Select(set => Here.Find(host, set, directory, cancellation)).ToList();
        if (parse.GetValue(SharedOptions.Json))
        {
            host.Out.WriteJson(new
            {
                Cache = DatasetCatalog.CacheRoot,
                Datasets = sets.Select(item => new
                {
                    item.Set.Name,
                    item.Set.Summary,
                    item.TrainCount,
                    item.TestCount,
                    Shape = new[] { item.Set.Shape.Height, item.Set.Shape.Width, item.Set.Shape.Channels },
                    Classes = item.Set.ClassNames.Count,
                    Present = item.Set.IsGenerated || item.Folder is not null,
                    item.Folder,
                }),
            });
            return ExitCodes.Done;
        }
        var table = new TextTable("name", ">train", ">test", "image", ">classes", "where");
        foreach (Here item in sets)
        {
            DatasetDescription set = item.Set;
            string where = set.IsGenerated ? "made on the spot" : item.Folder ?? "not here";
            table.Add(set.Name, Number(item.TrainCount), Number(item.TestCount), $"{set.Shape}", Show.Count(set.ClassNames.Count), where);
        }
        table.Write(host.Out, host.Width);
        foreach (Here item in sets.Where(item => item.Problem is not null)) host.Notice($"{item.Set.Name}: {item.Problem}");
        return ExitCodes.Done;

        static string Number(int? count) => count is { } known ? Show.Count(known) : "?";
    }

    /// <summary>A data set, and what of it is here; how many images the whole set has if nothing is.</summary>
    private sealed record Here(DatasetDescription Set, string? Folder, int? TrainCount, int? TestCount, string? Problem = null)
    {
        public static Here Find(Host host, DatasetDescription set, string? directory, CancellationToken cancellation)
        {
            string? folder = set.IsGenerated ? null : DatasetCatalog.FindFolder(set.Name, directory);
            if (folder is null) return new Here(set, null, set.TrainCount, set.TestCount);
            try
            {
                // Only the files themselves know: there may be a part of a set, or more than one.
                ImageDataset data = SharedOptions.Load(host, set.Name, directory, cancellation);
                return new Here(set, folder, data.Train.Count, data.Test.Count);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                return new Here(set, folder, null, null, exception.Message);
            }
        }
    }
}
