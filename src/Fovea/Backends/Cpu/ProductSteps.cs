using Fovea.Cpu.Gemm;
using Fovea.Cpu.Threads;
using Fovea.Graph.Ops;

namespace Fovea.Backends.Cpu;

internal sealed unsafe class MatMulStep : IStep
{
    private readonly MatrixMultiply product;
    private readonly bool hasBias, relu;

    public MatMulStep(MatMul op, IReadOnlyList<TensorSpec> inputs, WorkerPool pool)
    {
        (int rows, int columns, int depth) = op.Sizes(inputs);
        product = new(rows, columns, depth, op.TransposeA, op.TransposeB, pool);
        hasBias = inputs.Count > 2;
        relu = op.Activation == Activation.Relu;
    }

    public long WorkspaceBytes => product.WorkspaceBytes;

    public void Run(StepBuffers buffers) =>
        product.Run(buffers.Input(0), buffers.Input(1), buffers.Output(0), hasBias ? buffers.Input(2) : null, relu, buffers.Scratch());
}
