using Fovea.Core;
using Fovea.Execution;
using Fovea.Gpu.Devices.Compilation;
using ILGPU;
using ILGPU.Backends;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using Card = ILGPU.Runtime.Cuda.CudaDevice;

namespace Fovea.Gpu.Devices;

/// <summary>An NVIDIA card.</summary>
internal sealed class CudaDevice : IlgpuDevice
{
    /// <summary>The environment variable that makes every launch wait when it is 1, so that an error names its kernel.</summary>
    public const string SyncVariable = "FOVEA_SYNC";

    private readonly Lock recordingsGate = new();
    private readonly HashSet<CudaRecording> recordings = [];
    private readonly KernelCompiler compiler;
    private readonly AcceleratorStream captureStream;
    private readonly bool synchronous = Environment.GetEnvironmentVariable(SyncVariable) == "1";
    private int recorded;
    private bool recording;

    private CudaDevice(Context context, CudaAccelerator accelerator, AcceleratorInfo info, long limit)
        // The default stream is the driver's null stream, which cannot be captured.
        : base(context, accelerator, accelerator.CreateStream(), info, long.MaxValue, limit)
    {
        captureStream = accelerator.CreateStream();
        compiler = new(context => new PTXBackend(context, accelerator.Capabilities, accelerator.Architecture, accelerator.InstructionSet,
            null), KernelTarget.Ptx);
    }

    /// <inheritdoc/>
    public override bool CanRecord => !synchronous;

    /// <summary>Opens a card.</summary>
    /// <param name="info">What is known of it.</param>
    /// <param name="card">The card.</param>
    /// <param name="limit">Bytes to use at most.</param>
    /// <exception cref="DeviceFailureException">The driver refuses.</exception>
    public static CudaDevice Open(AcceleratorInfo info, Card card, long limit = long.MaxValue)
    {
        Context context = KernelCompiler.CreateContext();
        try
        {
            return new CudaDevice(context, card.CreateCudaAccelerator(context), info, limit);
        }
        catch (Exception exception) when (IsDriver(exception) || exception is NotSupportedException)
        {
            context.Dispose();
            throw new DeviceFailureException($"{info.Name} cannot be opened: {exception.Message}", exception);
        }
    }

    /// <inheritdoc/>
    public override void Write(Fovea.Core.Memory.DeviceBuffer target, long offset, ReadOnlySpan<byte> source)
    {
        ThrowIfRecording("copy from the host");
        base.Write(target, offset, source);
    }

    /// <inheritdoc/>
    public override void Read(Fovea.Core.Memory.DeviceBuffer source, long offset, Span<byte> target)
    {
        ThrowIfRecording("copy to the host");
        base.Read(source, offset, target);
    }

    /// <inheritdoc/>
    public override Fovea.Core.Memory.DeviceBuffer Allocate(long bytes)
    {
        ThrowIfRecording("allocate memory");
        return base.Allocate(bytes);
    }

    /// <inheritdoc/>
    public override void Synchronize()
    {
        ThrowIfRecording("wait");
        base.Synchronize();
    }

    /// <inheritdoc/>
    public override Recording? Record(Action queueWork, out string? problem)
    {
        if (!CanRecord)
        {
            problem = $"{SyncVariable} is set.";
            return null;
        }
        try
        {
            Accelerator.Bind();
            nint graph = Capture(queueWork);
            try
            {
                CudaGraphApi.Check(CudaGraphApi.GraphInstantiate(out nint executable, graph, 0));
                var made = new CudaRecording(this, executable, recorded);
                lock (recordingsGate) recordings.Add(made);
                problem = null;
                return made;
            }
            finally
            {
                _ = CudaGraphApi.GraphDestroy(graph);
            }
        }
        catch (Exception exception)
            when (IsDriver(exception)
                || exception is DeviceFailureException or InvalidOperationException or NotSupportedException or EntryPointNotFoundException)
        {
            problem = exception.Message;
            return null;
        }
    }

    /// <inheritdoc/>
    internal override Kernel Compile(KernelSource source)
    {
        CompiledKernel compiled = compiler.Compile(source);
        try
        {
            return Accelerator.LoadKernel(compiled);
        }
        catch (CudaException exception)
        {
            throw new KernelCompilationException(
                $"{Info.Name}: the driver refuses the kernel {source.Name}: {exception.Message}", exception);
        }
    }

    /// <inheritdoc/>
    internal override void Launched(KernelSource source)
    {
        recorded++;
        if (!synchronous) return;
        try
        {
            Stream.Synchronize();
        }
        catch (CudaException exception)
        {
            throw Failed(source.Name, exception);
        }
    }

    /// <summary>Replays a recording.</summary>
    internal void Replay(nint graph, int launches)
    {
        ThrowIfRecording("replay a recording");
        Accelerator.Bind();
        try
        {
            CudaGraphApi.Check(CudaGraphApi.GraphLaunch(graph, ((CudaStream)Stream).StreamPtr));
        }
        catch (CudaException exception)
        {
            throw Failed($"a recording of {launches} launches", exception);
        }
    }

    /// <summary>Destroys a recording once it is not running.</summary>
    internal void Forget(CudaRecording recording, nint graph)
    {
        lock (recordingsGate) recordings.Remove(recording);
        Accelerator.Bind();
        // Drivers before CUDA 12 do not promise to wait for a graph that is running.
        Stream.Synchronize();
        _ = CudaGraphApi.GraphExecDestroy(graph);
    }

    private protected override void Close()
    {
        CudaRecording[] left;
        lock (recordingsGate) left = [.. recordings];
        foreach (CudaRecording made in left) made.Dispose();
        Stream.Dispose();
        captureStream.Dispose();
        compiler.Dispose();
    }

    // On a stream of its own, which runs nothing meanwhile.
    private nint Capture(Action queueWork)
    {
        AcceleratorStream usual = Stream;
        nint stream = ((CudaStream)captureStream).StreamPtr;
        CudaGraphApi.Check(CudaGraphApi.StreamBeginCapture(stream, CudaGraphApi.CaptureThreadLocal));
        (recording, recorded, Stream) = (true, 0, captureStream);
        CudaError ended;
        nint graph;
        try
        {
            queueWork();
        }
        finally
        {
            (recording, Stream) = (false, usual);
            ended = CudaGraphApi.StreamEndCapture(stream, out graph);
        }
        CudaGraphApi.Check(ended);
        return graph;
    }

    /// <exception cref="InvalidOperationException">Work is being recorded.</exception>
    private void ThrowIfRecording(string what)
    {
        if (recording) throw new InvalidOperationException($"{Info.Name} cannot {what} while work is recorded.");
    }
}

/// <summary>Launches as a graph of the driver.</summary>
internal sealed class CudaRecording(CudaDevice device, nint graph, int launches) : Recording
{
    private bool disposed;

    /// <inheritdoc/>
    public override void Replay()
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        device.Replay(graph, launches);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposed || !disposing) return;
        disposed = true;
        device.Forget(this, graph);
    }
}
