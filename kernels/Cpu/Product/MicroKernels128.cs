using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Cpu.Product;

/// <summary>Microkernels on 128-bit vectors: 16 accumulators of ARM's 32 registers.</summary>
/// <remarks>The tiles are spelled out because only named locals are kept in registers.</remarks>
internal static unsafe class MicroKernels128
{
    /// <summary>A tile of 8×8.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply8x8(int depth, float* a, float* b, float* c, nint stride, float* bias, TileMode mode)
    {
        Vector128<float> c0a = Vector128<float>.Zero, c0b = Vector128<float>.Zero;
        Vector128<float> c1a = Vector128<float>.Zero, c1b = Vector128<float>.Zero;
        Vector128<float> c2a = Vector128<float>.Zero, c2b = Vector128<float>.Zero;
        Vector128<float> c3a = Vector128<float>.Zero, c3b = Vector128<float>.Zero;
        Vector128<float> c4a = Vector128<float>.Zero, c4b = Vector128<float>.Zero;
        Vector128<float> c5a = Vector128<float>.Zero, c5b = Vector128<float>.Zero;
        Vector128<float> c6a = Vector128<float>.Zero, c6b = Vector128<float>.Zero;
        Vector128<float> c7a = Vector128<float>.Zero, c7b = Vector128<float>.Zero;
        if ((mode & TileMode.Accumulate) == 0)
        {
            Vector128<float> biasA = Vector128.Load(bias), biasB = Vector128.Load(bias + 4);
            c0a = c1a = c2a = c3a = c4a = c5a = c6a = c7a = biasA;
            c0b = c1b = c2b = c3b = c4b = c5b = c6b = c7b = biasB;
        }

        float* end = a + ((nint)depth * 8);
        while (a < end)
        {
            Vector128<float> b0 = Vector128.LoadAligned(b), b1 = Vector128.LoadAligned(b + 4);
            Vector128<float> a0 = Vector128.Create(*a);
            c0a = Vector128.FusedMultiplyAdd(a0, b0, c0a);
            c0b = Vector128.FusedMultiplyAdd(a0, b1, c0b);
            Vector128<float> a1 = Vector128.Create(a[1]);
            c1a = Vector128.FusedMultiplyAdd(a1, b0, c1a);
            c1b = Vector128.FusedMultiplyAdd(a1, b1, c1b);
            Vector128<float> a2 = Vector128.Create(a[2]);
            c2a = Vector128.FusedMultiplyAdd(a2, b0, c2a);
            c2b = Vector128.FusedMultiplyAdd(a2, b1, c2b);
            Vector128<float> a3 = Vector128.Create(a[3]);
            c3a = Vector128.FusedMultiplyAdd(a3, b0, c3a);
            c3b = Vector128.FusedMultiplyAdd(a3, b1, c3b);
            Vector128<float> a4 = Vector128.Create(a[4]);
            c4a = Vector128.FusedMultiplyAdd(a4, b0, c4a);
            c4b = Vector128.FusedMultiplyAdd(a4, b1, c4b);
            Vector128<float> a5 = Vector128.Create(a[5]);
            c5a = Vector128.FusedMultiplyAdd(a5, b0, c5a);
            c5b = Vector128.FusedMultiplyAdd(a5, b1, c5b);
            Vector128<float> a6 = Vector128.Create(a[6]);
            c6a = Vector128.FusedMultiplyAdd(a6, b0, c6a);
            c6b = Vector128.FusedMultiplyAdd(a6, b1, c6b);
            Vector128<float> a7 = Vector128.Create(a[7]);
            c7a = Vector128.FusedMultiplyAdd(a7, b0, c7a);
            c7b = Vector128.FusedMultiplyAdd(a7, b1, c7b);
            a += 8;
            b += 8;
        }

        Store(c, c0a, mode);
        Store(c + 4, c0b, mode);
        Store(c + stride, c1a, mode);
        Store(c + stride + 4, c1b, mode);
        Store(c + (2 * stride), c2a, mode);
        Store(c + (2 * stride) + 4, c2b, mode);
        Store(c + (3 * stride), c3a, mode);
        Store(c + (3 * stride) + 4, c3b, mode);
        Store(c + (4 * stride), c4a, mode);
        Store(c + (4 * stride) + 4, c4b, mode);
        Store(c + (5 * stride), c5a, mode);
        Store(c + (5 * stride) + 4, c5b, mode);
        Store(c + (6 * stride), c6a, mode);
        Store(c + (6 * stride) + 4, c6b, mode);
        Store(c + (7 * stride), c7a, mode);
        Store(c + (7 * stride) + 4, c7b, mode);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* c, Vector128<float> value, TileMode mode)
    {
        if ((mode & TileMode.Accumulate) != 0) value += Vector128.Load(c);
        if ((mode & TileMode.Relu) != 0) value = Vector128.MaxNative(Vector128<float>.Zero, value);
        value.Store(c);
    }
}
