using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Fovea.Cpu.Product;

/// <summary>The data movements of which packing consists.</summary>
internal static unsafe class PanelPacking
{
    /// <summary>Copies one step of k and fills up with zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void CopyRow(float* source, int valid, float* panel, int width)
    {
        if (valid < width)
        {
            int zero = valid;
            if (width % 4 == 0)
            {
                // Whole vectors, from the one that the copy will fill in part.
                for (zero = valid & ~3; zero < width; zero += 4) Vector128<float>.Zero.Store(panel + zero);
            }
            for (; zero < width; zero++) panel[zero] = 0;
        }
        int i = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            for (; i + 8 <= valid; i += 8) Vector256.Load(source + i).Store(panel + i);
        }
        for (; i + 4 <= valid; i += 4) Vector128.Load(source + i).Store(panel + i);
        if (i == valid) return;
        if (valid > 4) Vector128.Load(source + valid - 4).Store(panel + valid - 4);
        else for (; i < valid; i++) panel[i] = source[i];
    }

    /// <summary>Copies rows at equal distances, as many elements of each as there are.</summary>
    /// <param name="source">The first row.</param>
    /// <param name="step">The distance between rows.</param>
    /// <param name="count">How many rows.</param>
    /// <param name="length">Elements of a row.</param>
    /// <param name="panel">Where to.</param>
    /// <param name="width">The distance between rows there.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void CopyRows(float* source, nint step, int count, int length, float* panel, int width)
    {
        // The lengths of whole panels of channels, without a loop in the loop.
        if (Vector512.IsHardwareAccelerated && length == 32)
        {
            for (; count > 0; count--, source += step, panel += width)
            {
                Vector512<float> low = Vector512.Load(source), high = Vector512.Load(source + 16);
                low.Store(panel);
                high.Store(panel + 16);
            }
        }
        else if (Vector256.IsHardwareAccelerated && length == 16)
        {
            for (; count > 0; count--, source += step, panel += width)
            {
                Vector256<float> low = Vector256.Load(source), high = Vector256.Load(source + 8);
                low.Store(panel);
                high.Store(panel + 8);
            }
        }
        else
        {
            for (; count > 0; count--, source += step, panel += width) CopyRow(source, length, panel, length);
        }
    }

    /// <summary>Interleaves four runs: step k of the panel receives element k of each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Transpose4(float* r0, float* r1, float* r2, float* r3, int length, float* panel, int width)
    {
        int k = 0;
        if (Avx512F.IsSupported)
        {
            for (; k + 16 <= length; k += 16, panel += 16 * width)
            {
                Vector512<float> a = Vector512.Load(r0 + k), b = Vector512.Load(r1 + k), c = Vector512.Load(r2 + k),
                    d = Vector512.Load(r3 + k);
                Vector512<double> ab = Avx512F.UnpackLow(a, b).AsDouble(), cd = Avx512F.UnpackLow(c, d).AsDouble();
                Vector512<double> abHigh = Avx512F.UnpackHigh(a, b).AsDouble(), cdHigh = Avx512F.UnpackHigh(c, d).AsDouble();
                // Lane i of each holds step 4·i + 0, 1, 2 or 3.
                StoreLanes(Avx512F.UnpackLow(ab, cd).AsSingle(), panel, width);
                StoreLanes(Avx512F.UnpackHigh(ab, cd).AsSingle(), panel + width, width);
                StoreLanes(Avx512F.UnpackLow(abHigh, cdHigh).AsSingle(), panel + (2 * width), width);
                StoreLanes(Avx512F.UnpackHigh(abHigh, cdHigh).AsSingle(), panel + (3 * width), width);
            }
        }
        for (; k + 4 <= length; k += 4, panel += 4 * width)
        {
            Vector128<float> a = Vector128.Load(r0 + k), b = Vector128.Load(r1 + k), c = Vector128.Load(r2 + k), d = Vector128.Load(r3 + k);
            Vector128<float> ab = UnpackLow(a, b), cd = UnpackLow(c, d), abHigh = UnpackHigh(a, b), cdHigh = UnpackHigh(c, d);
            JoinLow(ab, cd).Store(panel);
            JoinHigh(ab, cd).Store(panel + width);
            JoinLow(abHigh, cdHigh).Store(panel + (2 * width));
            JoinHigh(abHigh, cdHigh).Store(panel + (3 * width));
        }
        for (; k < length; k++, panel += width) Vector128.Create(r0[k], r1[k], r2[k], r3[k]).Store(panel);
    }

    /// <summary>Interleaves four runs each of which begins one element after the one before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Slide4(float* source, int length, float* panel, int width)
    {
        for (int k = 0; k < length; k++, panel += width) Vector128.Load(source + k).Store(panel);
    }

    /// <summary>Spreads one run over one column of the panel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Scatter(float* source, int length, float* panel, int width)
    {
        for (int k = 0; k < length; k++, panel += width) *panel = source[k];
    }

    /// <summary>Clears one column of the panel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ScatterZero(int length, float* panel, int width)
    {
        for (int k = 0; k < length; k++, panel += width) *panel = 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreLanes(Vector512<float> lanes, float* panel, int width)
    {
        lanes.GetLower().GetLower().Store(panel);
        Avx512F.ExtractVector128(lanes, 1).Store(panel + (4 * width));
        Avx512F.ExtractVector128(lanes, 2).Store(panel + (8 * width));
        Avx512F.ExtractVector128(lanes, 3).Store(panel + (12 * width));
    }

    // a0 b0 a1 b1
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> UnpackLow(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported ? Sse.UnpackLow(a, b)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipLow(a, b)
        : Vector128.Create(a[0], b[0], a[1], b[1]);

    // a2 b2 a3 b3
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> UnpackHigh(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported ? Sse.UnpackHigh(a, b)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipHigh(a, b)
        : Vector128.Create(a[2], b[2], a[3], b[3]);

    // a0 a1 b0 b1
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> JoinLow(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported ? Sse.MoveLowToHigh(a, b) : Vector128.Create(a.GetLower(), b.GetLower());

    // a2 a3 b2 b3
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> JoinHigh(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported ? Sse.MoveHighToLow(b, a) : Vector128.Create(a.GetUpper(), b.GetUpper());
}
