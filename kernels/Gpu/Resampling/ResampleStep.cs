using System.Runtime.InteropServices;
using Fovea.Core.Memory;
using Fovea.Execution;
using Fovea.Gpu.Devices;
using Fovea.Ops;

namespace Fovea.Gpu.Resampling;

/// <summary>A resampling, with its table of entries in the device's memory.</summary>
internal sealed class ResampleStep : IStep, IDisposable
{
    private readonly DeviceBuffer places, weights;
    private readonly GpuStep step;

    public ResampleStep(GpuContext context, ResampleOp op, Shape input)
    {
        (long outer, _, long inner) = input.Split(op.Axis, 1);
        AxisWeights table = op.Weights;
        int count = checked((int)(outer * table.Outputs * inner));
        lock (context.Gate)
        {
            places = Upload(context, MemoryMarshal.AsBytes<int>([.. table.Starts, .. table.Sources]));
            weights = Upload(context, MemoryMarshal.AsBytes<float>(table.Values));
        }
        DeviceKernel kernel = context.Load(AxisResampling.Run);
        step = new GpuStep(buffers => new Launch(kernel, kernel.GroupsFor(count), buffers.Inputs[0].View(), buffers.Outputs[0].View(),
            KernelArgument.View(places, 0, table.Starts.Length + table.Sources.Length),
            KernelArgument.View(weights, 0, table.Values.Length),
            KernelArgument.Of(count), KernelArgument.Of(table.Inputs), KernelArgument.Of(table.Outputs), KernelArgument.Of((int)inner)));
    }

    public long WorkspaceBytes => 0;

    public void Prepare(StepBuffers buffers) => step.Prepare(buffers);

    public void Run(StepBuffers buffers) => step.Run(buffers);

    public void Dispose()
    {
        places.Dispose();
        weights.Dispose();
    }

    private static DeviceBuffer Upload(GpuContext context, ReadOnlySpan<byte> bytes)
    {
        DeviceBuffer buffer = context.Device.Allocate(bytes.Length);
        context.Device.Write(buffer, 0, bytes);
        return buffer;
    }
}
