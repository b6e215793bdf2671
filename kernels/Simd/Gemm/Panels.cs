using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Fovea.Kernels.Simd.Gemm;

/// <summary>A matrix, real or implicit, that can write parts of itself as packed panels.</summary>
internal unsafe interface IPanelSource
{
    /// <summary>
    /// Writes <paramref name="depth"/> steps of k, each of <paramref name="width"/> values (rows of A or columns of B); those
    /// past <paramref name="valid"/> become 0.
    /// </summary>
    /// <param name="first">The first row of A, or column of B.</param>
    /// <param name="valid">How many rows or columns exist, at most <paramref name="width"/>.</param>
    /// <param name="k">The first step of k.</param>
    /// <param name="depth">How many steps of k.</param>
    /// <param name="panel">Where to write: depth × width floats.</param>
    /// <param name="width">The panel's width.</param>
    void Pack(int first, int valid, int k, int depth, float* panel, int width);
}

/// <summary>A matrix in memory.</summary>
/// <param name="Data">The first element.</param>
/// <param name="Stride">The distance in elements between neighbours along the dimension that is not contiguous.</param>
/// <param name="ContiguousInK">Whether k runs along memory (else the panel's own dimension does).</param>
internal readonly unsafe struct StridedPanels(float* Data, nint Stride, bool ContiguousInK) : IPanelSource
{
    public void Pack(int first, int valid, int k, int depth, float* panel, int width)
    {
        if (!ContiguousInK)
        {
            float* source = Data + (k * Stride) + first;
            for (int step = 0; step < depth; step++, source += Stride, panel += width) PanelPacking.CopyRow(source, valid, panel, width);
            return;
        }

        float* row = Data + (first * Stride) + k;
        int i = 0;
        for (; i + 4 <= valid; i += 4, row += 4 * Stride)
            PanelPacking.Transpose4(row, row + Stride, row + (2 * Stride), row + (3 * Stride), depth, panel + i, width);
        for (; i < valid; i++, row += Stride) PanelPacking.Scatter(row, depth, panel + i, width);
        for (; i < width; i++) PanelPacking.ScatterZero(depth, panel + i, width);
    }
}

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
        for (; i + 4 <= valid; i += 4) Vector128.Load(source + i).Store(panel + i);
        if (i == valid) return;
        if (valid > 4) Vector128.Load(source + valid - 4).Store(panel + valid - 4);
        else for (; i < valid; i++) panel[i] = source[i];
    }

    /// <summary>Interleaves four runs: step k of the panel receives element k of each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Transpose4(float* r0, float* r1, float* r2, float* r3, int length, float* panel, int width)
    {
        int k = 0;
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
    public static void Scatter(float* source, int length, float* panel, int width)
    {
        for (int k = 0; k < length; k++, panel += width) *panel = source[k];
    }

    /// <summary>Clears one column of the panel.</summary>
    public static void ScatterZero(int length, float* panel, int width)
    {
        for (int k = 0; k < length; k++, panel += width) *panel = 0;
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
