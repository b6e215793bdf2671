using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Cpu.Reduction;

/// <summary>
/// Sums of rows: those of a block are added in the order of memory, and blocks in pairs of pairs.
/// </summary>
internal static unsafe class PairwiseRows
{
    /// <summary>The width of a row whose sum stays in registers.</summary>
    public const int Strip = 128;

    private const int BlockRows = 64;

    /// <summary>Neighbours of which a vector adds only a few one after the other.</summary>
    private const int BlockElements = 512;

    /// <summary>Sums neighbouring elements.</summary>
    /// <param name="source">The first element.</param>
    /// <param name="count">How many there are.</param>
    [SkipLocalsInit]
    public static float Sum(float* source, long count)
    {
        if (count <= BlockElements) return TensorPrimitives.Sum(new ReadOnlySpan<float>(source, (int)count));
        long blocks = (count + BlockElements - 1) / BlockElements;
        float* levels = stackalloc float[BitOperations.Log2((ulong)blocks) + 1];
        for (long block = 0; block < blocks; block++, source += BlockElements, count -= BlockElements)
        {
            float sum = TensorPrimitives.Sum(new ReadOnlySpan<float>(source, (int)Math.Min(count, BlockElements)));
            int level = 0;
            for (; ((block >> level) & 1) != 0; level++) sum += levels[level];
            levels[level] = sum;
        }
        int lowest = BitOperations.TrailingZeroCount(blocks);
        float total = levels[lowest];
        for (int level = lowest + 1; (blocks >> level) != 0; level++)
        {
            if (((blocks >> level) & 1) != 0) total += levels[level];
        }
        return total;
    }

    /// <summary>Sums rows.</summary>
    /// <param name="source">The first row.</param>
    /// <param name="rows">How many there are, at least one.</param>
    /// <param name="stride">The distance between rows, in elements.</param>
    /// <param name="width">The length of a row.</param>
    /// <param name="sum">Where the sum goes.</param>
    [SkipLocalsInit]
    public static void Sum(float* source, long rows, nint stride, int width, float* sum)
    {
        if (rows <= BlockRows)
        {
            SumBlock(source, (int)rows, stride, width, sum);
            return;
        }
        // As in a binary counter: level i holds the sum of 2^i blocks while bit i of the number of blocks is set.
        long blocks = (rows + BlockRows - 1) / BlockRows;
        int count = BitOperations.Log2((ulong)blocks) + 1;
        float* levels = stackalloc float[count * width];
        for (long block = 0; block < blocks; block++)
        {
            SumBlock(source, (int)Math.Min(BlockRows, rows - (block * BlockRows)), stride, width, sum);
            source += BlockRows * stride;
            int level = 0;
            for (; ((block >> level) & 1) != 0; level++) Add(sum, levels + (level * width), width);
            new ReadOnlySpan<float>(sum, width).CopyTo(new Span<float>(levels + (level * width), width));
        }
        int lowest = BitOperations.TrailingZeroCount(blocks);
        new ReadOnlySpan<float>(levels + (lowest * width), width).CopyTo(new Span<float>(sum, width));
        for (int level = lowest + 1; level < count; level++)
        {
            if (((blocks >> level) & 1) != 0) Add(sum, levels + (level * width), width);
        }
    }

    /// <summary>Adds one row to another.</summary>
    public static void Add(float* sum, float* row, int width)
    {
        var target = new Span<float>(sum, width);
        TensorPrimitives.Add(target, new ReadOnlySpan<float>(row, width), target);
    }

    private static void SumBlock(float* source, int rows, nint stride, int width, float* sum)
    {
        int row = 0;
        if (width == Strip && stride == Strip)
        {
            for (; row + 8 <= rows; row += 8, source += 8 * stride) AddEight(source, sum, row == 0);
        }
        if (row == 0)
        {
            new ReadOnlySpan<float>(source, width).CopyTo(new Span<float>(sum, width));
            row = 1;
            source += stride;
        }
        for (; row < rows; row++, source += stride) Add(sum, source, width);
    }

    /// <summary>Adds eight strips that follow each other.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddEight(float* row, float* sum, bool first)
    {
        Vector512<float> a = Vector512.Load(row), b = Vector512.Load(row + 16), c = Vector512.Load(row + 32), d = Vector512.Load(row + 48),
            e = Vector512.Load(row + 64), f = Vector512.Load(row + 80), g = Vector512.Load(row + 96), h = Vector512.Load(row + 112);
        for (int j = 1; j < 8; j++)
        {
            row += Strip;
            a += Vector512.Load(row);
            b += Vector512.Load(row + 16);
            c += Vector512.Load(row + 32);
            d += Vector512.Load(row + 48);
            e += Vector512.Load(row + 64);
            f += Vector512.Load(row + 80);
            g += Vector512.Load(row + 96);
            h += Vector512.Load(row + 112);
        }
        if (!first)
        {
            a += Vector512.Load(sum);
            b += Vector512.Load(sum + 16);
            c += Vector512.Load(sum + 32);
            d += Vector512.Load(sum + 48);
            e += Vector512.Load(sum + 64);
            f += Vector512.Load(sum + 80);
            g += Vector512.Load(sum + 96);
            h += Vector512.Load(sum + 112);
        }
        a.Store(sum);
        b.Store(sum + 16);
        c.Store(sum + 32);
        d.Store(sum + 48);
        e.Store(sum + 64);
        f.Store(sum + 80);
        g.Store(sum + 96);
        h.Store(sum + 112);
    }
}
