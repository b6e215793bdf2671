using Fovea.Compute.Dialect;

namespace Fovea.Kernels.Simt.Gemm;

/// <summary>Adds up the parts of a product whose sums were divided among groups, in the order of the parts.</summary>
public static class SplitSum
{
    /// <summary>Threads of a group.</summary>
    public const int Threads = 256;

    /// <summary>Computes one element of the result per thread.</summary>
    /// <typeparam name="TTarget">Where the result goes.</typeparam>
    /// <param name="parts">The parts, as <see cref="PartialTarget"/> lays them out.</param>
    /// <param name="bias">One number per column and group.</param>
    /// <param name="c">The result's memory.</param>
    /// <param name="target">Where the result's rows are.</param>
    /// <param name="rows">Rows of one product.</param>
    /// <param name="columns">Columns of one product.</param>
    /// <param name="elements">Elements of all products.</param>
    /// <param name="splits">How many parts there are.</param>
    /// <param name="options"><see cref="TiledProduct.Bias"/>, <see cref="TiledProduct.Relu"/>.</param>
    [Kernel(GroupSize = Threads)]
    [NoUnroll]
    public static void Add<TTarget>(
        [NoAlias] ArrayView<float> parts, ArrayView<float> bias, ArrayView<float> c, TTarget target, int rows, int columns, int elements, int splits, [Constant] int options)
        where TTarget : unmanaged, ITarget
    {
        int i = Grid.GlobalIndex.X;
        if ((uint)i >= (uint)elements) return;
        float sum = parts[i];
        for (int s = 1; s < splits; s++) sum += parts[(s * elements) + i];
        int line = i / columns, column = i - (line * columns), group = line / rows, row = line - (group * rows);
        float offset = 0f;
        if ((options & TiledProduct.Bias) != 0) offset = bias[(group * columns) + column];
        c[target.Row(row, group, 0) + column] = TiledProduct.Finish(sum, offset, options);
    }
}
