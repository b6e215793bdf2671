using Fovea.Execution;
using Fovea.Ops;

namespace Fovea.Cpu.Pooling;

internal sealed class MaxPoolingStep(PoolingShape shape, WorkerPool pool) : IStep
{
    private readonly MaxPooling pooling = new(shape, pool);

    public long WorkspaceBytes => 0;

    public unsafe void Run(StepBuffers buffers) => pooling.Forward(buffers.Input(0), buffers.Output(0));
}

internal sealed class MaxPoolingGradientStep(PoolingShape shape, WorkerPool pool) : IStep
{
    private readonly MaxPooling pooling = new(shape, pool);

    public long WorkspaceBytes => 0;

    public unsafe void Run(StepBuffers buffers) => pooling.Backward(buffers.Input(0), buffers.Input(1), buffers.Output(0));
}

internal sealed class AveragePoolingStep(PoolingShape shape, WorkerPool pool) : IStep
{
    private readonly AveragePooling pooling = new(shape, pool);

    public long WorkspaceBytes => 0;

    public unsafe void Run(StepBuffers buffers) => pooling.Forward(buffers.Input(0), buffers.Output(0));
}

internal sealed class AveragePoolingGradientStep(PoolingShape shape, WorkerPool pool) : IStep
{
    private readonly AveragePooling pooling = new(shape, pool);

    public long WorkspaceBytes => 0;

    public unsafe void Run(StepBuffers buffers) => pooling.Backward(buffers.Input(0), buffers.Output(0));
}
