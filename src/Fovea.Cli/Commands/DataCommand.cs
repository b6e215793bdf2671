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
        list.SetAction(parse => List(host, parse));
        return new Command(
            "data", "List, download and look at data sets") { list, DataGetCommand.Create(host), DataShowCommand.Create(host) };
    }

    private static int List(Host host, ParseResult parse)
    {
        string? directory = parse.GetValue(SharedOptions.DataDir);
        var sets = DatasetCatalog.Known.Select(set => (Set: set,
            Folder: set.IsGenerated ? null : DatasetCatalog.FindFolder(set.Name, directory))).ToList();
        if (parse.GetValue(SharedOptions.Json))
        {
            host.Out.WriteJson(new
            {
                Cache = DatasetCatalog.CacheRoot,
                Datasets = sets.Select(item => new
                {
                    item.Set.Name,
                    item.Set.Summary,
                    item.Set.TrainCount,
                    item.Set.TestCount,
                    Shape = new[] { item.Set.Shape.Height, item.Set.Shape.Width, item.Set.Shape.Channels },
                    Classes = item.Set.ClassNames.Count,
                    Present = item.Set.IsGenerated || item.Folder is not null,
                    item.Folder,
                }),
            });
            return ExitCodes.Done;
        }
        var table = new TextTable("name", ">train", ">test", "image", ">classes", "where");
        foreach ((DatasetDescription set, string? folder) in sets)
        {
            string where = set.IsGenerated ? "made on the spot" : folder ?? "not here";
            table.Add(
                set.Name, Show.Count(set.TrainCount), Show.Count(set.TestCount), $"{set.Shape}", Show.Count(set.ClassNames.Count), where);
        }
        table.Write(host.Out, host.Width);
        return ExitCodes.Done;
    }
}
