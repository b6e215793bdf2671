using Fovea.Gpu.Devices.Operations;
using Fovea.Gpu.Mathematics;
using ILGPU;

namespace Fovea.Gpu.Reduction;

/// <summary>How two numbers become one.</summary>
public interface IReducer
{
    /// <summary>What changes nothing.</summary>
    static abstract float Start { get; }

    /// <summary>Joins two.</summary>
    static abstract float Join(float a, float b);
}

/// <summary>Sums.</summary>
public readonly struct Summing : IReducer
{
    /// <inheritdoc/>
    public static float Start => 0f;

    /// <inheritdoc/>
    public static float Join(float a, float b) => a + b;
}

/// <summary>Finds the largest; NaN if one is.</summary>
public readonly struct Maximizing : IReducer
{
    /// <inheritdoc/>
    public static float Start => float.NegativeInfinity;

    /// <inheritdoc/>
    public static float Join(float a, float b) => KernelMath.Max(a, b);
}

/// <summary>Reduces the middle of an array outer × reduced × inner.</summary>
/// <remarks>
/// A group is width × depth × lines threads: neighbours along the inner dimension, so that reading is contiguous; several that share a
/// result and are joined as a tree; and several of the outer dimension. The order of the additions is a function of the sizes alone.
/// </remarks>
public static class MiddleReduction
{
    /// <summary>Reduces each of several parts of the reduced dimension.</summary>
    /// <param name="x">outer × reduced × inner.</param>
    /// <param name="y">outer × parts × inner.</param>
    /// <param name="outer">The size before the reduced dimension.</param>
    /// <param name="reduced">The size that is reduced.</param>
    /// <param name="inner">The size after it.</param>
    /// <param name="parts">Into how many parts it is divided.</param>
    /// <param name="width">Threads along the inner dimension, a power of two.</param>
    /// <param name="depth">Threads that share a result, a power of two.</param>
    public static void Run<TReducer>(
        ArrayView<float> x, ArrayView<float> y, int outer, int reduced, int inner, int parts, int width, int depth)
        where TReducer : unmanaged, IReducer
    {
        int tiles = (inner + width - 1) / width, tile = Grid.IdxX % tiles, part = Grid.IdxX / tiles % parts;
        int thread = Group.IdxX, column = (tile * width) + (thread % width), deep = thread / width % depth;
        int line = (Grid.IdxX / tiles / parts * (Group.DimX / (width * depth))) + (thread / (width * depth));
        int length = (reduced + parts - 1) / parts, first = part * length, end = Math.Min(first + length, reduced);
        bool inside = column < inner && line < outer;
        if (!inside) end = 0;

        // Four results, so that the next addition does not wait for the last one.
        float a = TReducer.Start, b = TReducer.Start, c = TReducer.Start, d = TReducer.Start;
        int start = (line * reduced * inner) + column, i = first + deep;
        for (; i + (3 * depth) < end; i += 4 * depth)
        {
            a = TReducer.Join(a, x[start + (i * inner)]);
            b = TReducer.Join(b, x[start + ((i + depth) * inner)]);
            c = TReducer.Join(c, x[start + ((i + (2 * depth)) * inner)]);
            d = TReducer.Join(d, x[start + ((i + (3 * depth)) * inner)]);
        }
        for (; i < end; i += depth) a = TReducer.Join(a, x[start + (i * inner)]);
        float result = TReducer.Join(TReducer.Join(a, b), TReducer.Join(c, d));

        if (depth > 1)
        {
            ArrayView<float> shared = SharedMemory.Allocate<float>(GroupReduction.MaxThreads);
            shared[thread] = result;
            KernelGroup.Barrier();
            for (int step = depth / 2; step > 0; step /= 2)
            {
                if (deep < step) shared[thread] = TReducer.Join(shared[thread], shared[thread + (step * width)]);
                KernelGroup.Barrier();
            }
            result = shared[thread];
        }
        if (inside && deep == 0) y[(((line * parts) + part) * inner) + column] = result;
    }
}
