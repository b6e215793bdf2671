using System.Numerics;
using Fovea.Compute.Compiler;
using Fovea.Compute.Memory;
using static Fovea.Compute.OpenCl.OpenClNative;

namespace Fovea.Compute.OpenCl;

/// <summary>An OpenCL device: one context, one queue that runs in order. Many threads may share it.</summary>
public sealed unsafe class OpenClAccelerator : Accelerator
{
    private const uint LaunchesPerFlush = 16;
    private readonly Lock loadGate = new(), stagingGate = new();
    private readonly IKernelCompiler compiler;
    private readonly KernelCache cache;
    private readonly ContextHandle context;
    private readonly CachingAllocator allocator;
    private readonly StagingRing staging;
    private readonly Dictionary<KernelIdentity, OpenClKernel> kernels = [];
    private QueueHandle? profilingQueue;
    private uint launches;
    private bool disposed;

    /// <summary>Opens a device.</summary>
    /// <exception cref="OpenClException">Its driver refuses.</exception>
    public OpenClAccelerator(OpenClDevice device) : this(device, new OpenClKernelCompiler())
    {
    }

    internal OpenClAccelerator(OpenClDevice device, IKernelCompiler compiler, KernelCache? cache = null, long memoryLimit = long.MaxValue)
    {
        (Device, this.compiler, this.cache) = (device, compiler, cache ?? KernelCache.FromEnvironment());
        nint handle = device.Handle;
        nint* properties = stackalloc nint[] { ContextPlatform, device.Platform, 0 };
        context = clCreateContext(properties, 1, &handle, 0, 0, out int error);
        OpenClException.Check(error, Info.Name, call: nameof(clCreateContext));
        Queue = clCreateCommandQueue(context, device.Handle, 0, out error);
        OpenClException.Check(error, Info.Name, call: nameof(clCreateCommandQueue));
        allocator = new CachingAllocator(new OpenClMemory(device, context, Queue), Math.Min(memoryLimit, Info.Memory));
        staging = new StagingRing(device, context, Queue);
    }

    /// <inheritdoc/>
    public override AcceleratorInfo Info => Device.Info;

    /// <inheritdoc/>
    public override MemoryStatistics Memory => allocator.Statistics;

    internal OpenClDevice Device { get; }

    internal QueueHandle Queue { get; }

    // Apart, because a queue that takes times is slower.
    internal QueueHandle ProfilingQueue
    {
        get
        {
            lock (loadGate)
            {
                ObjectDisposedException.ThrowIf(disposed, this);
                if (profilingQueue is not null) return profilingQueue;
                QueueHandle queue = clCreateCommandQueue(context, Device.Handle, QueueProfiling, out int error);
                OpenClException.Check(error, Info.Name, call: nameof(clCreateCommandQueue));
                return profilingQueue = queue;
            }
        }
    }

    /// <inheritdoc/>
    public override DeviceBuffer Allocate(long bytes) => allocator.Allocate(bytes);

    /// <inheritdoc/>
    /// <exception cref="OpenClException">The driver's compiler refuses the text; the message has its log.</exception>
    /// <exception cref="AcceleratorException">The kernel's groups or shared memory are larger than the device allows.</exception>
    public override Kernel Load(KernelSource source)
    {
        var identity = KernelIdentity.Of(source);
        lock (loadGate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            if (!kernels.TryGetValue(identity, out OpenClKernel? kernel)) kernels.Add(identity, kernel = Make(source, identity));
            return kernel;
        }
    }

    /// <inheritdoc/>
    public override void Write(DeviceBuffer target, long offset, ReadOnlySpan<byte> source)
    {
        nint buffer = Range(target, offset, source.Length);
        lock (stagingGate) staging.Write(buffer, offset, source);
        GC.KeepAlive(target);
    }

    /// <inheritdoc/>
    public override void Read(DeviceBuffer source, long offset, Span<byte> target)
    {
        nint buffer = Range(source, offset, target.Length);
        if (target.IsEmpty) return;
        fixed (byte* pointer = target)
            OpenClException.Check(clEnqueueReadBuffer(Queue, buffer, 1, (nuint)offset, (nuint)target.Length, pointer, 0, null, null), Info.Name);
        GC.KeepAlive(source);
    }

    /// <inheritdoc/>
    public override void Clear(DeviceBuffer target, long offset, long bytes)
    {
        nint buffer = Range(target, offset, bytes);
        if (bytes == 0) return;
        // The pattern's size must divide both; wide ones are faster.
        int width = 1 << Math.Min(4, BitOperations.TrailingZeroCount(offset | bytes));
        Int128 zero = 0;
        OpenClException.Check(clEnqueueFillBuffer(Queue, buffer, &zero, (nuint)width, (nuint)offset, (nuint)bytes, 0, null, null), Info.Name);
        GC.KeepAlive(target);
    }

    /// <inheritdoc/>
    public override void Synchronize() => OpenClException.Check(clFinish(Queue), Info.Name);

    /// <summary>The memory object of a buffer.</summary>
    /// <exception cref="ArgumentException">The buffer lies on another device.</exception>
    internal nint HandleOf(DeviceBuffer buffer) => buffer is PooledBuffer pooled && pooled.Allocator == allocator ? pooled.Handle
        : throw new ArgumentException($"The buffer does not lie on this {Info.Name}.", nameof(buffer));

    // A driver may hold commands back until the queue is flushed; while more are queued, the device should already be running.
    internal void FlushNowAndThen()
    {
        if (Interlocked.Increment(ref launches) % LaunchesPerFlush == 0) OpenClException.Check(clFlush(Queue), Info.Name);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        lock (loadGate)
        {
            if (disposed) return;
            disposed = true;
            // Whatever has failed, everything is to be released.
            _ = clFinish(Queue);
            foreach (OpenClKernel kernel in kernels.Values) kernel.Release();
            lock (stagingGate) staging.Dispose();
            allocator.Dispose();
            profilingQueue?.Dispose();
            Queue.Dispose();
            context.Dispose();
        }
    }

    private nint Range(DeviceBuffer buffer, long offset, long bytes)
    {
        nint handle = HandleOf(buffer);
        if (offset < 0 || bytes < 0 || offset > buffer.Length - bytes)
            throw new ArgumentOutOfRangeException(nameof(offset), $"{bytes} bytes from byte {offset} on do not lie inside a buffer of {buffer.Length} bytes.");
        return handle;
    }

    private OpenClKernel Make(KernelSource source, KernelIdentity identity)
    {
        Dim3 group = source.GroupSize, limit = Device.MaxGroup;
        if (group.X < 1 || group.Y < 1 || group.Z < 1 || group.Count > Info.MaxGroupSize || group.X > limit.X || group.Y > limit.Y || group.Z > limit.Z)
            throw new AcceleratorException($"{Info.Name}: the kernel {source.Name} has groups of {group} threads; {Info.MaxGroupSize} are possible there, at most {limit} along the axes.");
        string key = identity.Key(Device.Identity, compiler.Version);
        (CompiledKernel Kernel, byte[] Binary)? found = cache.Find(key);
        CompiledKernel compiled = found?.Kernel ?? compiler.Compile(source, Device.Target);
        if (compiled.SharedBytes > Info.SharedBytes)
            throw new AcceleratorException($"{Info.Name}: the kernel {source.Name} needs {compiled.SharedBytes} bytes of shared memory for a group; there are {Info.SharedBytes}.");
        ProgramHandle? kept = found is { } entry ? OpenClProgram.FromBinary(Device, context, entry.Binary) : null;
        using ProgramHandle program = kept ?? OpenClProgram.FromText(Device, context, compiled, source.Name);
        if (kept is null) cache.Add(key, compiled, OpenClProgram.Binary(program));
        return new OpenClKernel(source, this, program, compiled);
    }
}
