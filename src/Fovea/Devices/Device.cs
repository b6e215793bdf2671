using System.Globalization;
using Fovea.Compilation;
using Fovea.Core;
using Fovea.Core.Memory;
using Fovea.Cpu;
using Fovea.Cpu.Vectors;
using Fovea.Execution;
using Fovea.Gpu;
using Fovea.Gpu.Devices;
using Fovea.Graph;

namespace Fovea;

/// <summary>What is known of a device without opening it.</summary>
/// <param name="Name">The name that opens it, such as <c>cpu</c>.</param>
/// <param name="Description">What it is.</param>
/// <param name="Memory">Its memory in bytes.</param>
/// <param name="Units">Its cores.</param>
public sealed record DeviceInfo(string Name, string Description, long Memory, int Units);

/// <summary>A device cannot be opened or has failed. The message says which and why.</summary>
public sealed class DeviceException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Where networks run. Opened once and shared; dispose it last.</summary>
public sealed class Device : IDisposable
{
    /// <summary>The environment variable that decides what <c>auto</c> opens.</summary>
    public const string DeviceVariable = "FOVEA_DEVICE";

    private readonly IBackend backend;
    private readonly Action checkAlive;
    private volatile bool disposed;

    private Device(DeviceInfo info, IBackend backend) =>
        (Info, this.backend, checkAlive) = (info, backend, CheckAlive);

    /// <summary>
    /// The most threads that a device of this machine may be given: four for each core, and 64 in any case. Threads beyond the cores
    /// only wait for one another.
    /// </summary>
    public static int MaxThreads { get; } = Math.Max(64, 4 * Environment.ProcessorCount);

    /// <summary>What it is.</summary>
    public DeviceInfo Info { get; }

    /// <summary>What its memory is used for. Parameters lie in the host's memory and do not count on the CPU.</summary>
    public MemoryStatistics Memory => backend.Memory;

    /// <summary>How many threads of the host it uses.</summary>
    public int Threads => backend is CpuBackend cpu ? cpu.Pool.ThreadCount : 1;

    /// <summary>
    /// Is told how far the preparation of whatever is to run is, where nobody else is named: steps that are made, algorithms that are
    /// measured, kernels that a first run waits for; null for nobody.
    /// </summary>
    public IProgress<PreparationProgress>? Progress { get; set; }

    internal IBackend Backend => backend;

    /// <summary>Opens a device.</summary>
    /// <param name="name">
    /// <c>auto</c> for the best there is, <c>cpu</c>, or another name that <see cref="List"/> gives. <c>auto</c> takes what the environment
    /// variable <see cref="DeviceVariable"/> says, else a CUDA device, else a GPU under OpenCL, else the processor; a GPU that computes
    /// wrong numbers or fails is passed over. <c>debug</c> runs the kernels of GPUs as plain .NET, to step into them; it is slow, and
    /// never what <c>auto</c>
    /// opens.
    /// GPUs need the just-in-time compiler: a program that is trimmed or compiled ahead of time has the processor only.
    /// </param>
    /// <param name="threads">
    /// How many of the host's threads the device uses, if it runs on them; 0 for one on each core. At most <see cref="MaxThreads"/>.
    /// </param>
    /// <param name="warn">Is told which devices <c>auto</c> has passed over, and why; null for the trace listeners.</param>
    /// <exception cref="DeviceException">There is no such device, or it needs the just-in-time compiler and there is none.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The number of threads is negative or above <see cref="MaxThreads"/>.
    /// </exception>
    public static Device Open(string name = "auto", int threads = 0, Action<string>? warn = null)
    {
        CheckThreads(threads);
        if (name == "auto") name = Environment.GetEnvironmentVariable(DeviceVariable) is { Length: > 0 } wanted ? wanted : "auto";
        if (name == "auto" && AutoDevice.Default.Open(warn ?? (message => System.Diagnostics.Trace.TraceWarning(message))) is { } best)
            return best;
        if (name is "cpu" or "auto") return new Device(Cpu(), new CpuBackend(threads == 0 ? Environment.ProcessorCount : threads));
        if (!GpuDeviceName.TryParse(name, out _)) throw Unknown(name);
        if (!GpuSupport.IsSupported) throw new DeviceException($"The device '{name}' cannot be opened. {GpuSupport.Problem}");
        try
        {
            return Over(GpuDevices.TryOpen(name) ?? throw Unknown(name));
        }
        catch (DeviceFailureException exception)
        {
            throw new DeviceException($"The device '{name}' cannot be opened: {exception.Message}", exception);
        }
    }

    /// <summary>Checks that there is a device of such a name, on this machine or on another one.</summary>
    /// <exception cref="DeviceException">There is not; the message lists those of this machine.</exception>
    internal static void CheckName(string name)
    {
        if (name is not ("auto" or "cpu") && !GpuDeviceName.TryParse(name, out _)) throw Unknown(name);
    }

    /// <summary>Lists what can be opened.</summary>
    public static IReadOnlyList<DeviceInfo> List() => GpuSupport.IsSupported ? [Cpu(), .. GpuDevices.List().Select(Describe)] : [Cpu()];

    /// <summary>Says in words why devices that one might expect are not there, such as a driver that is not installed.</summary>
    public static IReadOnlyList<string> Missing() => GpuSupport.IsSupported ? GpuDevices.Missing() : [GpuSupport.Problem];

    /// <summary>Says in words which devices <c>auto</c> passes over, and why. What it has not tried yet, it tries now.</summary>
    public static IReadOnlyList<string> PassedOver() => AutoDevice.Default.PassedOver();

    /// <summary>Compares a small product and a sum with plain C#.</summary>
    /// <param name="cancellationToken">Ends the waiting for its kernels.</param>
    /// <returns>What is wrong; null if nothing is.</returns>
    /// <exception cref="DeviceFailureException">The device fails.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public string? Check(CancellationToken cancellationToken = default) => DeviceCheck.Run(this, cancellationToken);

    /// <summary>Makes a device of an accelerator, and takes it over.</summary>
    /// <exception cref="DeviceException">The program has no just-in-time compiler.</exception>
    internal static Device Over(KernelDevice accelerator) => GpuSupport.IsSupported
        ? new(Describe(accelerator.Info), new GpuBackend(accelerator))
        : throw new DeviceException($"The device '{accelerator.Info.Name}' cannot be opened. {GpuSupport.Problem}");

    /// <summary>Prepares a graph for this device.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="fetches">The values to read after a run. What neither they nor an update needs is left out.</param>
    /// <exception cref="NotSupportedException">The device lacks an operation.</exception>
    /// <exception cref="ObjectDisposedException">The device has been disposed.</exception>
    public Executable Compile(ComputationGraph graph, params IReadOnlyList<Value> fetches) =>
        Compile(graph, CompileOptions.Default, fetches);

    /// <inheritdoc cref="Compile(ComputationGraph, IReadOnlyList{Value})"/>
    /// <param name="graph">The graph.</param>
    /// <param name="options">How convolutions are computed.</param>
    /// <param name="fetches">The values to read after a run. What neither they nor an update needs is left out.</param>
    public Executable Compile(ComputationGraph graph, CompileOptions options, params IReadOnlyList<Value> fetches)
    {
        return Compile(graph, options, fetches, null);
    }

    /// <inheritdoc cref="Compile(ComputationGraph, IReadOnlyList{Value})"/>
    /// <param name="graph">The graph.</param>
    /// <param name="options">How convolutions are computed.</param>
    /// <param name="fetches">The values to read after a run.</param>
    /// <param name="progress">Is told how far it is, now and when <see cref="Executable.Prepare"/> or the first run waits for kernels;
    /// <see cref="Progress"/> if null.</param>
    /// <param name="cancellationToken">Ends it between two steps, or two runs of what is measured; nothing is kept.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public Executable Compile(
        ComputationGraph graph, CompileOptions options, IReadOnlyList<Value> fetches, IProgress<PreparationProgress>? progress,
        CancellationToken cancellationToken = default)
    {
        CheckAlive();
        return new(graph, fetches, backend, options, checkAlive, progress ?? Progress, cancellationToken);
    }

    /// <summary>Waits until everything that runs have queued is done. Reading a fetch does so by itself.</summary>
    /// <exception cref="DeviceFailureException">Something queued has failed.</exception>
    /// <exception cref="ObjectDisposedException">The device has been disposed.</exception>
    public void Synchronize()
    {
        CheckAlive();
        backend.Synchronize();
    }

    /// <summary>Ends the device's threads and gives its memory back. Variables keep their values.</summary>
    public void Dispose()
    {
        disposed = true;
        backend.Dispose();
    }

    /// <summary>Its name and what it is, with the number of threads where that is not the number of cores.</summary>
    public override string ToString()
    {
        int threads = Threads;
        return backend is CpuBackend && threads != Info.Units
            ? string.Create(CultureInfo.InvariantCulture, $"{Info.Name} ({Info.Description}, {threads} thread{(threads == 1 ? "" : "s")})")
            : $"{Info.Name} ({Info.Description})";
    }

    private void CheckAlive()
    {
        if (disposed)
            throw new ObjectDisposedException(
                Info.Name, $"The device {this} has been disposed. Dispose it after everything that uses it.");
    }

    private static void CheckThreads(int threads)
    {
        if (threads < 0 || threads > MaxThreads)
            throw new ArgumentOutOfRangeException(nameof(threads), string.Create(CultureInfo.InvariantCulture,
                $"A device runs on 1 to {MaxThreads} threads on this machine, which has {Environment.ProcessorCount} cores, not on ")
                + string.Create(CultureInfo.InvariantCulture, $"{threads}; 0 means one on each core."));
    }

    private static DeviceException Unknown(string name) => new(
        $"There is no device '{name}'. This machine has: {string.Join(", ", List().Select(device => device.Name))}; auto takes the best.");

    private static DeviceInfo Describe(AcceleratorInfo info) => new(info.Name, info.Description, info.Memory, info.Units);

    private static DeviceInfo Cpu() => new(
        "cpu",
        string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessorCount} cores, {(int)CpuFeatures.Simd}-bit vectors"),
        GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
        Environment.ProcessorCount);
}
