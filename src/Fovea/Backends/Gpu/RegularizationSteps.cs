using Fovea.Gpu.Devices;
using Fovea.Gpu.Normalization;
using Fovea.Graph.Ops;
using DropoutKernel = Fovea.Gpu.Regularization.Dropout;

namespace Fovea.Backends.Gpu;

/// <summary>Local response normalisation and dropout.</summary>
internal static class RegularizationSteps
{
    public static IStep LocalResponseNorm(GpuContext context, LocalResponseNorm op, Shape shape) =>
        LocalResponse(context, nameof(LocalResponseNormalization.Forward), op, shape);

    public static IStep LocalResponseNormGradient(GpuContext context, LocalResponseNorm op, Shape shape) =>
        LocalResponse(context, nameof(LocalResponseNormalization.Backward), op, shape);

    public static IStep Dropout(GpuContext context, Dropout op, Shape shape)
    {
        DeviceKernel kernel = context.Load(DropoutKernel.Run);
        int vectors = MapSteps.Vectors(shape.Count);
        KernelArgument[] numbers =
        [
            KernelArgument.Of(vectors), KernelArgument.Of(op.Seed), KernelArgument.Of(op.Stream),
            KernelArgument.Of((uint)Math.Round(op.Probability * 4294967296.0)), KernelArgument.Of(1f / (1f - op.Probability)),
        ];
        return new GpuStep(buffers => new Launch(kernel, kernel.GroupsFor(vectors),
            [buffers.Inputs[0].Vectors(), buffers.Outputs[0].Vectors(), buffers.Inputs[1].View(), .. numbers]));
    }

    private static GpuStep LocalResponse(GpuContext context, string method, LocalResponseNorm op, Shape shape)
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
