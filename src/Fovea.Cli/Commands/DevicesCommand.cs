using System.CommandLine;
using Fovea.Cli.Options;
using Fovea.Cli.Output;

namespace Fovea.Cli.Commands;

/// <summary>fovea devices</summary>
internal static class DevicesCommand
{
    public static Command Create(Host host)
    {
        var command = new Command("devices", "List the devices of this machine") { SharedOptions.Json };
        command.SetAction(parse => Run(host, parse.GetValue(SharedOptions.Json)));
        return command;
    }

    private static int Run(Host host, bool json)
    {
        host.Life.Begin("looking for devices");
        IReadOnlyList<DeviceInfo> devices = Device.List();
        IReadOnlyList<string> missing = Device.Missing(), passedOver = Device.PassedOver();
        host.Life.End();
        if (json)
        {
            host.Out.WriteJson(new
            {
                devices = devices.Select(
                device => new { device.Name, device.Description, MemoryBytes = device.Memory, device.Units }),
                missing,
                passedOver
            });
            return ExitCodes.Done;
        }
        var table = new TextTable("device", ">memory", ">units", "what it is");
        foreach (DeviceInfo device in devices)
            table.Add(device.Name, Show.Bytes(device.Memory), Show.Count(device.Units), device.Description);
        table.Write(host.Out, host.Width);
        foreach (string line in missing.Concat(passedOver)) host.Result(line);
        return ExitCodes.Done;
    }
}
