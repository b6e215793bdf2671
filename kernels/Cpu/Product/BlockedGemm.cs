namespace Fovea.Cpu.Product;

/// <summary>
/// C = A·B + bias for matrices that pack themselves: the one blocked product under matrix multiplication and all three
/// convolution passes. One instance serves one shape.
/// </summary>
/// <remarks>
/// With many rows, threads share one packed block of B and divide the rows; with few rows they divide the columns, and
/// the steps of k as well if <c>splits</c> says so. How an element is summed depends on the shape alone, never on the number
/// of threads.
/// </remarks>
internal sealed unsafe class BlockedGemm<TA, TB, TC>
    where TA : struct, IRowSource
    where TB : struct, IPanelSource
    where TC : struct, ITileTarget
{
    private readonly GemmBlocking blocking;

    /// <summary>Prepares products of one shape.</summary>
    /// <param name="rows">Rows of A and C.</param>
    /// <param name="columns">Columns of B and C.</param>
    /// <param name="depth">Columns of A, rows of B.</param>
    /// <param name="threads">How many threads the pool has.</param>
    /// <param name="level">Which vectors to use.</param>
    /// <param name="splits">Into how many partial sums k is divided; only for products with few rows.</param>
    /// <param name="run">
    /// Reads rows of A where they lie, rather than from packed copies: along k it consists of runs of so many steps, each of which gives
    /// three pieces at most; 0 packs all.
    /// </param>
    public BlockedGemm(int rows, int columns, int depth, int threads, SimdLevel level, int splits = 1, int run = 0) =>
        blocking = new GemmBlocking(rows, columns, depth, threads, level, splits, run);

    /// <summary>The scratch memory that one run needs, in bytes.</summary>
    public long WorkspaceBytes => blocking.WorkspaceBytes;

    /// <summary>Multiplies.</summary>
    /// <param name="pool">The threads to use.</param>
    /// <param name="left">A.</param>
    /// <param name="right">B.</param>
    /// <param name="target">C.</param>
    /// <param name="columnBias">One value a column, added to every row, or null.</param>
    /// <param name="clampNegative">Whether negative results become 0.</param>
    /// <param name="workspace">At least <see cref="WorkspaceBytes"/> bytes on a 64-byte boundary.</param>
    public void Run(WorkerPool pool, TA left, TB right, TC target, float* columnBias, bool clampNegative, float* workspace)
    {
        var run = new GemmRun<TA, TB, TC>(blocking, left, right, target, columnBias, clampNegative, workspace);
        GemmRun<TA, TB, TC>.All(ref run, pool);
    }
}
