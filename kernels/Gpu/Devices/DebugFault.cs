using System.Collections.Concurrent;
using System.Diagnostics;
using Fovea.Core;

namespace Fovea.Gpu.Devices;

/// <summary>
/// Exceptions of kernels on ILGPU's CPU accelerator. Its threads have no handler, so a kernel's exception would end the process;
/// entry points report it here, the group's other threads stop at their next barrier, and the launch throws.
/// </summary>
public static class DebugFault
{
    // The first exception of each device's launch.
    private static readonly ConcurrentDictionary<int, Exception> Faults = new();

    // The device that the thread runs kernels of; 0 if it runs none.
    [ThreadStatic]
    private static int CurrentDevice;

    private static int DeviceCount;

    static DebugFault()
    {
        // ILGPU checks indices by assertions, and the default listener ends the process. Ours comes first: others may throw as well.
        TraceListener? usual = Trace.Listeners["Default"];
        if (usual is not null) Trace.Listeners.Remove(usual);
        Trace.Listeners.Insert(0, new AssertionListener(usual));
    }

    /// <summary>
    /// Marks the calling thread as one that runs kernels of a device. A failed assertion throws there, and elsewhere does what it always
    /// did.
    /// </summary>
    public static void Enter(int owner)
    {
        CurrentDevice = owner;
        ThrowIfAny();
    }

    /// <summary>Keeps the first exception of a launch.</summary>
    public static void Report(Exception exception) => Faults.TryAdd(CurrentDevice, exception);

    /// <summary>Whether a thread of the device that the calling thread runs kernels of has failed.</summary>
    internal static bool Any => !Faults.IsEmpty && Faults.ContainsKey(CurrentDevice);

    /// <summary>Stops a thread if another one of its device has failed.</summary>
    internal static void ThrowIfAny()
    {
        if (Any) throw new OperationCanceledException();
    }

    /// <summary>Makes sure that assertions throw.</summary>
    /// <returns>A number for a device.</returns>
    internal static int Watch() => Interlocked.Increment(ref DeviceCount);

    /// <summary>Throws what a launch has reported, and forgets it.</summary>
    /// <param name="owner">The device.</param>
    /// <param name="kernel">The kernel's name.</param>
    /// <exception cref="DeviceFailureException">A thread has failed.</exception>
    internal static void Check(int owner, string kernel)
    {
        if (Faults.TryRemove(owner, out Exception? exception))
            throw new DeviceFailureException($"{GpuDevices.Debug}: {kernel} failed: {exception.Message}", exception);
    }

    private sealed class AssertionListener(TraceListener? usual) : TraceListener("Default")
    {
        public override void Write(string? message) => usual?.Write(message);

        public override void WriteLine(string? message) => usual?.WriteLine(message);

        public override void Fail(string? message, string? detailMessage)
        {
#pragma warning disable CA2201 // What ILGPU asserts of views is what the runtime throws for arrays.
            if (CurrentDevice != 0) throw new IndexOutOfRangeException($"{message} {detailMessage}".Trim());
#pragma warning restore CA2201
            usual?.Fail(message, detailMessage);
        }
    }
}
