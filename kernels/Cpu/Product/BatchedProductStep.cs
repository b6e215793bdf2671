using Fovea.Core.Memory;
using Fovea.Execution;
using Fovea.Ops;

namespace Fovea.Cpu.Product;

/// <summary>Products of many pairs of matrices: where there are enough of them each thread takes whole ones, else all share each.</summary>
internal sealed unsafe class BatchedProductStep : IStep, IDisposable
{
    private readonly int batch;
    private readonly long stepA, stepB, stepC;
    private readonly bool relu;
    private readonly WorkerPool pool;
    private readonly WorkerPool? alone;
    private readonly MatrixProduct[] products;
    private readonly Action<int, int> multiply;
    private float* left, right, result, workspace;

    public BatchedProductStep(MatrixProductOp op, IReadOnlyList<TensorSpec> inputs, WorkerPool pool)
    {
        (batch, int rows, int columns, int depth) = op.Sizes(inputs);
        (stepA, stepB, stepC) = ((long)rows * depth, (long)depth * columns, (long)rows * columns);
        (this.pool, relu) = (pool, op.Activation == Activation.Relu);
        if (batch >= pool.ThreadCount) alone = new WorkerPool(1);
        products = new MatrixProduct[alone is null ? 1 : pool.ThreadCount];
        for (int i = 0; i < products.Length; i++)
            products[i] = new(rows, columns, depth, op.TransposeA, op.TransposeB, alone ?? pool);
        multiply = Multiply;
    }

    public long WorkspaceBytes => products.Length * ProductBytes;

    private long ProductBytes => Align.Up(products[0].WorkspaceBytes, HostBuffer.Alignment);

    public void Run(StepBuffers buffers)
    {
        left = buffers.Input(0);
        right = buffers.Input(1);
        result = buffers.Output(0);
        workspace = buffers.Scratch();
        if (alone is not null) pool.For(batch, multiply);
        else for (int i = 0; i < batch; i++) Multiply(i, 0);
    }

    public void Dispose() => alone?.Dispose();

    private void Multiply(int matrix, int worker)
    {
        float* scratch = (float*)((byte*)workspace + (worker * ProductBytes));
        products[worker].Run(left + (matrix * stepA), right + (matrix * stepB), result + (matrix * stepC), null, relu, scratch);
    }
}
