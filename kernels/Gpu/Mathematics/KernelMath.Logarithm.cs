namespace Fovea.Gpu.Mathematics;

/// <content>Logarithms.</content>
public static partial class KernelMath
{
    // The bits of √½.
    private const int SqrtHalf = 0x3f3504f3;

    /// <summary>The natural logarithm.</summary>
    /// <remarks>x = 2ⁿ (1 + f) with √½ ≤ 1 + f &lt; √2, then n ln 2 + log (1 + f).</remarks>
    public static float Log(float x)
    {
        float f = Split(x, out float n) - 1;
        float result = FusedMultiplyAdd(n, Ln2, f + FusedMultiplyAdd(n, Ln2Rest, LogTail(f)));
        return LogLimits(x, result);
    }

    /// <summary>The logarithm to base 2.</summary>
    public static float Log2(float x)
    {
        float f = Split(x, out float n) - 1;
        float high = f * Log2OfE, low = FusedMultiplyAdd(f, Log2OfERest, FusedMultiplyAdd(f, Log2OfE, -high));
        return LogLimits(x, n + (high + FusedMultiplyAdd(LogTail(f), Log2OfE, low)));
    }

    /// <summary>The natural logarithm of 1 + x; accurate near zero.</summary>
    public static float Log1p(float x)
    {
        if (MathF.Abs(x) < 1e-8f) return x;
        // A fused product: ILGPU combines the constants of (x + 1) − 1.
        float sum = FusedMultiplyAdd(x, 1f, 1f);
        float f = Split(sum, out float n) - 1;
        // What rounding the sum has lost, relative to it. Without a power of two x itself is f.
        float lost = (x < 1 ? x - (sum - 1) : 1 - (sum - x)) / sum;
        if (n == 0f)
        {
            f = x;
            lost = 0f;
        }
        float result = FusedMultiplyAdd(n, Ln2, f + (FusedMultiplyAdd(n, Ln2Rest, LogTail(f)) + lost));
        return LogLimits(sum, result);
    }

    // x = 2ⁿ m with √½ ≤ m < √2, for positive finite x.
    private static float Split(float x, out float n)
    {
        bool isSubnormal = x < 1.17549435e-38f;
        int bits = Bits(isSubnormal ? x * 8388608 : x);
        int exponent = (bits - SqrtHalf) >> 23;
        n = isSubnormal ? exponent - 23 : exponent;
        return FromBits(bits - (exponent << 23));
    }

    // log (1 + f) − f = −f² / 2 + f³ P(f), within 2^-27.3 of the logarithm.
    private static float LogTail(float f)
    {
        float p = FusedMultiplyAdd(-0.0763446268f, f, 0.127615579f);
        p = FusedMultiplyAdd(p, f, -0.131601871f);
        p = FusedMultiplyAdd(p, f, 0.142017617f);
        p = FusedMultiplyAdd(p, f, -0.166233573f);
        p = FusedMultiplyAdd(p, f, 0.200012267f);
        p = FusedMultiplyAdd(p, f, -0.25000821f);
        p = FusedMultiplyAdd(p, f, 0.333333317f);
        float square = f * f;
        return FusedMultiplyAdd(-0.5f, square, f * square * p);
    }

    private static float LogLimits(float x, float result)
    {
        if (x > 0 && x < float.PositiveInfinity) return result;
        return x == 0 ? float.NegativeInfinity : x < 0 ? float.NaN : x;
    }
}
