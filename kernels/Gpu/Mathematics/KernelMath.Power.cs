namespace Fovea.Gpu.Mathematics;

/// <content>Powers of any base.</content>
public static partial class KernelMath
{
    /// <summary>x to the power y; zeros, infinities, NaN and negative bases as in C (ISO C, annex F.10.4.4).</summary>
    /// <remarks>2 to the power y · log2 |x|, with the logarithm and the product as pairs of floats.</remarks>
    public static float Pow(float x, float y)
    {
        if (y == 0 || x == 1) return 1;
        if (IsNaN(x) || IsNaN(y)) return x + y;
        float size = MathF.Abs(x), result;
        if (size == 1 && MathF.Abs(y) == float.PositiveInfinity) return 1;
        if (size == 0 || size == float.PositiveInfinity) result = (size == 0) == (y < 0) ? float.PositiveInfinity : 0;
        else if (MathF.Abs(y) == float.PositiveInfinity) result = (size < 1) == (y < 0) ? float.PositiveInfinity : 0;
        else result = PowOfPositive(size, y);
        if (Bits(x) >= 0) return result;
        float half = 0.5f * y;
        if (Floor(y) != y) return size == 0 || size == float.PositiveInfinity ? result : float.NaN;
        return Floor(half) != half ? -result : result;
    }

    private static float PowOfPositive(float x, float y)
    {
        float logHigh = Log2InTwoParts(x, out float logLow);
        float high = y * logHigh, low = FusedMultiplyAdd(y, logLow, FusedMultiplyAdd(y, logHigh, -high));
        if (MathF.Abs(high) > 200) (high, low) = (CopySign(200, high), 0);
        float n = Round(high), r = high - n;
        float exponent = FusedMultiplyAdd(r, Ln2, FusedMultiplyAdd(r, Ln2Rest, low * Ln2));
        return Scale(ExpOfSmall(exponent), (int)n);
    }

    // log2 x within 2^-40: x = 2ⁿ m, and log m = 2 artanh s = 2 s (1 + s²/3 + s⁴ T(s²)) with s = (m − 1) / (m + 1), in pairs
    // of floats but for T.
    private static float Log2InTwoParts(float x, out float low)
    {
        float m = Split(x, out float n);
        float above = m - 1f, below = FusedMultiplyAdd(m, 1f, 1f), belowLow = m - (below - 1f);
        float s = above / below;
        float sLow = FusedMultiplyAdd(-s, belowLow, FusedMultiplyAdd(-s, below, above)) / below;
        float z = s * s, zLow = FusedMultiplyAdd(2 * s, sLow, FusedMultiplyAdd(s, s, -z));
        float tail = z * FusedMultiplyAdd(FusedMultiplyAdd(0.117099104f, z, 0.142735418f), z, 0.200000763f);

        // 1/3 + tail, times z.
        const float third = 0.333333343f, thirdRest = -9.93410776e-9f;
        float c = third + tail, cLow = tail - (c - third) + thirdRest;
        float u = z * c, uLow = FusedMultiplyAdd(z, cLow, FusedMultiplyAdd(zLow, c, FusedMultiplyAdd(z, c, -u)));

        // s + s u.
        float v = s * u, vLow = FusedMultiplyAdd(s, uLow, FusedMultiplyAdd(sLow, u, FusedMultiplyAdd(s, u, -v)));
        float l = s + v, lLow = v - (l - s) + (vLow + sLow);

        // Times 2 log2 e, plus n.
        const float factor = 2.88539004f, factorRest = 3.85192607e-8f;
        float p = l * factor, pLow = FusedMultiplyAdd(l, factorRest, FusedMultiplyAdd(lLow, factor, FusedMultiplyAdd(l, factor, -p)));
        float high = n + p;
        low = p - (high - n) + pLow;
        return high;
    }
}
