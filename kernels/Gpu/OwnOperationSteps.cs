using Fovea.Execution;
using Fovea.Gpu.Devices;

namespace Fovea.Gpu;

/// <summary>Operations of a host application's own, by the kernels that they bring along.</summary>
internal static class OwnOperationSteps
{
    /// <exception cref="NotSupportedException">The operation has no kernels.</exception>
    /// <exception cref="ArgumentException">A launch's arguments are not those of its kernel.</exception>
    public static IStep Lower(
        GpuContext context, string name, IGpuOperation op, IReadOnlyList<TensorSpec> inputs, IReadOnlyList<TensorSpec> outputs)
    {
        var launches = new KernelLaunches(name, inputs, outputs, context.Device.Info);
        op.OnGpu?.Invoke(launches);
        if (launches.Planned.Count == 0)
        {
            throw new NotSupportedException(
                $"{name} has no kernels for {context.Device.Info.Name}. Override {nameof(IGpuOperation.OnGpu)}, or use the CPU.");
        }
        // All compilations begin before the first one is waited for.
        DeviceKernel[] kernels = [.. launches.Planned.Select(launch => context.Device.Load(launch.Source))];
        return new GpuStep(
            buffers => launches.Planned.Select((launch, i) => Prepare(name, kernels[i], launch, buffers)), launches.ScratchBytes);
    }

    private static Launch Prepare(string name, DeviceKernel kernel, PlannedLaunch launch, StepBuffers buffers)
    {
        try
        {
            kernel.Prepare();
        }
        catch (KernelCompilationException exception)
        {
            throw new KernelCompilationException($"{name}: {exception.Message}", exception);
        }
        return new Launch(kernel, launch.Groups, [.. launch.Arguments.Select(argument => Resolve(argument, buffers))]);
    }

    private static KernelArgument Resolve(LaunchArgument argument, StepBuffers buffers)
    {
        if (argument.Memory == LaunchMemory.None) return argument.Packed;
        BufferView view = argument.Memory switch
        {
            LaunchMemory.Input => buffers.Inputs[argument.Index],
            LaunchMemory.Output => buffers.Outputs[argument.Index],
            _ => buffers.Workspace,
        };
        return KernelArgument.View(view.Buffer!, view.Offset + argument.Offset, argument.Length);
    }
}
