using Fovea.Execution;
using Fovea.Gpu.Devices;
using Fovea.Gpu.Elementwise;
using Fovea.Ops;

namespace Fovea.Gpu.Dropout;

/// <summary>Dropout.</summary>
internal static class DropoutSteps
{
    public static IStep Run(GpuContext context, DropoutOp op, Shape shape)
    {
        DeviceKernel kernel = context.Load(DropoutKernels.Run);
        int vectors = MapSteps.Vectors(shape.Count);
        KernelArgument[] numbers =
        [
            KernelArgument.Of(vectors), KernelArgument.Of(op.Seed), KernelArgument.Of(op.Stream),
            KernelArgument.Of((uint)Math.Round(op.Probability * 4294967296.0)), KernelArgument.Of(1f / (1f - op.Probability)),
        ];
        return new GpuStep(buffers => new Launch(kernel, kernel.GroupsFor(vectors),
            [buffers.Inputs[0].Vectors(), buffers.Outputs[0].Vectors(), buffers.Inputs[1].View(), .. numbers]));
    }
}
