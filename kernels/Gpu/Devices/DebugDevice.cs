using Fovea.Gpu.Devices.Compilation;
using ILGPU;
using ILGPU.Backends;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;

namespace Fovea.Gpu.Devices;

/// <summary>
/// ILGPU's CPU accelerator: kernels run as the .NET code that they are. Where the threads of a group wait for each other, each is a thread
/// of the operating system; else one runs them all, in order. For breakpoints and checked indices, not for speed.
/// </summary>
internal sealed class DebugDevice : IlgpuDevice
{
    // The kernels' largest groups; threads beyond those that a launch needs are never started.
    private const int Warp = 32, Warps = 8;

    private readonly int number = DebugFault.Watch();
    private readonly KernelCompiler compiler;
    private readonly DebugLanes lanes;

    private DebugDevice(Context context, CPUAccelerator accelerator, long limit)
        : base(context, accelerator, accelerator.DefaultStream, Describe(), long.MaxValue, limit)
    {
        // Contexts of its own to compile in: a failure leaves the context of the device as it is.
        compiler = new(context => Create(context, 2, 1).GetBackend(), KernelTarget.Debug, number);
        lanes = new(accelerator);
    }

    /// <summary>What is known of it.</summary>
    public static AcceleratorInfo Describe() => new(
        GpuDevices.Debug, "ILGPU's CPU accelerator: kernels as plain .NET, for debugging", GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
        1, Warp * Warps, 48 << 10, IsGpu: false);

    /// <summary>Opens it.</summary>
    /// <param name="limit">Bytes to use at most.</param>
    public static DebugDevice Open(long limit = long.MaxValue)
    {
        Context context = KernelCompiler.CreateContext();
        return new DebugDevice(context, Create(context, Warp, Warps), limit);
    }

    /// <inheritdoc/>
    internal override Kernel Compile(KernelSource source) => CompileToLaunch(source).Kernel;

    /// <inheritdoc/>
    internal override (Kernel Kernel, KernelLauncher.Invoke Launch) CompileToLaunch(KernelSource source)
    {
        DebugLanes.Lane? lane = null;
        GroupWaits waits = GroupWaits.None;
        CompiledKernel compiled = compiler.Compile(source, (method, translated) =>
        {
            lane = KernelLauncher.CreateCall(method);
            waits = GroupWaitsOf.Kernel(translated);
        });
        Kernel kernel = Accelerator.LoadKernel(compiled);
        // What else threads can do together, ILGPU's own threads know.
        if (waits == GroupWaits.Others) return (kernel, KernelLauncher.Create(kernel, source));
        return (kernel, (_, config, arguments) =>
            lanes.Run(lane!, config.GridDim, config.GroupDim, waits == GroupWaits.Barriers, arguments));
    }

    /// <inheritdoc/>
    internal override void Launched(KernelSource source) => DebugFault.Check(number, source.Name);

    private protected override void Close()
    {
        lanes.Dispose();
        compiler.Dispose();
    }

    private static CPUAccelerator Create(Context context, int warp, int warps) =>
        new CPUDevice(warp, warps, 1).CreateCPUAccelerator(context, CPUAcceleratorMode.Parallel);
}
