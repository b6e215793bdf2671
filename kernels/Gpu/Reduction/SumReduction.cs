using Fovea.Gpu.Devices.Operations;
using ILGPU;

namespace Fovea.Gpu.Reduction;

/// <summary>Sums over the middle of an array outer × reduced × inner.</summary>
/// <remarks>
/// A group is width × depth × lines threads: neighbours along the inner dimension, so that reading is contiguous; several that share a
/// sum and are added as a tree; and several of the outer dimension. The order of the additions is a function of the sizes alone.
/// </remarks>
public static class SumReduction
{
    /// <summary>Sums each of several parts of the reduced dimension.</summary>
    /// <param name="x">outer × reduced × inner.</param>
    /// <param name="y">outer × parts × inner.</param>
    /// <param name="outer">The size before the reduced dimension.</param>
    /// <param name="reduced">The size that is summed over.</param>
    /// <param name="inner">The size after it.</param>
    /// <param name="parts">Into how many parts it is divided.</param>
    /// <param name="width">Threads along the inner dimension, a power of two.</param>
    /// <param name="depth">Threads that share a sum, a power of two.</param>
    public static void Run(ArrayView<float> x, ArrayView<float> y, int outer, int reduced, int inner, int parts, int width, int depth)
    {
        int tiles = (inner + width - 1) / width, tile = Grid.IdxX % tiles, part = Grid.IdxX / tiles % parts;
        int thread = Group.IdxX, column = (tile * width) + (thread % width), deep = thread / width % depth;
        int line = (Grid.IdxX / tiles / parts * (Group.DimX / (width * depth))) + (thread / (width * depth));
        int length = (reduced + parts - 1) / parts, first = part * length, end = Math.Min(first + length, reduced);
        bool inside = column < inner && line < outer;
        if (!inside) end = 0;

        // Four sums, so that the next addition does not wait for the last one.
        float a = 0, b = 0, c = 0, d = 0;
        int start = (line * reduced * inner) + column, i = first + deep;
        for (; i + (3 * depth) < end; i += 4 * depth)
        {
            a += x[start + (i * inner)];
            b += x[start + ((i + depth) * inner)];
            c += x[start + ((i + (2 * depth)) * inner)];
            d += x[start + ((i + (3 * depth)) * inner)];
        }
        for (; i < end; i += depth) a += x[start + (i * inner)];
        float sum = a + b + (c + d);

        if (depth > 1)
        {
            ArrayView<float> shared = SharedMemory.Allocate<float>(GroupReduction.MaxThreads);
            shared[thread] = sum;
            KernelGroup.Barrier();
            for (int step = depth / 2; step > 0; step /= 2)
            {
                if (deep < step) shared[thread] += shared[thread + (step * width)];
                KernelGroup.Barrier();
            }
            sum = shared[thread];
        }
        if (inside && deep == 0) y[(((line * parts) + part) * inner) + column] = sum;
    }
}
