using System.Runtime.CompilerServices;

namespace Fovea.Cpu.Convolution.Fft;

/// <summary>Takes pairs apart, and puts them together.</summary>
internal static unsafe class Pairs<T>
    where T : unmanaged, ILanes<T>
{
    /// <summary>Real and imaginary parts of complex numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Split(float* pairs, float* re, float* im, nint count)
    {
        nint i = 0;
        for (; i + T.Count <= count; i += T.Count)
        {
            (T even, T odd) = T.Unzip(T.Load(pairs + (2 * i)), T.Load(pairs + (2 * i) + T.Count));
            even.Store(re + i);
            odd.Store(im + i);
        }
        for (; i < count; i++)
        {
            re[i] = pairs[2 * i];
            im[i] = pairs[(2 * i) + 1];
        }
    }

    /// <summary>The opposite, with a factor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Merge(float* re, float* im, float* pairs, nint count, float scale)
    {
        nint i = 0;
        T factor = T.Create(scale);
        for (; i + T.Count <= count; i += T.Count)
        {
            (T first, T second) = T.Zip(factor * T.Load(re + i), factor * T.Load(im + i));
            first.Store(pairs + (2 * i));
            second.Store(pairs + (2 * i) + T.Count);
        }
        for (; i < count; i++)
        {
            pairs[2 * i] = scale * re[i];
            pairs[(2 * i) + 1] = scale * im[i];
        }
    }

    /// <summary>Runs of floats at even and at odd places.</summary>
    public static void SplitRuns(float* source, float* even, float* odd, nint count, int run)
    {
        if (run == 1)
        {
            Split(source, even, odd, count);
            return;
        }
        for (nint i = 0; i < count; i += run, source += 2 * run)
        {
            new ReadOnlySpan<float>(source, run).CopyTo(new Span<float>(even + i, run));
            new ReadOnlySpan<float>(source + run, run).CopyTo(new Span<float>(odd + i, run));
        }
    }

    /// <summary>The opposite, with a factor.</summary>
    public static void MergeRuns(float* even, float* odd, float* target, nint count, int run, float scale)
    {
        if (run == 1)
        {
            Merge(even, odd, target, count, scale);
            return;
        }
        for (nint i = 0; i < count; i += run, target += 2 * run)
        {
            System.Numerics.Tensors.TensorPrimitives.Multiply(new ReadOnlySpan<float>(even + i, run), scale, new Span<float>(target, run));
            System.Numerics.Tensors.TensorPrimitives.Multiply(
                new ReadOnlySpan<float>(odd + i, run), scale, new Span<float>(target + run, run));
        }
    }
}
