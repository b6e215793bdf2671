namespace Fovea.Gpu.Mathematics;

/// <content>Sine and cosine.</content>
public static partial class KernelMath
{
    /// <summary>The sine of an angle in radians, of any size.</summary>
    public static float Sin(float x)
    {
        float r = Reduce(x, out int quadrant);
        float result = (quadrant & 1) != 0 ? CosOfSmall(r) : SinOfSmall(r);
        // The reduction loses the sign of −0.
        return x == 0 ? x : (quadrant & 2) != 0 ? -result : result;
    }

    /// <summary>The cosine of an angle in radians, of any size.</summary>
    public static float Cos(float x)
    {
        float r = Reduce(x, out int quadrant);
        float result = (quadrant & 1) != 0 ? SinOfSmall(r) : CosOfSmall(r);
        return ((quadrant + 1) & 2) != 0 ? -result : result;
    }

    // x = quadrant · π/2 + r with |r| ≤ π/4. Up to 10⁵ by Cody and Waite: π/2 in three floats, subtracted by fused multiply-adds, of
    // which the first is exact.
    private static float Reduce(float x, out int quadrant)
    {
        if (MathF.Abs(x) > 1e5f) return ReduceLarge(x, out quadrant);
        float n = Round(x * 0.636619747f);
        quadrant = (int)n;
        float r = FusedMultiplyAdd(n, 4.37113883e-8f, FusedMultiplyAdd(n, -1.57079637f, x));
        return FusedMultiplyAdd(n, 1.71512451e-15f, r);
    }

    // Payne and Hanek: x · 2/π modulo 4 as an integer product. x is a 24-bit integer times a power of two; of 2/π it takes 96 bits,
    // beginning where a bit stands for less than 4 turns of a quadrant.
    private static float ReduceLarge(float x, out int quadrant)
    {
        int bits = Bits(x) & 0x7fffffff;
        uint mantissa = (uint)(bits & 0x7fffff) | 0x800000;
        int first = (bits >> 23) - 150 + 30, word = first >> 5, shift = first & 31;
        uint a = Shifted(word, shift), b = Shifted(word + 1, shift), c = Shifted(word + 2, shift);
        ulong middle = ((ulong)mantissa * b) + (((ulong)mantissa * c) >> 32);
        ulong product = ((ulong)((mantissa * a) + (uint)(middle >> 32)) << 32) | (uint)middle;
        ulong nearest = (product + (1UL << 61)) >> 62;
        long fraction = (long)(product - (nearest << 62));

        // 2⁻⁶² π/2 in two parts.
        const float scale = 3.40612167e-19f, scaleRest = -9.4783968e-27f;
        float high = fraction, low = fraction - (long)high;
        float r = FusedMultiplyAdd(high, scale, FusedMultiplyAdd(high, scaleRest, low * scale));
        quadrant = x < 0 ? -(int)nearest : (int)nearest;
        if (bits >= 0x7f800000) return float.NaN;
        return x < 0 ? -r : r;
    }

    private static uint Shifted(int word, int shift) => (uint)((((ulong)TwoByPi(word) << 32) | TwoByPi(word + 1)) >> (32 - shift));

    // The bits of 2/π after 32 zeros.
    private static uint TwoByPi(int word) => word switch
    {
        1 => 0xA2F9836E,
        2 => 0x4E441529,
        3 => 0xFC2757D1,
        4 => 0xF534DDC0,
        5 => 0xDB629599,
        6 => 0x3C439041,
        7 => 0xFE5163AB,
        _ => 0,
    };

    private static float SinOfSmall(float r)
    {
        float z = r * r;
        float p = FusedMultiplyAdd(FusedMultiplyAdd(-0.000195166558f, z, 0.00833217354f), z, -0.166666549f);
        return FusedMultiplyAdd(r * z, p, r);
    }

    private static float CosOfSmall(float r)
    {
        float z = r * r;
        float p = FusedMultiplyAdd(FusedMultiplyAdd(2.4437731e-5f, z, -0.00138873615f), z, 0.0416666467f);
        return FusedMultiplyAdd(z, FusedMultiplyAdd(p, z, -0.5f), 1);
    }
}
