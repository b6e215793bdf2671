using Fovea.Core;
using Fovea.Core.Memory;

namespace Fovea.Cpu.Product;

/// <summary>
/// C = op(A)·op(B) + bias for row-major float matrices, where op transposes or not. An instance is prepared for one shape and
/// serves one caller at a time.
/// </summary>
internal sealed unsafe class MatrixProduct
{
    private readonly int rows, columns, depth;
    private readonly bool transposeA, transposeB;
    private readonly WorkerPool pool;
    private readonly BlockedGemm<StridedPanels, StridedPanels, DenseTarget>? blocked;
    private readonly RowProducts? few;
    private readonly OuterProducts? outer;

    /// <summary>Prepares products of one shape.</summary>
    /// <param name="rows">Rows of C.</param>
    /// <param name="columns">Columns of C.</param>
    /// <param name="depth">The dimension that is summed over.</param>
    /// <param name="transposeA">Whether A is stored depth × rows rather than rows × depth.</param>
    /// <param name="transposeB">Whether B is stored columns × depth rather than depth × columns.</param>
    /// <param name="pool">The threads to use.</param>
    /// <param name="level">Which vectors to use; null for the widest.</param>
    /// <exception cref="ArgumentOutOfRangeException">A dimension is not positive.</exception>
    public MatrixProduct(int rows, int columns, int depth, bool transposeA, bool transposeB, WorkerPool pool, SimdLevel? level = null)
    {
        Require.Positive(rows, "The number of rows");
        Require.Positive(columns, "The number of columns");
        Require.Positive(depth, "The depth of the product");
        (this.rows, this.columns, this.depth) = (rows, columns, depth);
        (this.transposeA, this.transposeB, this.pool) = (transposeA, transposeB, pool);
        if (RowProducts.Suits(rows, transposeA, transposeB)) few = new(rows, columns, depth, pool.ThreadCount);
        else if (OuterProducts.Suits(rows, columns, depth, transposeA, transposeB, level ?? CpuFeatures.Simd))
            outer = new(rows, columns, depth, pool.ThreadCount);
        // Also for the outer products of a caller that wants a bias or a rectifier, or whose result lies across vector boundaries.
        if (few is null) blocked = new(rows, columns, depth, pool.ThreadCount, level ?? CpuFeatures.Simd);
    }

    /// <summary>The scratch memory that one run needs, in bytes.</summary>
    public long WorkspaceBytes => blocked?.WorkspaceBytes ?? 0;

    /// <summary>Multiplies.</summary>
    /// <param name="left">A.</param>
    /// <param name="right">B.</param>
    /// <param name="result">C; overwritten.</param>
    /// <param name="columnBias">One value a column, added to every row, or null.</param>
    /// <param name="clampNegative">Whether negative results become 0 (ReLU).</param>
    /// <param name="workspace">At least <see cref="WorkspaceBytes"/> bytes on a 64-byte boundary.</param>
    public void Run(float* left, float* right, float* result, float* columnBias, bool clampNegative, float* workspace)
    {
        if (outer is not null && columnBias is null && !clampNegative && (nuint)result % HostBuffer.Alignment == 0)
        {
            outer.Run(pool, left, right, result);
            return;
        }
        if (blocked is not null)
        {
            blocked.Run(pool, new StridedPanels(left, transposeA ? rows : depth, !transposeA),
                new StridedPanels(right, transposeB ? depth : columns, transposeB), new DenseTarget(result, columns), columnBias,
                    clampNegative, workspace);
            return;
        }
        few!.Run(pool, left, right, result, columnBias, clampNegative);
    }
}
