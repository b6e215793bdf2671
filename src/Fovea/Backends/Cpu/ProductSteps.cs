using Fovea.Compute.Cpu;
using Fovea.Graph.Ops;
using Fovea.Kernels.Simd.Convolution;
using Fovea.Kernels.Simd.Gemm;

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

internal sealed unsafe class Conv2dStep(Conv2d op, IReadOnlyList<TensorSpec> inputs, WorkerPool pool) : IStep
{
    private readonly ConvolutionForward convolution = new(op.Geometry.Shape(inputs[0].Shape, inputs[1].Shape), pool);
    private readonly bool hasBias = inputs.Count > 2;
    private readonly bool relu = op.Activation == Activation.Relu;

    public long WorkspaceBytes => convolution.WorkspaceBytes;

    public void Run(StepBuffers buffers) =>
        convolution.Run(buffers.Input(0), buffers.Input(1), hasBias ? buffers.Input(2) : null, buffers.Output(0), relu, buffers.Scratch());
}

internal sealed unsafe class Conv2dInputGradientStep(Conv2dInputGradient op, IReadOnlyList<TensorSpec> inputs, WorkerPool pool) : IStep
{
    private readonly ConvolutionInputGradient convolution = new(op.Geometry.Shape(op.Input, inputs[1].Shape), pool);

    public long WorkspaceBytes => convolution.WorkspaceBytes;

    public void Run(StepBuffers buffers) => convolution.Run(buffers.Input(0), buffers.Input(1), buffers.Output(0), buffers.Scratch());
}

internal sealed unsafe class Conv2dWeightGradientStep(Conv2dWeightGradient op, IReadOnlyList<TensorSpec> inputs, WorkerPool pool) : IStep
{
    private readonly ConvolutionWeightGradient convolution = new(op.Geometry.Shape(inputs[0].Shape, op.Weights), pool);

    public long WorkspaceBytes => convolution.WorkspaceBytes;

    public void Run(StepBuffers buffers) => convolution.Run(buffers.Input(0), buffers.Input(1), buffers.Output(0), buffers.Scratch());
}
