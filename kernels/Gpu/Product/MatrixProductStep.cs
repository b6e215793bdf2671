using Fovea.Execution;
using Fovea.Ops;

namespace Fovea.Gpu.Product;

/// <summary>A matrix product on a device.</summary>
internal sealed class MatrixProductStep : IStep
{
    private readonly DeviceProduct product;
    private readonly bool hasBias;

    public MatrixProductStep(MatrixProductOp op, IReadOnlyList<TensorSpec> inputs, GpuContext context)
    {
        (int batch, int rows, int columns, int depth) = op.Sizes(inputs);
        hasBias = inputs.Count > 2;
        int options = Options(hasBias, op.Activation);
        if ((op.TransposeA ? rows : depth) % 4 == 0) options |= TiledProduct.VectorA;
        if ((op.TransposeB ? depth : columns) % 4 == 0) options |= TiledProduct.VectorB;
        if (columns % 4 == 0) options |= TiledProduct.VectorC;
        var problem = new ProductProblem(op.Name, new(rows, columns, depth, batch), options, inputs[0].Shape.Count,
            inputs[1].Shape.Count, (long)batch * rows * columns);
        var target = new MatrixTarget(columns, rows * columns);
        int stepA = rows * depth, stepB = depth * columns;
        MatrixAlongDepth a = new(rows, depth, stepA), bTransposed = new(columns, depth, stepB);
        MatrixAlongOuter aTransposed = new(rows, rows, stepA), b = new(columns, columns, stepB);
        product = (op.TransposeA, op.TransposeB) switch
        {
            (false, false) => DeviceProduct.Of(context, problem, a, b, target),
            (false, true) => DeviceProduct.Of(context, problem, a, bTransposed, target),
            (true, false) => DeviceProduct.Of(context, problem, aTransposed, b, target),
            (true, true) => DeviceProduct.Of(context, problem, aTransposed, bTransposed, target),
        };
    }

    /// <summary>
    /// Loads the kernels of products, transposed and not, with sizes that fill vectors and such that do not: for lists of kernels.
    /// </summary>
    public static void LoadAll(GpuContext context)
    {
        foreach (int size in new[] { 512, 515 })
        {
            TensorSpec square = new(new Shape(size, size));
            _ = new MatrixProductStep(new MatrixProductOp(false, false), [square, square], context);
            _ = new MatrixProductStep(new MatrixProductOp(TransposeA: true, false), [square, square], context);
            _ = new MatrixProductStep(new MatrixProductOp(false, TransposeB: true), [square, square], context);
        }
    }

    public long WorkspaceBytes => product.WorkspaceBytes;

    public void Run(StepBuffers buffers) =>
        product.Run(
            new(buffers.Inputs[0], buffers.Inputs[1], hasBias ? buffers.Inputs[2] : default, buffers.Outputs[0], buffers.Workspace));

    internal static int Options(bool hasBias, Activation activation) =>
        (hasBias ? TiledProduct.Bias : 0) | (activation == Activation.Relu ? TiledProduct.Relu : 0);
}
