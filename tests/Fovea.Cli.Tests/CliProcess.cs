using System.Diagnostics;

namespace Fovea.Cli.Tests;

/// <summary>Runs the fovea command as a process of its own.</summary>
internal static class CliProcess
{
    /// <summary>The program that runs assemblies.</summary>
    public static string DotNet => Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } path ? path : "dotnet";

    public static Process Start(params string[] args)
    {
        string assembly = Path.Combine(AppContext.BaseDirectory, "Fovea.Cli.dll");
        return Process.Start(
            new ProcessStartInfo(DotNet, ["exec", assembly, .. args]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
    }
}
