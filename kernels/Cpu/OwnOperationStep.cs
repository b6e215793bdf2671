using Fovea.Core;
using Fovea.Execution;

namespace Fovea.Cpu;

/// <summary>An operation of a host application's own, by its method for the CPU.</summary>
internal sealed class OwnOperationStep : IStep
{
    private readonly string path, name;
    private readonly IReadOnlyList<TensorSpec> inputs, outputs;
    private readonly Action<CpuTensors> compute;
    private CpuTensors? tensors;

    /// <exception cref="NotSupportedException">The operation has no such method.</exception>
    public OwnOperationStep(string path, string name, ICpuOperation op, IReadOnlyList<TensorSpec> inputs, IReadOnlyList<TensorSpec> outputs)
    {
        (this.path, this.name, this.inputs, this.outputs) = (path, name, inputs, outputs);
        compute = op.OnCpu ?? throw new NotSupportedException(
            $"{name} has no method for the CPU. Override {nameof(ICpuOperation.OnCpu)}, or use a device that runs its kernels.");
    }

    public long WorkspaceBytes => 0;

    public void Prepare(StepBuffers buffers) => tensors = new CpuTensors(name, inputs, outputs, buffers);

    public void Run(StepBuffers buffers)
    {
        try
        {
            compute(tensors!);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            string place = path.Length > 0 ? $"{path}: {name}" : name;
            throw new DeviceFailureException($"{place}: {nameof(ICpuOperation.OnCpu)} failed: {exception.Message}", exception);
        }
    }
}
