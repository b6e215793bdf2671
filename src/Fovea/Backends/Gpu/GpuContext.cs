using System.Numerics;
using System.Reflection;
using Fovea.Compute;
using Fovea.Compute.Memory;

namespace Fovea.Backends.Gpu;

/// <summary>What the steps of one device share.</summary>
/// <param name="accelerator">The device.</param>
internal sealed class GpuContext(Accelerator accelerator)
{
    /// <summary>The device that kernels run on.</summary>
    public Accelerator Accelerator { get; } = accelerator;

    /// <summary>Held by whoever queues work: one thread at a time may.</summary>
    public Lock Gate { get; } = new();

    /// <summary>Whether kernels run as plain .NET, where a thread that waits at a barrier is a costly thing.</summary>
    public bool IsSimt { get; } = accelerator.Info.Name == "simt";

    /// <summary>Threads of a group that reduces through shared memory: a power of two.</summary>
    public int ReductionGroup { get; } = accelerator.Info.Name == "simt" ? 8 : Math.Min(256, 1 << BitOperations.Log2((uint)accelerator.Info.MaxGroupSize));

    /// <summary>Chooses the tiles of matrix products.</summary>
    public Tuning.TileChoice Tiles { get; init; } = new(accelerator.Info, accelerator.Info.Name == "simt");

    /// <summary>Measures tiles; null if they are chosen by sizes alone.</summary>
    public Tuning.TileTuner? Tuner { get; init; } = Tuning.TileTuner.FromEnvironment(accelerator.Info);

    /// <summary>Compiles a kernel, or finds it compiled.</summary>
    /// <param name="kernel">The kernel's method.</param>
    /// <param name="groupSize">Threads of a group; null for what the kernel says.</param>
    /// <param name="constants">The values of its constant parameters, in order.</param>
    public Kernel Load(Delegate kernel, Dim3? groupSize = null, params IReadOnlyList<object> constants) => Load(kernel.Method, groupSize, constants);

    /// <inheritdoc cref="Load(Delegate, Dim3?, IReadOnlyList{object})"/>
    public Kernel Load(MethodInfo kernel, Dim3? groupSize = null, params IReadOnlyList<object> constants)
    {
        lock (Gate) return Accelerator.Load(new KernelSource(kernel, groupSize, constants));
    }

    /// <summary>How many groups of a size it takes to have a thread for each item.</summary>
    public static Dim3 Groups(long items, int groupSize = 256) => new((int)((items + groupSize - 1) / groupSize));
}

/// <summary>A kernel with its arguments, ready to go.</summary>
internal readonly record struct Launch(Kernel Kernel, Dim3 Groups, params KernelArgument[] Arguments)
{
    public void Run() => Kernel.Launch(Groups, Arguments);
}

/// <summary>A step that launches kernels. Their arguments are put together once, when the plan is known.</summary>
/// <param name="launches">Gives the launches, in order, for the buffers of the plan.</param>
/// <param name="workspaceBytes">The scratch memory they need.</param>
internal sealed class GpuStep(Func<StepBuffers, IEnumerable<Launch>> launches, long workspaceBytes = 0) : IStep
{
    private Launch[] prepared = [];

    public GpuStep(Func<StepBuffers, Launch> launch) : this(buffers => [launch(buffers)])
    {
    }

    public long WorkspaceBytes => workspaceBytes;

    public void Prepare(StepBuffers buffers) => prepared = [.. launches(buffers)];

    public void Run(StepBuffers buffers)
    {
        foreach (ref readonly Launch launch in prepared.AsSpan()) launch.Run();
    }
}

/// <summary>Parts of a device's memory as views.</summary>
internal static class GpuMemory
{
    /// <summary>A view of floats or integers.</summary>
    public static KernelArgument View(this BufferView view) => KernelArgument.View(view.Buffer!, view.Offset, (int)(view.Bytes / sizeof(float)));

    /// <summary>A view of whole 16-byte vectors. Blocks and variables are padded to more than that, so there is always room.</summary>
    public static KernelArgument Vectors(this BufferView view) => KernelArgument.View(view.Buffer!, view.Offset, (int)((view.Bytes + 15) / 16 * 4));

    /// <summary>Part of a view.</summary>
    public static BufferView Part(this BufferView view, long offset, long bytes) => new(view.Buffer, view.Offset + offset, bytes);

    /// <summary>An argument that a kernel declares but does not use.</summary>
    public static KernelArgument Nothing(DeviceBuffer any) => KernelArgument.View(any, 0, 0);
}
