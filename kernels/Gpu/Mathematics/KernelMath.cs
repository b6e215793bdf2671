using ILGPU;
using ILGPU.IR.Intrinsics;

namespace Fovea.Gpu.Mathematics;

/// <summary>
/// Mathematical functions for kernels, in C#: the same bits on every device. Errors are at most 2 units in the last place over all
/// floats, subnormal ones included; NaN, infinities and zeros give what C's functions give.
/// </summary>
/// <remarks>
/// <para>Only operations that every device rounds the same are used: +, −, ×, ÷, square root, fused multiply-add and integers. The
/// polynomials are minimax ones (Remez exchange, 40 digits, then rounded to floats).</para>
/// <para>The largest errors found, in units in the last place, over all floats: Exp 0.91, Exp2 0.93, Expm1 1.51, Log 0.89, Log1p 0.99, Log2
/// 1.13, Tanh 1.59, Sin and Cos 1.54, Rsqrt 1.49; over every seventh: Sigmoid 1.48, Erf 1.15; over 230 million pairs: Pow 0.94.</para>
/// </remarks>
public static partial class KernelMath
{
    /// <summary>π.</summary>
    public const float PI = MathF.PI;

    /// <summary>The base of the natural logarithm.</summary>
    public const float E = MathF.E;

    // ln 2 and log2 e, each as the nearest float and what it leaves.
    private const float Ln2 = 0.693147182f, Ln2Rest = -1.90465421e-9f;
    private const float Log2OfE = 1.44269502f, Log2OfERest = 1.92596303e-8f;

    // Numbers from here on, 2²³, are integers; adding and subtracting it rounds smaller ones without a sign, half to even.
    private const float Rounder = 8388608f;

    /// <summary>a · b + c, rounded once.</summary>
    [IntrinsicImplementation]
    public static float FusedMultiplyAdd(float a, float b, float c) => MathF.FusedMultiplyAdd(a, b, c);

    /// <summary>The smaller; NaN if either is, and −0 before +0.</summary>
    public static float Min(float a, float b)
    {
        if (IsNaN(a)) return a;
        if (IsNaN(b)) return b;
        if (a == b) return FromBits(Bits(a) | Bits(b));
        return a < b ? a : b;
    }

    /// <summary>The larger; NaN if either is, and +0 before −0.</summary>
    public static float Max(float a, float b)
    {
        if (IsNaN(a)) return a;
        if (IsNaN(b)) return b;
        if (a == b) return FromBits(Bits(a) & Bits(b));
        return a > b ? a : b;
    }

    /// <summary>The nearest value from low to high; NaN if x is.</summary>
    public static float Clamp(float x, float low, float high) => Min(Max(x, low), high);

    /// <summary>The nearest integer, the even one of two.</summary>
    /// <remarks>ILGPU's MathF.Round gives 1 for 1.5.</remarks>
    public static float Round(float x)
    {
        // Written as a fused product: ILGPU combines (x + c) − c.
        float rounded = FusedMultiplyAdd(MathF.Abs(x), 1f, Rounder) - Rounder;
        // The sign comes last: LLVM 18, in PoCL, miscompiles the choice between a number and another one with its sign.
        return CopySign(MathF.Abs(x) < Rounder ? rounded : x, x);
    }

    /// <summary>The largest integer that is not larger.</summary>
    public static float Floor(float x)
    {
        float rounded = Round(x);
        return rounded > x ? rounded - 1f : rounded;
    }

    /// <summary>The magnitude of one number with the sign of another.</summary>
    public static float CopySign(float x, float sign) => FromBits((Bits(x) & 0x7fffffff) | (Bits(sign) & int.MinValue));

    /// <summary>One by the square root.</summary>
    public static float Rsqrt(float x) => 1f / MathF.Sqrt(x);

    /// <summary>Rounds up a ÷ b, for a ≥ 0 and b > 0.</summary>
    public static int DivideUp(int a, int b) => (a + b - 1) / b;

    /// <summary>Whether this is no number.</summary>
    public static bool IsNaN(float x) => (Bits(x) & int.MaxValue) > 0x7f800000;

    /// <summary>A number's bits.</summary>
    public static int Bits(float x) => (int)Interop.FloatAsInt(x);

    /// <summary>The number with these bits.</summary>
    public static float FromBits(int bits) => Interop.IntAsFloat((uint)bits);
}
