using ILGPU;

namespace Fovea.Gpu.Arrangement;

/// <summary>Copies runs of neighbours between arrays in which they lie at other distances.</summary>
public static class Runs
{
    /// <summary>Copies an element a thread.</summary>
    /// <param name="x">The source.</param>
    /// <param name="y">The target.</param>
    /// <param name="count">How many elements all runs have.</param>
    /// <param name="length">Elements of a run.</param>
    /// <param name="sourceStride">The distance between runs in the source.</param>
    /// <param name="sourceStart">Where the first begins.</param>
    /// <param name="targetStride">The distance between runs in the target.</param>
    /// <param name="targetStart">Where the first goes.</param>
    public static void Copy(
        ArrayView<float> x, ArrayView<float> y, int count, int length, int sourceStride, int sourceStart, int targetStride, int targetStart)
    {
        int index = Grid.GlobalIndex.X;
        if (index >= count) return;
        int run = index / length, at = index % length;
        y[targetStart + (run * targetStride) + at] = x[sourceStart + (run * sourceStride) + at];
    }

    /// <summary>Copies runs with zeros before and behind each, an element of the target a thread.</summary>
    /// <param name="x">Runs one behind the other.</param>
    /// <param name="y">The target.</param>
    /// <param name="count">How many elements the target has.</param>
    /// <param name="length">Elements of a run.</param>
    /// <param name="before">Zeros before a run.</param>
    /// <param name="padded">Elements of a run with its zeros.</param>
    public static void Pad(ArrayView<float> x, ArrayView<float> y, int count, int length, int before, int padded)
    {
        int index = Grid.GlobalIndex.X;
        if (index >= count) return;
        int run = index / padded, at = (index % padded) - before;
        float value = 0f;
        if (at >= 0 && at < length) value = x[(run * length) + at];
        y[index] = value;
    }
}
