using Fovea.Execution;
using Fovea.Gpu.Devices;
using Fovea.Ops;

namespace Fovea.Gpu.Normalization;

/// <summary>Local response normalisation and its gradient.</summary>
internal static class LocalResponseNormalizationSteps
{
    public static IStep Forward(GpuContext context, LocalResponseNormalizationOp op, Shape shape) =>
        Step(context, nameof(LocalResponseNormalization.Forward), op, shape);

    public static IStep Gradient(GpuContext context, LocalResponseNormalizationOp op, Shape shape) =>
        Step(context, nameof(LocalResponseNormalization.Backward), op, shape);

    private static GpuStep Step(GpuContext context, string method, LocalResponseNormalizationOp op, Shape shape)
    {
        // The exponents in use need only square roots.
        Type power = op.Beta switch
        {
            0.5f => typeof(InverseRoot),
            0.75f => typeof(InverseThreeQuarters),
            _ => typeof(AnyPower),
        };
        DeviceKernel kernel = context.Load(typeof(LocalResponseNormalization).GetMethod(method)!.MakeGenericMethod(power));
        int count = (int)shape.Count;
        KernelArgument[] numbers =
        [
            KernelArgument.Of(count), KernelArgument.Of(shape[^1]), KernelArgument.Of(op.Size),
            KernelArgument.Of(op.Alpha / op.Size), KernelArgument.Of(op.Beta), KernelArgument.Of(op.K),
        ];
        return new GpuStep(buffers => new Launch(kernel, kernel.GroupsFor(count),
            [.. buffers.Inputs.ToArray().Select(GpuMemory.View), buffers.Outputs[0].View(), .. numbers]));
    }
}
