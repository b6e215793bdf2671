using Fovea.Compute.Compiler;
using Fovea.Compute.Memory;
using static Fovea.Compute.Cuda.CudaNumbers;

namespace Fovea.Compute.Cuda;

/// <summary>An NVIDIA card through its driver: its primary context, one stream that runs in order. Many threads may share it.</summary>
/// <remarks>Dispose it: what it has of the driver, other than buffers, lives as long as it does.</remarks>
public sealed unsafe class CudaAccelerator : DriverAccelerator
{
    /// <summary>The environment variable that, set to 1, has every launch waited for, so that a kernel that fails is named.</summary>
    public const string SyncVariable = "FOVEA_SYNC";

    private readonly Lock downloadGate = new(), recordGate = new(), recordingsGate = new();
    private readonly IPtxCompiler compiler;
    private readonly CudaContext context;
    private readonly nint stream, captureStream;
    private readonly CudaDownload? download;
    private readonly HashSet<CudaRecording> recordings = [];
    private int recorder, recorded;

    /// <summary>Opens a card.</summary>
    /// <exception cref="CudaException">Its driver refuses.</exception>
    public CudaAccelerator(CudaDevice device) : this(device, new PtxKernelCompiler())
    {
    }

    internal CudaAccelerator(CudaDevice device, IPtxCompiler compiler, KernelCache? cache = null, long memoryLimit = long.MaxValue) : base(cache)
    {
        (Device, this.compiler) = (device, compiler);
        context = new CudaContext(device.Driver, device.Handle, device.Info.Name);
        try
        {
            stream = NewStream();
            captureStream = NewStream();
            Allocator = new CachingAllocator(new CudaMemory(device, context, stream), Math.Min(memoryLimit, device.Info.Memory));
            Staging = new CudaStaging(context, stream);
            download = new CudaDownload(context, stream);
        }
        catch
        {
            Close();
            throw;
        }
    }

    /// <inheritdoc/>
    public override AcceleratorInfo Info => Device.Info;

    /// <inheritdoc/>
    public override bool CanRecord => !IsSynchronous;

    internal static bool IsSynchronous { get; } = Environment.GetEnvironmentVariable(SyncVariable) == "1";

    internal CudaDevice Device { get; }

    /// <summary>Where the calling thread's work goes.</summary>
    internal nint Stream => IsRecording ? captureStream : stream;

    private protected override CachingAllocator Allocator { get; }

    private protected override StagingRing Staging { get; }

    private protected override string Identity => Device.Identity;

    private protected override int CompilerVersion => compiler.Version;

    private protected override Dim3 MaxGroup => Device.MaxGroup;

    private bool IsRecording => recorder != 0 && recorder == Environment.CurrentManagedThreadId;

    /// <inheritdoc/>
    public override DeviceBuffer Allocate(long bytes)
    {
        ThrowIfRecording("allocate memory");
        return base.Allocate(bytes);
    }

    /// <inheritdoc/>
    public override void Write(DeviceBuffer target, long offset, ReadOnlySpan<byte> source)
    {
        ThrowIfRecording("copy from the host");
        base.Write(target, offset, source);
    }

    /// <inheritdoc/>
    public override void Read(DeviceBuffer source, long offset, Span<byte> target)
    {
        ThrowIfRecording("copy to the host");
        nint address = Range(source, offset, target.Length);
        if (target.IsEmpty) return;
        lock (downloadGate) download!.Read(address + (nint)offset, target);
        GC.KeepAlive(source);
    }

    /// <inheritdoc/>
    public override void Clear(DeviceBuffer target, long offset, long bytes)
    {
        nint address = Range(target, offset, bytes);
        if (bytes == 0) return;
        using CudaContext.Scope scope = context.Enter();
        context.Check(context.Driver.cuMemsetD8Async(address + (nint)offset, 0, (nuint)bytes, Stream));
        GC.KeepAlive(target);
    }

    /// <inheritdoc/>
    public override void Synchronize()
    {
        ThrowIfRecording("wait");
        using CudaContext.Scope scope = context.Enter();
        context.Check(context.Driver.cuStreamSynchronize(stream));
    }

    /// <inheritdoc/>
    public override Recording? Record(Action queueWork, out string? problem)
    {
        if (!CanRecord)
        {
            problem = $"{SyncVariable} is set.";
            return null;
        }
        lock (recordGate)
        {
            nint graph = 0;
            try
            {
                using CudaContext.Scope scope = context.Enter();
                Capture(queueWork, ref graph);
                nint executable;
                context.Check(context.Driver.cuGraphInstantiateWithFlags(&executable, graph, 0));
                var recording = new CudaRecording(this, context, executable, $"a recording of {recorded} launches, the last of them {context.LastLaunch}");
                lock (recordingsGate) recordings.Add(recording);
                problem = null;
                return recording;
            }
            catch (Exception exception)
                when (exception is AcceleratorException or InvalidOperationException or NotSupportedException or EntryPointNotFoundException && exception is not ObjectDisposedException)
            {
                problem = exception.Message;
                return null;
            }
            finally
            {
                Destroy(graph);
            }
        }
    }

    /// <summary>Refuses what cannot be part of a recording.</summary>
    /// <exception cref="InvalidOperationException">The calling thread is recording.</exception>
    internal void ThrowIfRecording(string what)
    {
        if (IsRecording) throw new InvalidOperationException($"{Info.Name} cannot {what} while work is recorded.");
    }

    /// <summary>Notes what is launched next.</summary>
    internal void Launching(string kernel)
    {
        context.LastLaunch = kernel;
        if (IsRecording) recorded++;
    }

    internal void Forget(CudaRecording recording)
    {
        lock (recordingsGate) recordings.Remove(recording);
    }

    private protected override CompiledKernel Compile(KernelSource source) => compiler.Compile(source, Device.Target!.Value);

    private protected override DriverKernel Build(KernelSource source, CompiledKernel compiled, byte[] binary, out byte[]? made)
    {
        ThrowIfRecording($"load the kernel {source.Name}");
        using CudaContext.Scope scope = context.Enter();
        made = null;
        nint module = CudaModule.FromBinary(context, binary);
        if (module == 0) module = CudaModule.FromText(context, compiled, source.Name, out made);
        return new CudaKernel(source, this, context, module, compiled);
    }

    private protected override void Drain()
    {
        context.Release(driver => driver.cuStreamSynchronize(stream));
        CudaRecording[] left;
        lock (recordingsGate) left = [.. recordings];
        foreach (CudaRecording recording in left) recording.Dispose();
    }

    private protected override void Close()
    {
        download?.Dispose();
        if (stream != 0) context.Release(driver => driver.cuStreamDestroy(stream));
        if (captureStream != 0) context.Release(driver => driver.cuStreamDestroy(captureStream));
        context.Dispose();
    }

    // On a stream of its own, where other threads may go on with theirs, and wait for it.
    private void Capture(Action queueWork, ref nint graph)
    {
        context.Check(context.Driver.cuStreamBeginCapture(captureStream, CaptureThreadLocal));
        (recorder, recorded) = (Environment.CurrentManagedThreadId, 0);
        int ended;
        try
        {
            queueWork();
        }
        finally
        {
            recorder = 0;
            fixed (nint* made = &graph) ended = context.Driver.cuStreamEndCapture(captureStream, made);
        }
        context.Check(ended, call: nameof(ICudaDriver.cuStreamEndCapture));
    }

    private void Destroy(nint graph)
    {
        if (graph != 0) context.Release(driver => driver.cuGraphDestroy(graph));
    }

    private nint NewStream()
    {
        using CudaContext.Scope scope = context.Enter();
        nint made;
        context.Check(context.Driver.cuStreamCreate(&made, StreamNonBlocking));
        return made;
    }
}
