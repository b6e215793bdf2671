using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Cpu.Product;

/// <summary>
/// C = A·Bᵀ + bias for few rows of A: every row of B is read once, where it lies, and multiplied with all rows of A. Such a
/// product waits for memory; packing B would double its work.
/// </summary>
/// <remarks>An instance is prepared for one shape and serves one caller at a time.</remarks>
internal sealed unsafe class RowProducts
{
    /// <summary>With more rows, the packed product is faster: times cross at about twenty.</summary>
    private const int MostRows = 16;

    private const int BlockColumns = 4;

    private readonly int rows, columns, depth, tasks;
    private readonly Action<int, int> runTask;
    private float* a, b, c, bias;
    private bool relu;

    public RowProducts(int rows, int columns, int depth, int threads)
    {
        (this.rows, this.columns, this.depth) = (rows, columns, depth);
        tasks = (int)Math.Clamp((long)columns * depth / 4096, 1, Math.Min(8 * threads, (columns + BlockColumns - 1) / BlockColumns));
        runTask = RunTask;
    }

    /// <summary>Whether a product is one of these. Its sums are fused, which is slow where the processor cannot.</summary>
    public static bool Suits(int rows, bool transposeA, bool transposeB) =>
        rows <= MostRows && transposeB && !transposeA && ProductSum.IsFused;

    public void Run(WorkerPool pool, float* left, float* right, float* result, float* columnBias, bool clampNegative)
    {
        a = left;
        b = right;
        c = result;
        bias = columnBias;
        relu = clampNegative;
        pool.For(tasks, runTask);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void RunTask(int task, int worker)
    {
        int blocks = (columns + BlockColumns - 1) / BlockColumns;
        int column = (int)((long)blocks * task / tasks) * BlockColumns,
            end = Math.Min(columns, (int)((long)blocks * (task + 1) / tasks) * BlockColumns);
        for (; column + BlockColumns <= end; column += BlockColumns)
        {
            int row = 0;
            for (; row + 2 <= rows; row += 2) Block(row, row + 1, column);
            // The odd last row is computed with itself, and stored twice.
            if (row < rows) Block(row, row, column);
        }
        for (; column < end; column++)
        {
            for (int row = 0; row < rows; row++)
                Store(row, column, Dot(a + ((nint)row * depth), b + ((nint)column * depth), 0, Vector256<float>.Zero));
        }
    }

    /// <summary>Two rows of A with four of B.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Block(int row0, int row1, int column)
    {
        float* a0 = a + ((nint)row0 * depth), a1 = a + ((nint)row1 * depth);
        float* b0 = b + ((nint)column * depth), b1 = b0 + depth, b2 = b1 + depth, b3 = b2 + depth;
        Vector256<float> s00 = Vector256<float>.Zero, s01 = s00, s02 = s00, s03 = s00, s10 = s00, s11 = s00, s12 = s00, s13 = s00;
        int k = 0;
        for (; k + Vector256<float>.Count <= depth; k += Vector256<float>.Count)
        {
            Vector256<float> x0 = Vector256.Load(a0 + k), x1 = Vector256.Load(a1 + k);
            Vector256<float> w = Vector256.Load(b0 + k);
            s00 = Vector256.FusedMultiplyAdd(x0, w, s00);
            s10 = Vector256.FusedMultiplyAdd(x1, w, s10);
            w = Vector256.Load(b1 + k);
            s01 = Vector256.FusedMultiplyAdd(x0, w, s01);
            s11 = Vector256.FusedMultiplyAdd(x1, w, s11);
            w = Vector256.Load(b2 + k);
            s02 = Vector256.FusedMultiplyAdd(x0, w, s02);
            s12 = Vector256.FusedMultiplyAdd(x1, w, s12);
            w = Vector256.Load(b3 + k);
            s03 = Vector256.FusedMultiplyAdd(x0, w, s03);
            s13 = Vector256.FusedMultiplyAdd(x1, w, s13);
        }
        Store(row0, column, Dot(a0, b0, k, s00));
        Store(row0, column + 1, Dot(a0, b1, k, s01));
        Store(row0, column + 2, Dot(a0, b2, k, s02));
        Store(row0, column + 3, Dot(a0, b3, k, s03));
        Store(row1, column, Dot(a1, b0, k, s10));
        Store(row1, column + 1, Dot(a1, b1, k, s11));
        Store(row1, column + 2, Dot(a1, b2, k, s12));
        Store(row1, column + 3, Dot(a1, b3, k, s13));
    }

    /// <summary>Adds the products from k on to partial sums.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private float Dot(float* x, float* w, int k, Vector256<float> partial)
    {
        for (; k + Vector256<float>.Count <= depth; k += Vector256<float>.Count)
            partial = Vector256.FusedMultiplyAdd(Vector256.Load(x + k), Vector256.Load(w + k), partial);
        float sum = Vector256.Sum(partial);
        for (; k < depth; k++) sum = float.FusedMultiplyAdd(x[k], w[k], sum);
        return sum;
    }

    private void Store(int row, int column, float sum)
    {
        if (bias is not null) sum += bias[column];
        c[((nint)row * columns) + column] = relu && sum < 0 ? 0 : sum;
    }
}
