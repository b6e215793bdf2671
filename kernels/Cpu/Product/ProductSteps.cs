using Fovea.Execution;
using Fovea.Ops;

namespace Fovea.Cpu.Product;

internal sealed unsafe class MatrixProductStep : IStep
{
    private readonly MatrixProduct product;
    private readonly bool hasBias, relu;

    public MatrixProductStep(MatrixProductOp op, IReadOnlyList<TensorSpec> inputs, WorkerPool pool)
    {
        (_, int rows, int columns, int depth) = op.Sizes(inputs);
        product = new(rows, columns, depth, op.TransposeA, op.TransposeB, pool);
        hasBias = inputs.Count > 2;
        relu = op.Activation == Activation.Relu;
    }

    public long WorkspaceBytes => product.WorkspaceBytes;

    public void Run(StepBuffers buffers) =>
        product.Run(buffers.Input(0), buffers.Input(1), buffers.Output(0), hasBias ? buffers.Input(2) : null, relu, buffers.Scratch());
}
