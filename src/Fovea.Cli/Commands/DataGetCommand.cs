using System.CommandLine;
using System.Diagnostics;
using Fovea.Cli.Options;
using Fovea.Cli.Output;
using Fovea.Data;

namespace Fovea.Cli.Commands;

/// <summary>fovea data get</summary>
internal static class DataGetCommand
{
    private static readonly Argument<string> Name = new("NAME") { Description = "A data set known by name" };

    public static Command Create(Host host)
    {
        var command = new Command("get", "Download a data set and check its files; what was broken off goes on") { Name,
            SharedOptions.DataDir, SharedOptions.Json };
        command.SetAction((parse, token) => RunAsync(host, parse, token));
        return command;
    }

    private static async Task<int> RunAsync(Host host, ParseResult parse, CancellationToken cancellation)
    {
        DatasetDescription set = DatasetCatalog.Describe(parse.GetRequiredValue(Name));
        bool json = parse.GetValue(SharedOptions.Json);
        string? folder = null;
        if (!set.IsGenerated)
        {
            folder = Path.Combine(parse.GetValue(SharedOptions.DataDir) ?? DatasetCatalog.CacheRoot, set.Name);
            host.Life.Begin($"getting {set.Name}");
            using var client = new HttpClient();
            try
            {
                await host.Downloader(client).DownloadAsync(set.Name, folder, new Progress(host), cancellation);
            }
            finally
            {
                host.Live?.End();
            }
        }
        if (json) host.Out.WriteJson(new { set.Name, folder });
        else host.Result(folder is null ? $"{set.Name} is made on the spot; there is nothing to get" : $"{set.Name} is in {folder}");
        return ExitCodes.Done;
    }

    /// <summary>A moving bar on a terminal; elsewhere a line a file, and one now and then for long ones.</summary>
    private sealed class Progress(Host host) : IProgress<DownloadProgress>
    {
        private const double SecondsBetweenLines = 5;

        private readonly Stopwatch sinceLine = Stopwatch.StartNew();

        public void Report(DownloadProgress value)
        {
            bool whole = value.BytesReceived == value.TotalBytes;
            double part = (double)value.BytesReceived / value.TotalBytes;
            host.Live?.Update(
                value.File, part, [new($"{Show.Bytes(value.BytesReceived)} of {Show.Bytes(value.TotalBytes)}", 0)]);
            if (whole) host.Notice($"{value.File}  {Show.Bytes(value.TotalBytes)}");
            else if (host.Live is null && sinceLine.Elapsed.TotalSeconds >= SecondsBetweenLines)
            {
                sinceLine.Restart();
                host.Notice(Show.Text($"{value.File}  {Show.Bytes(value.BytesReceived)} of {Show.Bytes(value.TotalBytes)} ({part:P0})"));
            }
        }
    }
}
