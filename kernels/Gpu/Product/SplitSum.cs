using Fovea.Gpu.Devices.Operations;
using ILGPU;

namespace Fovea.Gpu.Product;

/// <summary>Adds up the parts of a product whose sums were divided among groups, in an order that depends on their number alone.</summary>
public static class SplitSum
{
    /// <summary>Threads of a group.</summary>
    public const int Threads = 256;

    // With many parts and few elements one thread for each element would wait for one load after the other.
    private const int ManyParts = 32, ManyLanes = 16;

    /// <summary>How many threads share an element.</summary>
    public static int Lanes(int splits) => splits < ManyParts ? 1 : ManyLanes;

    /// <summary>Computes <see cref="Threads"/> / <paramref name="lanes"/> elements of the result per group.</summary>
    /// <typeparam name="TTarget">Where the result goes.</typeparam>
    /// <param name="parts">The parts, as <see cref="MatrixTarget.Parts"/> lays them out.</param>
    /// <param name="bias">One number per column and group.</param>
    /// <param name="c">The result's memory.</param>
    /// <param name="target">Where the result's rows are.</param>
    /// <param name="rows">Rows of one product.</param>
    /// <param name="columns">Columns of one product.</param>
    /// <param name="elements">Elements of all products.</param>
    /// <param name="splits">How many parts there are.</param>
    /// <param name="lanes">How many threads share an element; of a part each.</param>
    /// <param name="epilogue"><see cref="TiledProduct.Bias"/>, <see cref="TiledProduct.Relu"/>.</param>
    public static void Add<TTarget>(
        ArrayView<float> parts, ArrayView<float> bias, ArrayView<float> c, TTarget target, int rows, int columns, int elements, int splits,
        int lanes, int epilogue)
        where TTarget : unmanaged, ITarget
    {
        int width = Threads / lanes, lane = Group.IdxX / width, place = Group.IdxX - (lane * width), i = (Grid.IdxX * width) + place;
        bool inside = (uint)i < (uint)elements;
        float sum = inside ? Sum(parts, i, elements, splits, lane, lanes) : 0f;
        if (lanes > 1)
        {
            ArrayView<float> shared = SharedMemory.Allocate<float>(Threads);
            shared[Group.IdxX] = sum;
            KernelGroup.Barrier();
            sum = 0f;
            for (int l = 0; l < lanes; l++) sum += shared[(l * width) + place];
        }
        if (!inside || lane != 0) return;
        int line = i / columns, column = i - (line * columns), group = line / rows, row = line - (group * rows);
        float offset = 0f;
        if ((epilogue & TiledProduct.Bias) != 0) offset = bias[(group * columns) + column];
        c[target.Row(row, group, 0) + column] = TiledProduct.Finish(sum, offset, epilogue);
    }

    private static float Sum(ArrayView<float> parts, int i, int elements, int splits, int first, int step)
    {
        float sum = 0f;
        int s = first;
        // Four loads that need not wait for each other.
        for (; s + (3 * step) < splits; s += 4 * step)
        {
            float a = parts[(s * elements) + i], b = parts[((s + step) * elements) + i];
            float c = parts[((s + (2 * step)) * elements) + i], d = parts[((s + (3 * step)) * elements) + i];
            sum += a;
            sum += b;
            sum += c;
            sum += d;
        }
        for (; s < splits; s += step) sum += parts[(s * elements) + i];
        return sum;
    }
}
