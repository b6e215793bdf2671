using Fovea.Core;
using Fovea.Core.Memory;
using Fovea.Execution;

namespace Fovea.Gpu.Devices;

/// <summary>What is known of a device.</summary>
/// <param name="Name">The name that opens it, such as <c>opencl:0</c>.</param>
/// <param name="Description">Its maker's name for it, and its driver.</param>
/// <param name="Memory">Its memory in bytes.</param>
/// <param name="Units">Multiprocessors or cores.</param>
/// <param name="MaxGroupSize">Threads of a group, at most.</param>
/// <param name="SharedBytes">Shared memory of a group, at most.</param>
/// <param name="IsGpu">Whether it is a GPU.</param>
public sealed record AcceleratorInfo(string Name, string Description, long Memory, int Units, int MaxGroupSize, int SharedBytes, bool IsGpu)
{
    /// <summary>Whether this is ILGPU's CPU accelerator, where every thread of a group is a thread of the operating system.</summary>
    public bool IsDebug => Name == GpuDevices.Debug;

    /// <summary>Threads of a group, for kernels that take any number.</summary>
    public int GroupSize => IsDebug ? 16 : Math.Min(256, MaxGroupSize);
}

/// <summary>
/// A device that kernels run on. Launches and copies are queued and run in their order; reading waits for them. One thread at a
/// time may queue work.
/// </summary>
public abstract class KernelDevice : IDisposable
{
    /// <summary>What it is.</summary>
    public abstract AcceleratorInfo Info { get; }

    /// <summary>What its memory is used for.</summary>
    public abstract MemoryStatistics Memory { get; }

    /// <summary>Allocates memory. What is in it is undefined.</summary>
    /// <exception cref="DeviceOutOfMemoryException">There is no more, even after cached blocks were given back.</exception>
    public abstract DeviceBuffer Allocate(long bytes);

    /// <summary>Begins to compile a kernel, or finds it. Returns at once; <see cref="DeviceKernel.Prepare"/> waits.</summary>
    /// <param name="source">The kernel.</param>
    public abstract DeviceKernel Load(KernelSource source);

    /// <summary>Waits until everything that <see cref="Load"/> has begun is compiled. Failures show when a kernel is used.</summary>
    /// <param name="progress">Is told twice a second how far it is; null for nobody.</param>
    /// <param name="cancellationToken">Ends the waiting; compilation goes on.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public virtual void WaitForKernels(IProgress<PreparationProgress>? progress, CancellationToken cancellationToken = default)
    {
    }

    /// <summary>Queues a copy from the host. The source may change once the call returns.</summary>
    public abstract void Write(DeviceBuffer target, long offset, ReadOnlySpan<byte> source);

    /// <summary>Copies to the host after everything queued so far; returns when it is there.</summary>
    public abstract void Read(DeviceBuffer source, long offset, Span<byte> target);

    /// <summary>Queues filling bytes of a buffer with zeros.</summary>
    public abstract void Clear(DeviceBuffer target, long offset, long bytes);

    /// <summary>Waits for everything queued.</summary>
    /// <exception cref="DeviceFailureException">Something queued has failed.</exception>
    public abstract void Synchronize();

    /// <summary>Whether <see cref="Record"/> may succeed.</summary>
    public virtual bool CanRecord => false;

    /// <summary>Records work instead of doing it.</summary>
    /// <param name="queueWork">Launches kernels and clears buffers on the calling thread. It may do nothing else with the device, and is
    /// called once.</param>
    /// <param name="problem">Why it could not be recorded; null if it was.</param>
    /// <returns>The work, or null if the device cannot record it. Nothing has run in either case.</returns>
    public virtual Recording? Record(Action queueWork, out string? problem)
    {
        problem = $"{Info.Name} runs every launch as it comes.";
        return null;
    }

    /// <summary>Frees everything.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees everything.</summary>
    protected abstract void Dispose(bool disposing);
}

/// <summary>A kernel on one device.</summary>
/// <param name="source">What it is compiled from.</param>
public abstract class DeviceKernel(KernelSource source)
{
    /// <summary>What it is compiled from.</summary>
    public KernelSource Source { get; } = source;

    /// <summary>Waits until it is compiled. The first launch does so too.</summary>
    /// <exception cref="KernelCompilationException">ILGPU or the driver refuses it.</exception>
    public virtual void Prepare()
    {
    }

    /// <summary>Queues a launch. Allocates nothing.</summary>
    /// <param name="groups">How many groups. Without any along some axis nothing runs.</param>
    /// <param name="arguments">One for each of the kernel's parameters that is not specialized.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number of groups is negative.</exception>
    /// <exception cref="ArgumentException">The arguments are not those the kernel takes.</exception>
    public abstract void Launch(Dim3 groups, params ReadOnlySpan<KernelArgument> arguments);

    /// <summary>How many groups along x give every item a thread.</summary>
    public Dim3 GroupsFor(long items) => new(checked((int)((items + Source.GroupSize.X - 1) / Source.GroupSize.X)));
}
