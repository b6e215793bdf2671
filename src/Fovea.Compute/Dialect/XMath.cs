namespace Fovea.Compute.Dialect;

/// <summary>
/// Mathematical functions for kernels, in C#: the same bits on every device. Errors are at most 2 units in the last place over all
/// floats, subnormal ones included; NaN, infinities and zeros give what C's functions give.
/// </summary>
/// <remarks>
/// <para>Only operations that every device rounds the same are used: +, −, ×, ÷, square root, fused multiply-add and integers. The
/// polynomials are minimax ones (Remez exchange, 40 digits, then rounded to floats).</para>
/// <para>The largest errors found, in units in the last place, over all floats: Exp 0.91, Exp2 0.93, Expm1 1.51, Log 0.89, Log1p 0.99, Log2 1.13, Tanh
/// 1.59, Sin and Cos 1.54, Rsqrt 1.49; over every seventh: Sigmoid 1.48, Erf 1.15; over 230 million pairs: Pow 0.94.</para>
/// </remarks>
public static partial class XMath
{
    /// <summary>π.</summary>
    public const float PI = MathF.PI;

    /// <summary>The base of the natural logarithm.</summary>
    public const float E = MathF.E;

    // ln 2 and log2 e, each as the nearest float and what it leaves.
    private const float Ln2 = 0.693147182f, Ln2Rest = -1.90465421e-9f;
    private const float Log2OfE = 1.44269502f, Log2OfERest = 1.92596303e-8f;

    /// <summary>The magnitude.</summary>
    public static float Abs(float x) => MathF.Abs(x);

    /// <summary>The magnitude.</summary>
    public static int Abs(int x) => x < 0 ? -x : x;

    /// <summary>The smaller; NaN if either is, and −0 before +0.</summary>
    public static float Min(float a, float b) => MathF.Min(a, b);

    /// <summary>The smaller.</summary>
    public static int Min(int a, int b) => Math.Min(a, b);

    /// <summary>The larger; NaN if either is, and +0 before −0.</summary>
    public static float Max(float a, float b) => MathF.Max(a, b);

    /// <summary>The larger.</summary>
    public static int Max(int a, int b) => Math.Max(a, b);

    /// <summary>The nearest value from low to high; NaN if x is.</summary>
    public static float Clamp(float x, float low, float high) => MathF.Min(MathF.Max(x, low), high);

    /// <summary>The nearest value from low to high.</summary>
    public static int Clamp(int x, int low, int high) => Math.Min(Math.Max(x, low), high);

    /// <summary>The largest integer that is not larger.</summary>
    public static float Floor(float x) => MathF.Floor(x);

    /// <summary>The smallest integer that is not smaller.</summary>
    public static float Ceiling(float x) => MathF.Ceiling(x);

    /// <summary>The nearest integer, the even one of two.</summary>
    public static float Round(float x) => MathF.Round(x);

    /// <summary>The integer part.</summary>
    public static float Truncate(float x) => MathF.Truncate(x);

    /// <summary>The magnitude of one number with the sign of another.</summary>
    public static float CopySign(float x, float sign) => MathF.CopySign(x, sign);

    /// <summary>The square root, correctly rounded.</summary>
    public static float Sqrt(float x) => MathF.Sqrt(x);

    /// <summary>One by the square root.</summary>
    public static float Rsqrt(float x) => 1 / MathF.Sqrt(x);

    /// <summary>a · b + c, rounded once.</summary>
    public static float FusedMultiplyAdd(float a, float b, float c) => MathF.FusedMultiplyAdd(a, b, c);

    /// <summary>Rounds up a ÷ b, for a ≥ 0 and b > 0.</summary>
    public static int DivideUp(int a, int b) => (a + b - 1) / b;
}
