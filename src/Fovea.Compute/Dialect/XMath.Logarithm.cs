namespace Fovea.Compute.Dialect;

/// <content>Logarithms.</content>
public static partial class XMath
{
    // The bits of √½.
    private const int SqrtHalf = 0x3f3504f3;

    /// <summary>The natural logarithm.</summary>
    /// <remarks>x = 2ⁿ (1 + f) with √½ ≤ 1 + f &lt; √2, then n ln 2 + log (1 + f).</remarks>
    public static float Log(float x)
    {
        float f = Split(x, out float n) - 1;
        float result = MathF.FusedMultiplyAdd(n, Ln2, f + MathF.FusedMultiplyAdd(n, Ln2Rest, LogTail(f)));
        return LogLimits(x, result);
    }

    /// <summary>The logarithm to base 2.</summary>
    public static float Log2(float x)
    {
        float f = Split(x, out float n) - 1;
        float high = f * Log2OfE, low = MathF.FusedMultiplyAdd(f, Log2OfERest, MathF.FusedMultiplyAdd(f, Log2OfE, -high));
        return LogLimits(x, n + (high + MathF.FusedMultiplyAdd(LogTail(f), Log2OfE, low)));
    }

    /// <summary>The natural logarithm of 1 + x; accurate near zero.</summary>
    public static float Log1p(float x)
    {
        if (MathF.Abs(x) < 1e-8f) return x;
        float sum = 1 + x;
        float f = Split(sum, out float n) - 1;
        // What rounding the sum has lost, relative to it. Without a power of two x itself is f.
        float lost = (x < 1 ? x - (sum - 1) : 1 - (sum - x)) / sum;
        if (n == 0) (f, lost) = (x, 0);
        float result = MathF.FusedMultiplyAdd(n, Ln2, f + (MathF.FusedMultiplyAdd(n, Ln2Rest, LogTail(f)) + lost));
        return LogLimits(sum, result);
    }

    // x = 2ⁿ m with √½ ≤ m < √2, for positive finite x.
    private static float Split(float x, out float n)
    {
        bool isSubnormal = x < 1.17549435e-38f;
        int bits = BitConverter.SingleToInt32Bits(isSubnormal ? x * 8388608 : x);
        int exponent = (bits - SqrtHalf) >> 23;
        n = isSubnormal ? exponent - 23 : exponent;
        return BitConverter.Int32BitsToSingle(bits - (exponent << 23));
    }

    // log (1 + f) − f = −f² / 2 + f³ P(f), within 2^-27.3 of the logarithm.
    private static float LogTail(float f)
    {
        float p = MathF.FusedMultiplyAdd(-0.0763446268f, f, 0.127615579f);
        p = MathF.FusedMultiplyAdd(p, f, -0.131601871f);
        p = MathF.FusedMultiplyAdd(p, f, 0.142017617f);
        p = MathF.FusedMultiplyAdd(p, f, -0.166233573f);
        p = MathF.FusedMultiplyAdd(p, f, 0.200012267f);
        p = MathF.FusedMultiplyAdd(p, f, -0.25000821f);
        p = MathF.FusedMultiplyAdd(p, f, 0.333333317f);
        float square = f * f;
        return MathF.FusedMultiplyAdd(-0.5f, square, f * square * p);
    }

    private static float LogLimits(float x, float result)
    {
        if (x > 0 && x < float.PositiveInfinity) return result;
        return x == 0 ? float.NegativeInfinity : x < 0 ? float.NaN : x;
    }
}
