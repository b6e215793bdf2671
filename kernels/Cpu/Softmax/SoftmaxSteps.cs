using Fovea.Execution;
using Fovea.Ops;

namespace Fovea.Cpu.Softmax;

internal sealed class SoftmaxStep(bool logarithm, Shape shape, WorkerPool pool) : IStep
{
    private readonly SoftmaxKernel kernel = new(shape.Rows, shape[^1], logarithm, pool);

    public long WorkspaceBytes => 0;

    public unsafe void Run(StepBuffers buffers) => kernel.Forward(buffers.Input(0), buffers.Output(0));
}

internal sealed class SoftmaxGradientStep(bool logarithm, Shape shape, WorkerPool pool) : IStep
{
    private readonly SoftmaxKernel kernel = new(shape.Rows, shape[^1], logarithm, pool);

    public long WorkspaceBytes => 0;

    public unsafe void Run(StepBuffers buffers) => kernel.Backward(buffers.Input(0), buffers.Input(1), buffers.Output(0));
}

internal sealed class CrossEntropyStep(CrossEntropyOp op, Shape shape, WorkerPool pool) : IStep
{
    private readonly CrossEntropy kernel = new(shape.Rows, shape[^1], op.Mean, op.LabelSmoothing, pool);

    public long WorkspaceBytes => kernel.WorkspaceBytes;

    public unsafe void Run(StepBuffers buffers) =>
        kernel.Forward(buffers.Input(0), (int*)buffers.Input(1), buffers.Output(0), buffers.Scratch());
}

internal sealed class CrossEntropyGradientStep(CrossEntropyOp op, Shape shape, WorkerPool pool) : IStep
{
    private readonly CrossEntropy kernel = new(shape.Rows, shape[^1], op.Mean, op.LabelSmoothing, pool);

    public long WorkspaceBytes => 0;

    public unsafe void Run(StepBuffers buffers) =>
        kernel.Backward(buffers.Input(0), (int*)buffers.Input(1), buffers.Input(2), buffers.Output(0));
}

internal sealed class CorrectCountStep(Shape shape) : IStep
{
    public long WorkspaceBytes => 0;

    public unsafe void Run(StepBuffers buffers) =>
        *buffers.Output(0) = CrossEntropy.CountCorrect(buffers.Input(0), (int*)buffers.Input(1), shape.Rows, shape[^1]);
}
