using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Cpu.Product;

/// <summary>Microkernels on 512-bit vectors: 24 accumulators of the 32 registers, or 12 for narrow matrices.</summary>
/// <remarks>The tiles are spelled out because only named locals are kept in registers.</remarks>
internal static unsafe class MicroKernels512
{
    /// <summary>A tile of 12×32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply12x32(int depth, float* a, float* b, float* c, nint stride, float* bias, TileMode mode)
    {
        Vector512<float> c0a = Vector512<float>.Zero, c0b = Vector512<float>.Zero;
        Vector512<float> c1a = Vector512<float>.Zero, c1b = Vector512<float>.Zero;
        Vector512<float> c2a = Vector512<float>.Zero, c2b = Vector512<float>.Zero;
        Vector512<float> c3a = Vector512<float>.Zero, c3b = Vector512<float>.Zero;
        Vector512<float> c4a = Vector512<float>.Zero, c4b = Vector512<float>.Zero;
        Vector512<float> c5a = Vector512<float>.Zero, c5b = Vector512<float>.Zero;
        Vector512<float> c6a = Vector512<float>.Zero, c6b = Vector512<float>.Zero;
        Vector512<float> c7a = Vector512<float>.Zero, c7b = Vector512<float>.Zero;
        Vector512<float> c8a = Vector512<float>.Zero, c8b = Vector512<float>.Zero;
        Vector512<float> c9a = Vector512<float>.Zero, c9b = Vector512<float>.Zero;
        Vector512<float> c10a = Vector512<float>.Zero, c10b = Vector512<float>.Zero;
        Vector512<float> c11a = Vector512<float>.Zero, c11b = Vector512<float>.Zero;
        if ((mode & TileMode.Accumulate) == 0)
        {
            Vector512<float> biasA = Vector512.Load(bias), biasB = Vector512.Load(bias + 16);
            c0a = c1a = c2a = c3a = c4a = c5a = c6a = c7a = c8a = c9a = c10a = c11a = biasA;
            c0b = c1b = c2b = c3b = c4b = c5b = c6b = c7b = c8b = c9b = c10b = c11b = biasB;
        }

        float* end = a + ((nint)depth * 12);
        while (a < end)
        {
            Vector512<float> b0 = Vector512.LoadAligned(b), b1 = Vector512.LoadAligned(b + 16);
            Vector512<float> a0 = Vector512.Create(*a);
            c0a = Vector512.FusedMultiplyAdd(a0, b0, c0a);
            c0b = Vector512.FusedMultiplyAdd(a0, b1, c0b);
            Vector512<float> a1 = Vector512.Create(a[1]);
            c1a = Vector512.FusedMultiplyAdd(a1, b0, c1a);
            c1b = Vector512.FusedMultiplyAdd(a1, b1, c1b);
            Vector512<float> a2 = Vector512.Create(a[2]);
            c2a = Vector512.FusedMultiplyAdd(a2, b0, c2a);
            c2b = Vector512.FusedMultiplyAdd(a2, b1, c2b);
            Vector512<float> a3 = Vector512.Create(a[3]);
            c3a = Vector512.FusedMultiplyAdd(a3, b0, c3a);
            c3b = Vector512.FusedMultiplyAdd(a3, b1, c3b);
            Vector512<float> a4 = Vector512.Create(a[4]);
            c4a = Vector512.FusedMultiplyAdd(a4, b0, c4a);
            c4b = Vector512.FusedMultiplyAdd(a4, b1, c4b);
            Vector512<float> a5 = Vector512.Create(a[5]);
            c5a = Vector512.FusedMultiplyAdd(a5, b0, c5a);
            c5b = Vector512.FusedMultiplyAdd(a5, b1, c5b);
            Vector512<float> a6 = Vector512.Create(a[6]);
            c6a = Vector512.FusedMultiplyAdd(a6, b0, c6a);
            c6b = Vector512.FusedMultiplyAdd(a6, b1, c6b);
            Vector512<float> a7 = Vector512.Create(a[7]);
            c7a = Vector512.FusedMultiplyAdd(a7, b0, c7a);
            c7b = Vector512.FusedMultiplyAdd(a7, b1, c7b);
            Vector512<float> a8 = Vector512.Create(a[8]);
            c8a = Vector512.FusedMultiplyAdd(a8, b0, c8a);
            c8b = Vector512.FusedMultiplyAdd(a8, b1, c8b);
            Vector512<float> a9 = Vector512.Create(a[9]);
            c9a = Vector512.FusedMultiplyAdd(a9, b0, c9a);
            c9b = Vector512.FusedMultiplyAdd(a9, b1, c9b);
            Vector512<float> a10 = Vector512.Create(a[10]);
            c10a = Vector512.FusedMultiplyAdd(a10, b0, c10a);
            c10b = Vector512.FusedMultiplyAdd(a10, b1, c10b);
            Vector512<float> a11 = Vector512.Create(a[11]);
            c11a = Vector512.FusedMultiplyAdd(a11, b0, c11a);
            c11b = Vector512.FusedMultiplyAdd(a11, b1, c11b);
            a += 12;
            b += 32;
        }

        Store(c, c0a, mode);
        Store(c + 16, c0b, mode);
        Store(c + stride, c1a, mode);
        Store(c + stride + 16, c1b, mode);
        Store(c + (2 * stride), c2a, mode);
        Store(c + (2 * stride) + 16, c2b, mode);
        Store(c + (3 * stride), c3a, mode);
        Store(c + (3 * stride) + 16, c3b, mode);
        Store(c + (4 * stride), c4a, mode);
        Store(c + (4 * stride) + 16, c4b, mode);
        Store(c + (5 * stride), c5a, mode);
        Store(c + (5 * stride) + 16, c5b, mode);
        Store(c + (6 * stride), c6a, mode);
        Store(c + (6 * stride) + 16, c6b, mode);
        Store(c + (7 * stride), c7a, mode);
        Store(c + (7 * stride) + 16, c7b, mode);
        Store(c + (8 * stride), c8a, mode);
        Store(c + (8 * stride) + 16, c8b, mode);
        Store(c + (9 * stride), c9a, mode);
        Store(c + (9 * stride) + 16, c9b, mode);
        Store(c + (10 * stride), c10a, mode);
        Store(c + (10 * stride) + 16, c10b, mode);
        Store(c + (11 * stride), c11a, mode);
        Store(c + (11 * stride) + 16, c11b, mode);
    }

    /// <summary>A tile of 12×16, for matrices with few columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply12x16(int depth, float* a, float* b, float* c, nint stride, float* bias, TileMode mode)
    {
        Vector512<float> c0a = Vector512<float>.Zero;
        Vector512<float> c1a = Vector512<float>.Zero;
        Vector512<float> c2a = Vector512<float>.Zero;
        Vector512<float> c3a = Vector512<float>.Zero;
        Vector512<float> c4a = Vector512<float>.Zero;
        Vector512<float> c5a = Vector512<float>.Zero;
        Vector512<float> c6a = Vector512<float>.Zero;
        Vector512<float> c7a = Vector512<float>.Zero;
        Vector512<float> c8a = Vector512<float>.Zero;
        Vector512<float> c9a = Vector512<float>.Zero;
        Vector512<float> c10a = Vector512<float>.Zero;
        Vector512<float> c11a = Vector512<float>.Zero;
        if ((mode & TileMode.Accumulate) == 0)
        {
            Vector512<float> biasA = Vector512.Load(bias);
            c0a = c1a = c2a = c3a = c4a = c5a = c6a = c7a = c8a = c9a = c10a = c11a = biasA;
        }

        float* end = a + ((nint)depth * 12);
        while (a < end)
        {
            Vector512<float> b0 = Vector512.LoadAligned(b);
            c0a = Vector512.FusedMultiplyAdd(Vector512.Create(*a), b0, c0a);
            c1a = Vector512.FusedMultiplyAdd(Vector512.Create(a[1]), b0, c1a);
            c2a = Vector512.FusedMultiplyAdd(Vector512.Create(a[2]), b0, c2a);
            c3a = Vector512.FusedMultiplyAdd(Vector512.Create(a[3]), b0, c3a);
            c4a = Vector512.FusedMultiplyAdd(Vector512.Create(a[4]), b0, c4a);
            c5a = Vector512.FusedMultiplyAdd(Vector512.Create(a[5]), b0, c5a);
            c6a = Vector512.FusedMultiplyAdd(Vector512.Create(a[6]), b0, c6a);
            c7a = Vector512.FusedMultiplyAdd(Vector512.Create(a[7]), b0, c7a);
            c8a = Vector512.FusedMultiplyAdd(Vector512.Create(a[8]), b0, c8a);
            c9a = Vector512.FusedMultiplyAdd(Vector512.Create(a[9]), b0, c9a);
            c10a = Vector512.FusedMultiplyAdd(Vector512.Create(a[10]), b0, c10a);
            c11a = Vector512.FusedMultiplyAdd(Vector512.Create(a[11]), b0, c11a);
            a += 12;
            b += 16;
        }

        Store(c, c0a, mode);
        Store(c + stride, c1a, mode);
        Store(c + (2 * stride), c2a, mode);
        Store(c + (3 * stride), c3a, mode);
        Store(c + (4 * stride), c4a, mode);
        Store(c + (5 * stride), c5a, mode);
        Store(c + (6 * stride), c6a, mode);
        Store(c + (7 * stride), c7a, mode);
        Store(c + (8 * stride), c8a, mode);
        Store(c + (9 * stride), c9a, mode);
        Store(c + (10 * stride), c10a, mode);
        Store(c + (11 * stride), c11a, mode);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* c, Vector512<float> value, TileMode mode)
    {
        if ((mode & TileMode.Accumulate) != 0) value += Vector512.Load(c);
        if ((mode & TileMode.Relu) != 0) value = Vector512.MaxNative(Vector512<float>.Zero, value);
        value.Store(c);
    }
}
