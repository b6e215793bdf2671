using Fovea.Graph;

namespace Fovea.Backends.Cpu;

/// <summary>An operation of a host application's own, by its method for the CPU.</summary>
internal sealed class KernelOpStep : IStep
{
    private readonly KernelOp op;
    private readonly IReadOnlyList<TensorSpec> inputs, outputs;
    private readonly Action<CpuTensors> compute;
    private CpuTensors? tensors;

    /// <exception cref="NotSupportedException">The operation has no such method.</exception>
    public KernelOpStep(KernelOp op, IReadOnlyList<TensorSpec> inputs, IReadOnlyList<TensorSpec> outputs)
    {
        (this.op, this.inputs, this.outputs) = (op, inputs, outputs);
        compute = op.OnCpu ?? throw new NotSupportedException(
            $"{op.Name} has no method for the CPU. Override {nameof(KernelOp.OnCpu)}, or use a device that runs its kernels.");
    }

    public long WorkspaceBytes => 0;

    public void Prepare(StepBuffers buffers) => tensors = new CpuTensors(op, inputs, outputs, buffers);

    public void Run(StepBuffers buffers) => compute(tensors!);
}
