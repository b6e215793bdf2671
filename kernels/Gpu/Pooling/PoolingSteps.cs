using Fovea.Execution;
using Fovea.Gpu.Devices;
using Fovea.Ops;

namespace Fovea.Gpu.Pooling;

/// <summary>Poolings and their gradients: a thread for every element that is written.</summary>
internal static class PoolingSteps
{
    public static IStep Max(GpuContext context, PoolingShape shape) => Step(context, MaxPooling.Forward, shape, shape.OutputCount);

    /// <summary>The winners are found once and kept while the step runs, since every element of the input asks several windows.</summary>
    public static IStep MaxGradient(GpuContext context, PoolingShape shape)
    {
        DeviceKernel find = context.Load(MaxPooling.Winners), gather = context.Load(MaxPooling.Backward);
        int windows = checked((int)shape.OutputCount), elements = checked((int)shape.InputCount);
        KernelArgument window = KernelArgument.Of(shape.Window), channels = KernelArgument.Of(shape.C);
        return new GpuStep(
            buffers =>
            [
                new Launch(find, find.GroupsFor(windows),
                    buffers.Inputs[0].View(), buffers.Workspace.View(), KernelArgument.Of(windows), window, channels),
                new Launch(gather, gather.GroupsFor(elements),
                    buffers.Workspace.View(), buffers.Inputs[1].View(), buffers.Outputs[0].View(), KernelArgument.Of(elements), window,
                        channels),
            ],
            sizeof(int) * (long)windows);
    }

    public static IStep Average(GpuContext context, PoolingShape shape) =>
        Step(context, AveragePooling.Forward, shape, shape.OutputCount, CountPadding(shape));

    public static IStep AverageGradient(GpuContext context, PoolingShape shape) =>
        Step(context, AveragePooling.Backward, shape, shape.InputCount, CountPadding(shape));

    private static KernelArgument CountPadding(PoolingShape shape) => KernelArgument.Of(shape.CountPadding ? 1 : 0);

    private static GpuStep Step(
        GpuContext context, Delegate method, PoolingShape shape, long elements, params IEnumerable<KernelArgument> more)
    {
        DeviceKernel kernel = context.Load(method);
        int count = checked((int)elements);
        KernelArgument[] sizes = [KernelArgument.Of(count), KernelArgument.Of(shape.Window), KernelArgument.Of(shape.C), .. more];
        return new GpuStep(buffers => new Launch(kernel, kernel.GroupsFor(count),
            [.. buffers.Inputs.ToArray().Select(GpuMemory.View), buffers.Outputs[0].View(), .. sizes]));
    }
}
