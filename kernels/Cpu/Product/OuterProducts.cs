using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Cpu.Product;

/// <summary>
/// C = Aᵀ·B for matrices of few rows and a result far larger than the caches: the weight gradient of a large fully connected layer.
/// It waits for memory to take the result, so the result is written past the caches, without reading first what stood there.
/// </summary>
/// <remarks>An instance is prepared for one shape and serves one caller at a time.</remarks>
internal sealed unsafe class OuterProducts
{
    private const int MostDepth = 16, StripColumns = 512;
    private const long LeastBytes = 16 << 20;

    private readonly int rows, columns, depth, strips, rowTasks;
    private readonly Action<int, int> runTask;
    private float* a, b, c;

    public OuterProducts(int rows, int columns, int depth, int threads)
    {
        (this.rows, this.columns, this.depth) = (rows, columns, depth);
        strips = (columns + StripColumns - 1) / StripColumns;
        rowTasks = Math.Min(rows / 2, 4 * threads);
        runTask = RunTask;
    }

    /// <summary>Whether a product is of this kind: rows come in pairs, and vectors of the result lie on their boundaries.</summary>
    public static bool Suits(int rows, int columns, int depth, bool transposeA, bool transposeB, SimdLevel level) =>
        level == SimdLevel.Vector512 && transposeA && !transposeB && depth <= MostDepth && rows % 2 == 0 && columns % 32 == 0
        && (long)rows * columns * sizeof(float) >= LeastBytes;

    public void Run(WorkerPool pool, float* left, float* right, float* result)
    {
        a = left;
        b = right;
        c = result;
        pool.For(rowTasks, runTask);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void RunTask(int task, int worker)
    {
        int pairs = rows / 2, firstRow = 2 * (int)((long)pairs * task / rowTasks), endRow = 2 * (int)((long)pairs * (task + 1) / rowTasks);
        // A strip of B stays in the first-level cache while all rows pass.
        for (int strip = 0; strip < strips; strip++)
        {
            int firstColumn = strip * StripColumns, endColumn = Math.Min(columns, firstColumn + StripColumns);
            for (int row = firstRow; row < endRow; row += 2)
            {
                float* target = c + ((nint)row * columns);
                for (int column = firstColumn; column < endColumn; column += 32)
                {
                    Vector512<float> c00 = Vector512<float>.Zero, c01 = c00, c10 = c00, c11 = c00;
                    float* factor = a + row, source = b + column;
                    for (int k = 0; k < depth; k++, factor += rows, source += columns)
                    {
                        Vector512<float> b0 = Vector512.Load(source), b1 = Vector512.Load(source + 16);
                        Vector512<float> a0 = Vector512.Create(factor[0]), a1 = Vector512.Create(factor[1]);
                        c00 = Vector512.FusedMultiplyAdd(a0, b0, c00);
                        c01 = Vector512.FusedMultiplyAdd(a0, b1, c01);
                        c10 = Vector512.FusedMultiplyAdd(a1, b0, c10);
                        c11 = Vector512.FusedMultiplyAdd(a1, b1, c11);
                    }
                    c00.StoreAlignedNonTemporal(target + column);
                    c01.StoreAlignedNonTemporal(target + column + 16);
                    c10.StoreAlignedNonTemporal(target + columns + column);
                    c11.StoreAlignedNonTemporal(target + columns + column + 16);
                }
            }
        }
        // Such stores may overtake others; nobody may read the result before they have arrived.
        Interlocked.MemoryBarrier();
    }
}
