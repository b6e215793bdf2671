using System.Numerics;
using Fovea.Compute.Compiler;
using Fovea.Compute.Memory;
using static Fovea.Compute.OpenCl.OpenClNative;

namespace Fovea.Compute.OpenCl;

/// <summary>An OpenCL device: one context, one queue that runs in order. Many threads may share it.</summary>
public sealed unsafe class OpenClAccelerator : DriverAccelerator
{
    private const uint LaunchesPerFlush = 16;
    private readonly IKernelCompiler compiler;
    private readonly ContextHandle context;
    private QueueHandle? profilingQueue;
    private uint launches;

    /// <summary>Opens a device.</summary>
    /// <exception cref="OpenClException">Its driver refuses.</exception>
    public OpenClAccelerator(OpenClDevice device) : this(device, new OpenClKernelCompiler())
    {
    }

    internal OpenClAccelerator(OpenClDevice device, IKernelCompiler compiler, KernelCache? cache = null, long memoryLimit = long.MaxValue) : base(cache)
    {
        (Device, this.compiler) = (device, compiler);
        nint handle = device.Handle;
        nint* properties = stackalloc nint[] { ContextPlatform, device.Platform, 0 };
        context = clCreateContext(properties, 1, &handle, 0, 0, out int error);
        OpenClException.Check(error, Info.Name, call: nameof(clCreateContext));
        Queue = clCreateCommandQueue(context, device.Handle, 0, out error);
        OpenClException.Check(error, Info.Name, call: nameof(clCreateCommandQueue));
        Allocator = new CachingAllocator(new OpenClMemory(device, context, Queue), Math.Min(memoryLimit, Info.Memory));
        Staging = new OpenClStaging(device, context, Queue);
    }

    /// <inheritdoc/>
    public override AcceleratorInfo Info => Device.Info;

    internal OpenClDevice Device { get; }

    internal QueueHandle Queue { get; }

    // Apart, because a queue that takes times is slower.
    internal QueueHandle ProfilingQueue
    {
        get
        {
            lock (Gate)
            {
                ObjectDisposedException.ThrowIf(IsDisposed, this);
                if (profilingQueue is not null) return profilingQueue;
                QueueHandle queue = clCreateCommandQueue(context, Device.Handle, QueueProfiling, out int error);
                OpenClException.Check(error, Info.Name, call: nameof(clCreateCommandQueue));
                return profilingQueue = queue;
            }
        }
    }

    private protected override CachingAllocator Allocator { get; }

    private protected override StagingRing Staging { get; }

    private protected override string Identity => Device.Identity;

    private protected override int CompilerVersion => compiler.Version;

    private protected override Dim3 MaxGroup => Device.MaxGroup;

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

    // A driver may hold commands back until the queue is flushed; while more are queued, the device should already be running.
    internal void FlushNowAndThen()
    {
        if (Interlocked.Increment(ref launches) % LaunchesPerFlush == 0) OpenClException.Check(clFlush(Queue), Info.Name);
    }

    private protected override CompiledKernel Compile(KernelSource source) => compiler.Compile(source, Device.Target);

    private protected override DriverKernel Build(KernelSource source, CompiledKernel compiled, byte[] binary, out byte[]? made)
    {
        ProgramHandle? kept = OpenClProgram.FromBinary(Device, context, binary);
        using ProgramHandle program = kept ?? OpenClProgram.FromText(Device, context, compiled, source.Name);
        made = kept is null ? OpenClProgram.Binary(program) : null;
        return new OpenClKernel(source, this, program, compiled);
    }

    private protected override void Drain() => _ = clFinish(Queue);

    private protected override void Close()
    {
        profilingQueue?.Dispose();
        Queue.Dispose();
        context.Dispose();
    }
}
