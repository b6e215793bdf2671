using Fovea.Execution;
using Fovea.Gpu.Devices;
using Fovea.Ops;

namespace Fovea.Gpu.Pooling;

/// <summary>Poolings and their gradients: a thread for every element that is written.</summary>
internal static class PoolingSteps
{
    public static IStep Max(GpuContext context, PoolingShape shape) => Step(context, MaxPooling.Forward, shape, Outputs(shape));

    /// <summary>The winners are found once and kept while the step runs, since every element of the input asks several windows.</summary>
    public static IStep MaxGradient(GpuContext context, PoolingShape shape)
    {
        DeviceKernel find = context.Load(MaxPooling.Winners), gather = context.Load(MaxPooling.Backward);
        int windows = Outputs(shape), elements = Inputs(shape);
        KernelArgument sizes = KernelArgument.Of(new PoolingSizes(shape));
        return new GpuStep(
            buffers =>
            [
                new Launch(find, find.GroupsFor(windows), buffers.Inputs[0].View(), buffers.Workspace.View(), KernelArgument.Of(windows), sizes),
                new Launch(gather, gather.GroupsFor(elements), buffers.Workspace.View(), buffers.Inputs[1].View(), buffers.Outputs[0].View(), KernelArgument.Of(elements), sizes),
            ],
            sizeof(int) * (long)windows);
    }

    public static IStep Average(GpuContext context, PoolingShape shape) => Step(context, AveragePooling.Forward, shape, Outputs(shape));

    public static IStep AverageGradient(GpuContext context, PoolingShape shape) => Step(context, AveragePooling.Backward, shape, Inputs(shape));

    private static GpuStep Step(GpuContext context, Delegate method, PoolingShape shape, int count)
    {
        DeviceKernel kernel = context.Load(method);
        KernelArgument[] sizes = [KernelArgument.Of(count), KernelArgument.Of(new PoolingSizes(shape))];
        return new GpuStep(buffers => new Launch(kernel, kernel.GroupsFor(count),
            [.. buffers.Inputs.ToArray().Select(GpuMemory.View), buffers.Outputs[0].View(), .. sizes]));
    }

    private static int Inputs(PoolingShape shape) => shape.N * shape.H * shape.W * shape.C;

    private static int Outputs(PoolingShape shape) => shape.N * shape.P * shape.Q * shape.C;
}
