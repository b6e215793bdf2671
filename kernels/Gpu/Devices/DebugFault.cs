using System.Diagnostics;
using Fovea.Core;

namespace Fovea.Gpu.Devices;

/// <summary>
/// Exceptions of kernels on ILGPU's CPU accelerator. Its threads have no handler, so a kernel's exception would end the process;
/// entry points report it here, the group's other threads stop at their next barrier, and the launch throws.
/// </summary>
public static class DebugFault
{
    private static Exception? first;

    [ThreadStatic]
    private static bool isKernelThread;

    static DebugFault()
    {
        // ILGPU checks indices by assertions, and the default listener ends the process.
        if (Trace.Listeners["Default"] is not { } listener) return;
        Trace.Listeners.Remove(listener);
        Trace.Listeners.Add(new AssertionListener(listener));
    }

    /// <summary>Marks the calling thread as one that runs kernels. A failed assertion throws there, and elsewhere does what it always did.</summary>
    public static void Enter()
    {
        isKernelThread = true;
        ThrowIfAny();
    }

    /// <summary>Keeps the first exception of a launch.</summary>
    public static void Report(Exception exception) =>
        Interlocked.CompareExchange(ref first, exception, null);

    /// <summary>Stops a thread if another one has failed.</summary>
    internal static void ThrowIfAny()
    {
        if (Volatile.Read(ref first) is not null) throw new OperationCanceledException();
    }

    /// <summary>Makes sure that assertions throw.</summary>
    internal static void Watch()
    {
    }

    /// <summary>Throws what a launch has reported, and forgets it.</summary>
    /// <param name="kernel">The kernel's name.</param>
    /// <exception cref="DeviceFailureException">A thread has failed.</exception>
    internal static void Check(string kernel)
    {
        if (Interlocked.Exchange(ref first, null) is { } exception)
            throw new DeviceFailureException($"{GpuDevices.Debug}: {kernel} failed: {exception.Message}", exception);
    }

    private sealed class AssertionListener(TraceListener usual) : TraceListener("Default")
    {
        public override void Write(string? message) => usual.Write(message);

        public override void WriteLine(string? message) => usual.WriteLine(message);

        public override void Fail(string? message, string? detailMessage)
        {
            if (isKernelThread) throw new IndexOutOfRangeException($"{message} {detailMessage}".Trim());
            usual.Fail(message, detailMessage);
        }
    }
}
