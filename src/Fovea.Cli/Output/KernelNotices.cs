using System.Diagnostics;
using Fovea.Execution;

namespace Fovea.Cli.Output;

/// <summary>Says that kernels are being compiled, where that takes longer than a moment.</summary>
internal sealed class KernelNotices(Host host) : IProgress<KernelProgress>
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private long last = Stopwatch.GetTimestamp();

    public void Report(KernelProgress value)
    {
        if (Stopwatch.GetElapsedTime(last) < Interval) return;
        last = Stopwatch.GetTimestamp();
        host.Notice($"compiling kernels: {value.Compiled} of {value.Total}");
    }
}
