using Fovea.Execution;
using Fovea.Ops;

namespace Fovea.Cpu.Normalization;

internal sealed class LocalResponseNormalizationStep(LocalResponseNormalizationOp op, Shape shape, WorkerPool pool) : IStep
{
    private readonly LocalResponseNormalization kernel = new(shape.Rows, shape[^1], op.Size, op.Alpha, op.Beta, op.K, pool);

    public long WorkspaceBytes => kernel.WorkspaceBytes;

    public unsafe void Run(StepBuffers buffers) => kernel.Forward(buffers.Input(0), buffers.Output(0), buffers.Scratch());
}

internal sealed class LocalResponseNormalizationGradientStep(LocalResponseNormalizationOp op, Shape shape, WorkerPool pool) : IStep
{
    private readonly LocalResponseNormalization kernel = new(shape.Rows, shape[^1], op.Size, op.Alpha, op.Beta, op.K, pool);

    public long WorkspaceBytes => kernel.WorkspaceBytes;

    public unsafe void Run(StepBuffers buffers) =>
        kernel.Backward(buffers.Input(0), buffers.Input(1), buffers.Output(0), buffers.Scratch());
}
