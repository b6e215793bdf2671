using Fovea.Core.Memory;
using Fovea.Core.Random;
using Fovea.Cpu.Product;
using Fovea.Cpu.Threads;

namespace Fovea.Cpu.Tests;

/// <summary>Products whose result is far larger than what goes in: the weight gradients of large fully connected layers.</summary>
internal sealed unsafe class OuterProductTests
{
    // 2,050 is no multiple of what a task takes, 2,080 none of a strip.
    private const int Rows = 2_050, Columns = 2_080;

    [Test]
    public void LargeResultsAgreeWithFloat64(
        [Values(1, 2, 16, 17)] int depth, [Values(1, 3)] int threads, [Values(0, 4)] int shift, [Values] bool bias)
    {
        using var pool = new WorkerPool(threads);
        var product = new MatrixProduct(Rows, Columns, depth, transposeA: true, transposeB: false, pool);
        using HostBuffer a = Random(depth * Rows, 1), b = Random(depth * Columns, 2), columnBias = Random(Columns, 3);
        using var c = new HostBuffer(sizeof(float) * ((long)Rows * Columns + shift));
        using var workspace = new HostBuffer(product.WorkspaceBytes);
        float* left = (float*)a.Pointer, right = (float*)b.Pointer, added = (float*)columnBias.Pointer, result = (float*)c.Pointer + shift;
        product.Run(left, right, result, bias ? added : null, false, (float*)workspace.Pointer);

        // A sum of k products of numbers below 1 is off by less than k·ε in each of its k steps.
        double worst = 0, tolerance = (depth + 1) * (depth + 1) * 6e-8;
        for (int row = 0; row < Rows; row += row % 7 == 0 ? 1 : 6)
        {
            for (int column = 0; column < Columns; column++)
            {
                double sum = bias ? added[column] : 0;
                for (int k = 0; k < depth; k++) sum += (double)left[(k * Rows) + row] * right[(k * Columns) + column];
                worst = Math.Max(worst, Math.Abs(sum - result[((long)row * Columns) + column]));
            }
        }
        Assert.That(worst, Is.LessThan(tolerance));
    }

    private static HostBuffer Random(int count, ulong stream)
    {
        var buffer = new HostBuffer(sizeof(float) * (long)count);
        RandomFill.Uniform(new Span<float>(buffer.Pointer, count), 11, stream, 1);
        return buffer;
    }
}
