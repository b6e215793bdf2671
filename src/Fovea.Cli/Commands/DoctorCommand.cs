using System.CommandLine;
using Fovea.Cli.Options;
using Fovea.Cli.Output;
using Fovea.Diagnostics;

namespace Fovea.Cli.Commands;

/// <summary>fovea doctor: what a report of a fault should say of the machine.</summary>
internal static class DoctorCommand
{
    public static Command Create(Host host)
    {
        var command = new Command("doctor", "Check every device and collect what a bug report needs") { SharedOptions.Json };
        command.SetAction((parse, token) => Task.FromResult(Run(host, parse.GetValue(SharedOptions.Json), token)));
        return command;
    }

    private static int Run(Host host, bool json, CancellationToken cancellation)
    {
        host.Life.Begin("checking devices");
        var report = SystemReport.Collect(host.Life, cancellation);
        host.Life.End();
        if (json)
        {
            host.Out.WriteJson(report);
            return ExitCodes.Done;
        }
        Section("Machine", report.Machine.Select(Line));
        Section("Drivers", report.Drivers.Select(Line).Concat(report.Missing));
        Section("Devices", report.Devices.Select(device =>
            $"{device.Name}: {device.Description}, {Show.Bytes(device.MemoryBytes)}, {device.Units} units: "
                + $"{(device.Problem is null ? "computes right" : $"FAILS: {device.Problem}")}"));
        Section("Caches", report.Caches.Select(folder => folder.Path is null ? $"{folder.Name}: not kept"
            : $"{folder.Name}: {folder.Path}, {Show.Count(folder.Files)} files, {Show.Bytes(folder.Bytes)}"));
        Section("Environment", report.Environment.Select(Line).DefaultIfEmpty("nothing set"));
        Section("Last errors", report.Errors.DefaultIfEmpty("none"));
        return ExitCodes.Done;

        void Section(string title, IEnumerable<string> lines)
        {
            host.Out.WriteLine(title);
            foreach (string line in lines) host.Result($"  {line.ReplaceLineEndings(" ")}");
        }

        static string Line(ReportFact fact) => $"{fact.Name}: {fact.Value}";
    }
}
