using Fovea.Cpu.Pooling;
using Fovea.Cpu.Threads;

namespace Fovea.Backends.Cpu;

internal sealed class MaxPoolStep(PoolingShape shape, WorkerPool pool) : IStep
{
    private readonly MaxPooling pooling = new(shape, pool);

    public long WorkspaceBytes => 0;

    public unsafe void Run(StepBuffers buffers) => pooling.Forward(buffers.Input(0), buffers.Output(0));
}

internal sealed class MaxPoolGradientStep(PoolingShape shape, WorkerPool pool) : IStep
{
    private readonly MaxPooling pooling = new(shape, pool);

    public long WorkspaceBytes => 0;

    public unsafe void Run(StepBuffers buffers) => pooling.Backward(buffers.Input(0), buffers.Input(1), buffers.Output(0));
}

internal sealed class AveragePoolStep(PoolingShape shape, WorkerPool pool) : IStep
{
    private readonly AveragePooling pooling = new(shape, pool);

    public long WorkspaceBytes => 0;

    public unsafe void Run(StepBuffers buffers) => pooling.Forward(buffers.Input(0), buffers.Output(0));
}

internal sealed class AveragePoolGradientStep(PoolingShape shape, WorkerPool pool) : IStep
{
    private readonly AveragePooling pooling = new(shape, pool);

    public long WorkspaceBytes => 0;

    public unsafe void Run(StepBuffers buffers) => pooling.Backward(buffers.Input(0), buffers.Output(0));
}
