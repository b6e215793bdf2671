using Fovea.Cpu.Normalization;
using Fovea.Cpu.Threads;
using Fovea.Graph.Ops;
using DropoutKernel = Fovea.Cpu.Regularization.Dropout;

namespace Fovea.Backends.Cpu;

internal sealed class LocalResponseNormStep(LocalResponseNorm op, Shape shape, WorkerPool pool) : IStep
{
    private readonly LocalResponseNormalization kernel = new(shape.Rows(), shape[^1], op.Size, op.Alpha, op.Beta, op.K, pool);

    public long WorkspaceBytes => kernel.WorkspaceBytes;

    public unsafe void Run(StepBuffers buffers) => kernel.Forward(buffers.Input(0), buffers.Output(0), buffers.Scratch());
}

internal sealed class LocalResponseNormGradientStep(LocalResponseNorm op, Shape shape, WorkerPool pool) : IStep
{
    private readonly LocalResponseNormalization kernel = new(shape.Rows(), shape[^1], op.Size, op.Alpha, op.Beta, op.K, pool);

    public long WorkspaceBytes => kernel.WorkspaceBytes;

    public unsafe void Run(StepBuffers buffers) => kernel.Backward(buffers.Input(0), buffers.Input(1), buffers.Output(0), buffers.Scratch());
}

internal sealed class DropoutStep(Dropout op, Shape shape, WorkerPool pool) : IStep
{
    private readonly DropoutKernel kernel = new(shape.Count, op.Probability, op.Seed, op.Stream, pool);

    public long WorkspaceBytes => 0;

    public unsafe void Run(StepBuffers buffers) => kernel.Run(buffers.Input(0), buffers.Output(0), *(int*)buffers.Input(1));
}
