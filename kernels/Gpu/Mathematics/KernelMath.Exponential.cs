namespace Fovea.Gpu.Mathematics;

/// <content>Powers of e and 2, and what is made of them.</content>
public static partial class KernelMath
{
    /// <summary>e to a power.</summary>
    /// <remarks>x = n ln 2 + r with |r| ≤ ½ ln 2 (Cody and Waite, ln 2 in two parts), then 2ⁿ · eʳ.</remarks>
    public static float Exp(float x)
    {
        float bounded = Min(Max(x, -105), 89);
        float n = Round(bounded * Log2OfE);
        float r = FusedMultiplyAdd(n, -Ln2Rest, FusedMultiplyAdd(n, -Ln2, bounded));
        return Scale(ExpOfSmall(r), (int)n);
    }

    /// <summary>2 to a power.</summary>
    public static float Exp2(float x)
    {
        float bounded = Min(Max(x, -151), 129);
        float n = Round(bounded), r = bounded - n;
        return Scale(ExpOfSmall(FusedMultiplyAdd(r, Ln2, r * Ln2Rest)), (int)n);
    }

    /// <summary>e to a power, less one; accurate near zero.</summary>
    public static float Expm1(float x)
    {
        if (MathF.Abs(x) < 1e-8f) return x;
        float bounded = Min(Max(x, -20), 89);
        float n = Round(bounded * Log2OfE);
        float r = FusedMultiplyAdd(n, -Ln2Rest, FusedMultiplyAdd(n, -Ln2, bounded));
        float rest = FusedMultiplyAdd(r * r, ExpTail(r), r);
        // 2ⁿ (rest + 1) − 1; the half keeps 2¹²⁸ out.
        float half = PowerOf2((int)n - 1);
        return 2 * FusedMultiplyAdd(rest, half, half - 0.5f);
    }

    /// <summary>1 / (1 + e⁻ˣ).</summary>
    public static float Sigmoid(float x)
    {
        // The exponential of −|x| never overflows, and for negative x the quotient keeps its small results.
        float power = Exp(-MathF.Abs(x)), above = x < 0f ? power : 1f;
        float below = FusedMultiplyAdd(power, 1f, 1f), belowLow = power - (below - 1f), inverse = 1f / below;
        float quotient = above * inverse;
        return FusedMultiplyAdd(FusedMultiplyAdd(-quotient, belowLow, FusedMultiplyAdd(-quotient, below, above)), inverse, quotient);
    }

    /// <summary>The hyperbolic tangent.</summary>
    public static float Tanh(float x)
    {
        float size = MathF.Abs(x), result;
        if (size < 0.55f)
        {
            float u = x * x;
            float p = FusedMultiplyAdd(-0.00619872952f, u, 0.0210205595f);
            p = FusedMultiplyAdd(p, u, -0.0538405204f);
            p = FusedMultiplyAdd(p, u, 0.133324806f);
            p = FusedMultiplyAdd(p, u, -0.333333147f);
            result = FusedMultiplyAdd(size * u, p, size);
        }
        else
        {
            result = 1f - (2f / (Exp(2f * Min(size, 10f)) + 1f));
        }
        return CopySign(result, x);
    }

    // eʳ for |r| ≤ ½ ln 2, within 2^-27.8.
    private static float ExpOfSmall(float r) => FusedMultiplyAdd(FusedMultiplyAdd(ExpTail(r), r, 1), r, 1);

    // (eʳ − 1 − r) / r².
    private static float ExpTail(float r)
    {
        float p = FusedMultiplyAdd(0.0014036044f, r, 0.0083722854f);
        p = FusedMultiplyAdd(p, r, 0.0416655503f);
        p = FusedMultiplyAdd(p, r, 0.166664883f);
        return FusedMultiplyAdd(p, r, 0.5f);
    }

    // x · 2ⁿ for −252 ≤ n ≤ 254, in two steps, so that results may be subnormal or infinite.
    private static float Scale(float x, int n) => x * PowerOf2(n >> 1) * PowerOf2(n - (n >> 1));

    private static float PowerOf2(int n) => FromBits((n + 127) << 23);
}
