using System.Runtime.InteropServices;
using Fovea.Cli.Output;

namespace Fovea.Cli;

/// <summary>The first Ctrl-C or SIGTERM asks the command to stop; the second one is left to the system, which ends the process.</summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource source = new();
    private readonly Host host;
    private readonly PosixSignalRegistration[] registrations;

    public Interruption(Host host)
    {
        this.host = host;
        registrations =
            [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM }.Select(signal => PosixSignalRegistration.Create(signal, OnSignal))];
    }

    public CancellationToken Token => source.Token;

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in registrations) registration.Dispose();
        source.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        if (source.IsCancellationRequested)
        {
            host.Live?.End();
            return;
        }
        context.Cancel = true;
        host.Notice("stopping after this step; once more ends at once");
        source.Cancel();
    }
}
