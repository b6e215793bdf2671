using Fovea.Compute.Dialect;

namespace Fovea.Compute.Simt;

/// <summary>What a kernel that runs as plain .NET knows of its thread.</summary>
internal sealed unsafe class SimtThread
{
    [ThreadStatic]
    private static SimtThread? current;

    /// <exception cref="InvalidOperationException">No kernel runs on this thread.</exception>
    public static SimtThread Current => current ?? throw new InvalidOperationException("Only a kernel that was launched on a device knows its group. Load it with Accelerator.Load and launch it.");

    public Dim3 Groups, GroupIndex, GroupSize, ThreadIndex;

    public void Barrier() => throw new NotImplementedException();

    public ArrayView<T> AllocateShared<T>(int length)
        where T : unmanaged => throw new NotImplementedException();

    public ArrayView<T> AllocateLocal<T>(int length)
        where T : unmanaged => throw new NotImplementedException();

    internal static void Enter(SimtThread? thread) => current = thread;
}
