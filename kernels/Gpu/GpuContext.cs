using System.Numerics;
using System.Reflection;
using Fovea.Core.Memory;
using Fovea.Execution;
using Fovea.Gpu.Devices;
using Fovea.Gpu.Product;
using Fovea.Gpu.Reduction;

namespace Fovea.Gpu;

/// <summary>What the steps of one device share.</summary>
/// <param name="device">The device.</param>
internal sealed class GpuContext(KernelDevice device)
{
    /// <summary>Ends the measuring of tiles while a step is made on this thread.</summary>
    [field: ThreadStatic]
    public static CancellationToken Cancellation { get; set; }

    /// <summary>The device that kernels run on.</summary>
    public KernelDevice Device { get; } = device;

    /// <summary>Held by whoever queues work: one thread at a time may.</summary>
    public Lock Gate { get; } = new();

    /// <summary>Whether kernels run as plain .NET, where every thread of a group is one of the operating system.</summary>
    public bool IsDebug => Device.Info.IsDebug;

    /// <summary>Threads of a group that reduces through shared memory: a power of two.</summary>
    public int ReductionGroup { get; } = device.Info.IsDebug ? 8
        : Math.Min(GroupReduction.MaxThreads, 1 << BitOperations.Log2((uint)device.Info.MaxGroupSize));

    /// <summary>Chooses the tiles of matrix products.</summary>
    public TileChoice Tiles { get; init; } = new(device.Info);

    /// <summary>Measures tiles; null if they are chosen by sizes alone.</summary>
    public TileTuner? Tuner { get; init; } = TileTuner.FromEnvironment(device.Info);

    /// <summary>Begins to compile a kernel, or finds it.</summary>
    /// <param name="kernel">The kernel's method.</param>
    /// <param name="groupSize">Threads of a group; null for the device's usual number.</param>
    /// <param name="values">Its specialized values, in order.</param>
    public DeviceKernel Load(Delegate kernel, int? groupSize = null, params IReadOnlyList<object> values) =>
        Load(kernel.Method, groupSize, values);

    /// <inheritdoc cref="Load(Delegate, int?, IReadOnlyList{object})"/>
    public DeviceKernel Load(MethodInfo kernel, int? groupSize = null, params IReadOnlyList<object> values) =>
        Device.Load(new KernelSource(kernel, new Dim3(groupSize ?? Device.Info.GroupSize), values));

    /// <summary>How many groups of a size it takes to have a thread for each item.</summary>
    public static Dim3 Groups(long items, int groupSize) => new(checked((int)((items + groupSize - 1) / groupSize)));
}

/// <summary>A kernel with its arguments, ready to go.</summary>
internal readonly record struct Launch(DeviceKernel Kernel, Dim3 Groups, params KernelArgument[] Arguments)
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
    /// <summary>
    /// The most elements that a kernel can tell apart: their numbers, rounded up to whole groups of threads, are 32 bits.
    /// </summary>
    public const int MostElements = int.MaxValue - 0xFFFF;

    /// <summary>A view of floats or integers.</summary>
    /// <exception cref="NotSupportedException">There are more than kernels can tell apart.</exception>
    public static KernelArgument View(this BufferView view) =>
        KernelArgument.View(view.Buffer!, view.Offset, Elements(view.Bytes / sizeof(float)));

    /// <summary>A view of whole 16-byte vectors. Blocks and variables are padded to more than that, so there is always room.</summary>
    public static KernelArgument Vectors(this BufferView view) =>
        KernelArgument.View(view.Buffer!, view.Offset, Elements((view.Bytes + 15) / 16 * 4));

    /// <summary>Part of a view.</summary>
    public static BufferView Part(this BufferView view, long offset, long bytes) => new(view.Buffer, view.Offset + offset, bytes);

    /// <summary>Checks that kernels can address what an operation works on.</summary>
    /// <exception cref="NotSupportedException">A tensor has too many elements.</exception>
    public static void CheckSizes(string device, string op, IReadOnlyList<TensorSpec> inputs, IReadOnlyList<TensorSpec> outputs)
    {
        Check("input", inputs);
        Check("output", outputs);

        void Check(string kind, IReadOnlyList<TensorSpec> specs)
        {
            for (int i = 0; i < specs.Count; i++)
            {
                long count = specs[i].Shape.Count;
                if (count <= MostElements) continue;
                throw new NotSupportedException(FormattableString.Invariant(
                    $"{op}: {kind} {i}, {specs[i]}, has {count:N0} elements; kernels of {device} address {MostElements:N0} of a tensor ")
                    + "at most. Use a smaller batch, or the CPU.");
            }
        }
    }

    private static int Elements(long count) => count <= MostElements ? (int)count : throw new NotSupportedException(
        FormattableString.Invariant($"Its scratch memory has {count:N0} elements; kernels address {MostElements:N0} at most. ")
        + "Use a smaller batch, another algorithm, or the CPU.");

    /// <summary>An argument that a kernel declares but does not use.</summary>
    public static KernelArgument Nothing(DeviceBuffer any) => KernelArgument.View(any, 0, 0);
}
