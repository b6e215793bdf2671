using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Cpu.Product;

/// <summary>Microkernels on 256-bit vectors: 12 accumulators of the 16 registers.</summary>
/// <remarks>The tiles are spelled out because only named locals are kept in registers.</remarks>
internal static unsafe class MicroKernels256
{
    /// <summary>A tile of 6×16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply6x16(int depth, float* a, float* b, float* c, nint stride, float* bias, TileMode mode)
    {
        Vector256<float> c0a = Vector256<float>.Zero, c0b = Vector256<float>.Zero;
        Vector256<float> c1a = Vector256<float>.Zero, c1b = Vector256<float>.Zero;
        Vector256<float> c2a = Vector256<float>.Zero, c2b = Vector256<float>.Zero;
        Vector256<float> c3a = Vector256<float>.Zero, c3b = Vector256<float>.Zero;
        Vector256<float> c4a = Vector256<float>.Zero, c4b = Vector256<float>.Zero;
        Vector256<float> c5a = Vector256<float>.Zero, c5b = Vector256<float>.Zero;
        if ((mode & TileMode.Accumulate) == 0)
        {
            Vector256<float> biasA = Vector256.Load(bias), biasB = Vector256.Load(bias + 8);
            c0a = c1a = c2a = c3a = c4a = c5a = biasA;
            c0b = c1b = c2b = c3b = c4b = c5b = biasB;
        }

        float* end = a + ((nint)depth * 6);
        while (a < end)
        {
            Vector256<float> b0 = Vector256.LoadAligned(b), b1 = Vector256.LoadAligned(b + 8);
            Vector256<float> a0 = Vector256.Create(*a);
            c0a = Vector256.FusedMultiplyAdd(a0, b0, c0a);
            c0b = Vector256.FusedMultiplyAdd(a0, b1, c0b);
            Vector256<float> a1 = Vector256.Create(a[1]);
            c1a = Vector256.FusedMultiplyAdd(a1, b0, c1a);
            c1b = Vector256.FusedMultiplyAdd(a1, b1, c1b);
            Vector256<float> a2 = Vector256.Create(a[2]);
            c2a = Vector256.FusedMultiplyAdd(a2, b0, c2a);
            c2b = Vector256.FusedMultiplyAdd(a2, b1, c2b);
            Vector256<float> a3 = Vector256.Create(a[3]);
            c3a = Vector256.FusedMultiplyAdd(a3, b0, c3a);
            c3b = Vector256.FusedMultiplyAdd(a3, b1, c3b);
            Vector256<float> a4 = Vector256.Create(a[4]);
            c4a = Vector256.FusedMultiplyAdd(a4, b0, c4a);
            c4b = Vector256.FusedMultiplyAdd(a4, b1, c4b);
            Vector256<float> a5 = Vector256.Create(a[5]);
            c5a = Vector256.FusedMultiplyAdd(a5, b0, c5a);
            c5b = Vector256.FusedMultiplyAdd(a5, b1, c5b);
            a += 6;
            b += 16;
        }

        Store(c, c0a, mode);
        Store(c + 8, c0b, mode);
        Store(c + stride, c1a, mode);
        Store(c + stride + 8, c1b, mode);
        Store(c + (2 * stride), c2a, mode);
        Store(c + (2 * stride) + 8, c2b, mode);
        Store(c + (3 * stride), c3a, mode);
        Store(c + (3 * stride) + 8, c3b, mode);
        Store(c + (4 * stride), c4a, mode);
        Store(c + (4 * stride) + 8, c4b, mode);
        Store(c + (5 * stride), c5a, mode);
        Store(c + (5 * stride) + 8, c5b, mode);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* c, Vector256<float> value, TileMode mode)
    {
        if ((mode & TileMode.Accumulate) != 0) value += Vector256.Load(c);
        if ((mode & TileMode.Relu) != 0) value = Vector256.MaxNative(Vector256<float>.Zero, value);
        value.Store(c);
    }
}
