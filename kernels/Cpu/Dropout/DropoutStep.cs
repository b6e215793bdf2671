using Fovea.Execution;
using Fovea.Ops;

namespace Fovea.Cpu.Dropout;

internal sealed class DropoutStep(DropoutOp op, Shape shape, WorkerPool pool) : IStep
{
    private readonly DropoutKernel kernel = new(shape.Count, op.Probability, op.Seed, op.Stream, pool);

    public long WorkspaceBytes => 0;

    public unsafe void Run(StepBuffers buffers) => kernel.Run(buffers.Input(0), buffers.Output(0), *(int*)buffers.Input(1));
}
