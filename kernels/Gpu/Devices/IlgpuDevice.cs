using Fovea.Core;
using Fovea.Core.Memory;
using Fovea.Execution;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace Fovea.Gpu.Devices;

/// <summary>
/// A device behind ILGPU: memory from a caching allocator, copies through pinned memory, everything queued on one stream.
/// </summary>
internal abstract class IlgpuDevice : KernelDevice
{
    private static readonly TimeSpan ReportInterval = TimeSpan.FromSeconds(0.5);

    private readonly Lock gate = new(), stagingGate = new();
    private readonly Dictionary<object, IlgpuKernel> kernels = [];
    private readonly CancellationTokenSource closing = new();
    private readonly Context context;
    private readonly IlgpuMemory memory;
    private readonly CachingAllocator allocator;
    private readonly StagingRing staging;
    private bool disposed;

    /// <param name="context">The context; it is disposed with the device.</param>
    /// <param name="accelerator">ILGPU's device; it is disposed too.</param>
    /// <param name="stream">The stream that everything is queued on.</param>
    /// <param name="info">What is known of it.</param>
    /// <param name="largestBlock">The largest single buffer, in bytes.</param>
    /// <param name="limit">Bytes to use at most; fewer than the device has simulates a smaller one.</param>
    protected IlgpuDevice(
        Context context, Accelerator accelerator, AcceleratorStream stream, AcceleratorInfo info, long largestBlock, long limit)
    {
        this.context = context;
        (Accelerator, Stream, Info) = (accelerator, stream, info);
        memory = new IlgpuMemory(accelerator, info, largestBlock, SynchronizeStream);
        allocator = new CachingAllocator(memory, limit);
        staging = new StagingRing(accelerator, stream);
    }

    /// <inheritdoc/>
    public override AcceleratorInfo Info { get; }

    /// <inheritdoc/>
    public override MemoryStatistics Memory => allocator.Statistics;

    /// <summary>Is cancelled when the device is disposed: compilations that have not begun are then left out.</summary>
    internal CancellationToken Closing => closing.Token;

    /// <summary>ILGPU's device.</summary>
    internal Accelerator Accelerator { get; }

    /// <summary>The stream that everything is queued on.</summary>
    internal AcceleratorStream Stream { get; private protected set; }

    /// <inheritdoc/>
    public override DeviceBuffer Allocate(long bytes)
    {
        MemoryBlock block = allocator.Rent(bytes);
        return new GpuBuffer(allocator, block, memory[block.Handle]);
    }

    /// <inheritdoc/>
    /// <exception cref="DeviceFailureException">The kernel's groups are larger than the device allows.</exception>
    public override DeviceKernel Load(KernelSource source)
    {
        if (source.GroupSize.Count > Info.MaxGroupSize)
        {
            throw new DeviceFailureException(
                $"{Info.Name}: the kernel {source.Name} has groups of {source.GroupSize} threads; {Info.MaxGroupSize} are possible there.");
        }
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            if (!kernels.TryGetValue(source.Identity, out IlgpuKernel? kernel))
                kernels.Add(source.Identity, kernel = new IlgpuKernel(this, source));
            return kernel;
        }
    }

    /// <inheritdoc/>
    public override void WaitForKernels(IProgress<PreparationProgress>? progress, CancellationToken cancellationToken = default)
    {
        IlgpuKernel[] pending;
        lock (gate) pending = [.. kernels.Values.Where(kernel => !kernel.IsCompiled)];
        foreach (IlgpuKernel kernel in pending)
        {
            while (!kernel.Wait(ReportInterval, cancellationToken))
            {
                progress?.Report(new PreparationProgress(
                    PreparationPhase.Compiling, pending.Count(other => other.IsCompiled), pending.Length));
            }
        }
    }

    /// <inheritdoc/>
    public override void Write(DeviceBuffer target, long offset, ReadOnlySpan<byte> source)
    {
        MemoryBuffer buffer = Range(target, offset, source.Length);
        try
        {
            lock (stagingGate) staging.Write(buffer, offset, source);
        }
        catch (Exception exception) when (IsDriver(exception))
        {
            throw Failed("a copy to the device", exception);
        }
        GC.KeepAlive(target);
    }

    /// <inheritdoc/>
    public override void Read(DeviceBuffer source, long offset, Span<byte> target)
    {
        MemoryBuffer buffer = Range(source, offset, target.Length);
        try
        {
            lock (stagingGate) staging.Read(buffer, offset, target);
        }
        catch (Exception exception) when (IsDriver(exception))
        {
            throw Failed("a copy to the host", exception);
        }
        GC.KeepAlive(source);
    }

    /// <inheritdoc/>
    public override void Clear(DeviceBuffer target, long offset, long bytes)
    {
        MemoryBuffer buffer = Range(target, offset, bytes);
        try
        {
            if (bytes > 0) buffer.MemSet(Stream, 0, offset, bytes);
        }
        catch (Exception exception) when (IsDriver(exception))
        {
            throw Failed("clearing memory", exception);
        }
        GC.KeepAlive(target);
    }

    /// <inheritdoc/>
    public override void Synchronize()
    {
        try
        {
            SynchronizeStream();
        }
        catch (Exception exception) when (IsDriver(exception))
        {
            throw Failed("what was queued", exception);
        }
    }

    /// <summary>Compiles and loads a kernel. Many threads may call it.</summary>
    /// <exception cref="KernelCompilationException">ILGPU or the driver refuses it.</exception>
    internal abstract Kernel Compile(KernelSource source);

    /// <summary>Compiles and loads a kernel, and makes what launches it. Many threads may call it.</summary>
    /// <exception cref="KernelCompilationException">ILGPU or the driver refuses it.</exception>
    internal virtual (Kernel Kernel, KernelLauncher.Invoke Launch) CompileToLaunch(KernelSource source)
    {
        Kernel kernel = Compile(source);
        return (kernel, KernelLauncher.Create(kernel, source));
    }

    /// <summary>Is told of every launch after it was queued.</summary>
    internal virtual void Launched(KernelSource source)
    {
    }

    /// <summary>An error of the driver in words for the user.</summary>
    internal DeviceFailureException Failed(string what, Exception exception) =>
        new($"{Info.Name}: {what} failed: {exception.Message}", exception);

    /// <summary>Whether an exception tells of a driver's failure.</summary>
    internal static bool IsDriver(Exception exception) => exception is CudaException or CLException;

    /// <summary>A buffer as one of this device.</summary>
    /// <exception cref="ArgumentException">It is none.</exception>
    internal GpuBuffer Own(DeviceBuffer buffer) => buffer is GpuBuffer own && own.Allocator == allocator
        ? own : throw new ArgumentException($"The buffer does not lie on this {Info.Name}.", nameof(buffer));

    /// <summary>ILGPU's buffer that a range of bytes lies in.</summary>
    private protected MemoryBuffer Range(DeviceBuffer buffer, long offset, long bytes)
    {
        GpuBuffer own = Own(buffer);
        if (offset < 0 || bytes < 0 || offset > buffer.Length - bytes)
            throw new ArgumentOutOfRangeException(
                nameof(offset), $"{bytes} bytes from byte {offset} on do not lie inside a buffer of {buffer.Length} bytes.");
        return own.Memory;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        lock (gate)
        {
            if (disposed) return;
            disposed = true;
        }
        // Whatever has failed, everything is to be released.
        closing.Cancel();
        foreach (IlgpuKernel kernel in kernels.Values) Try(kernel.Dispose);
        Try(SynchronizeStream);
        lock (stagingGate) Try(staging.Dispose);
        allocator.Dispose();
        Try(Close);
        Try(Accelerator.Dispose);
        Try(context.Dispose);
    }

    /// <summary>Releases what a kind of device holds besides.</summary>
    private protected virtual void Close()
    {
    }

    private static void Try(Action release)
    {
        try
        {
            release();
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // The device has failed, and its driver releases the rest with the process.
        }
    }

    private void SynchronizeStream() => Stream.Synchronize();
}
