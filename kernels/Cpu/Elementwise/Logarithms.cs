using System.Runtime.CompilerServices;

namespace Fovea.Cpu.Elementwise;

/// <summary>The natural logarithm: x = 2ⁿ (1 + f) with √½ ≤ 1 + f &lt; √2, then n ln 2 + log (1 + f).</summary>
internal readonly struct NaturalLogarithm : IUnaryFunction
{
    private const float Ln2 = 0.693147182f, Ln2Rest = -1.90465421e-9f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Of<TLanes>(TLanes x)
        where TLanes : unmanaged, IFunctionLanes<TLanes> =>
        TLanes.ArePositiveNormal(x) ? OfNormal(TLanes.Split(x, out TLanes n), n) : OfAny(x);

    /// <summary>x = 2ⁿ m with √½ ≤ m &lt; √2, for positive finite x, also subnormal ones.</summary>
    /// <returns>m.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Split<TLanes>(TLanes x, out TLanes n)
        where TLanes : unmanaged, IFunctionLanes<TLanes>
    {
        TLanes isSubnormal = TLanes.LessThan(x, TLanes.Create(1.17549435e-38f));
        TLanes m = TLanes.Split(TLanes.Select(isSubnormal, x * TLanes.Create(8388608f), x), out n);
        n = n - (isSubnormal & TLanes.Create(23f));
        return m;
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static TLanes OfAny<TLanes>(TLanes x)
        where TLanes : unmanaged, IFunctionLanes<TLanes> => WithLimits(x, OfNormal(Split(x, out TLanes n), n));

    /// <summary>A logarithm of x, and what it is where x is not positive and finite.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes WithLimits<TLanes>(TLanes x, TLanes result)
        where TLanes : unmanaged, IFunctionLanes<TLanes>
    {
        TLanes zero = TLanes.Create(0f);
        TLanes limit = TLanes.Select(TLanes.LessThan(x, zero), TLanes.Create(float.NaN), x);
        limit = TLanes.Select(TLanes.Equal(x, zero), TLanes.Create(float.NegativeInfinity), limit);
        TLanes isUsual = TLanes.LessThan(zero, x) & TLanes.LessThan(x, TLanes.Create(float.PositiveInfinity));
        return TLanes.Select(isUsual, result, limit);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes OfNormal<TLanes>(TLanes m, TLanes n)
        where TLanes : unmanaged, IFunctionLanes<TLanes>
    {
        TLanes f = m - TLanes.Create(1f);
        return TLanes.MultiplyAdd(n, TLanes.Create(Ln2), f + TLanes.MultiplyAdd(n, TLanes.Create(Ln2Rest), Tail(f)));
    }

    /// <summary>log (1 + f) − f = −f² / 2 + f³ P(f), within 2^-27.3 of the logarithm.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Tail<TLanes>(TLanes f)
        where TLanes : unmanaged, IFunctionLanes<TLanes>
    {
        TLanes p = TLanes.MultiplyAdd(TLanes.Create(-0.0763446268f), f, TLanes.Create(0.127615579f));
        p = TLanes.MultiplyAdd(p, f, TLanes.Create(-0.131601871f));
        p = TLanes.MultiplyAdd(p, f, TLanes.Create(0.142017617f));
        p = TLanes.MultiplyAdd(p, f, TLanes.Create(-0.166233573f));
        p = TLanes.MultiplyAdd(p, f, TLanes.Create(0.200012267f));
        p = TLanes.MultiplyAdd(p, f, TLanes.Create(-0.25000821f));
        p = TLanes.MultiplyAdd(p, f, TLanes.Create(0.333333317f));
        TLanes square = f * f;
        return TLanes.MultiplyAdd(TLanes.Create(-0.5f), square, f * square * p);
    }
}

/// <summary>The natural logarithm of 1 + x; accurate near zero.</summary>
internal readonly struct LogarithmOfOnePlus : IUnaryFunction
{
    private const float Ln2 = 0.693147182f, Ln2Rest = -1.90465421e-9f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Of<TLanes>(TLanes x)
        where TLanes : unmanaged, IFunctionLanes<TLanes>
    {
        TLanes one = TLanes.Create(1f), zero = TLanes.Create(0f), sum = x + one;
        TLanes f = NaturalLogarithm.Split(sum, out TLanes n) - one;
        // What rounding the sum has lost, relative to it. Without a power of two x itself is f.
        TLanes lost = TLanes.Select(TLanes.LessThan(x, one), x - (sum - one), one - (sum - x)) / sum, isExact = TLanes.Equal(n, zero);
        f = TLanes.Select(isExact, x, f);
        lost = TLanes.Select(isExact, zero, lost);
        TLanes rest = TLanes.MultiplyAdd(n, TLanes.Create(Ln2Rest), NaturalLogarithm.Tail(f)) + lost;
        TLanes result = NaturalLogarithm.WithLimits(sum, TLanes.MultiplyAdd(n, TLanes.Create(Ln2), f + rest));
        return TLanes.Select(TLanes.LessThan(TLanes.Abs(x), TLanes.Create(1e-8f)), x, result);
    }
}

/// <summary>x to the power y; zeros, infinities, NaN and negative bases as in C (ISO C, annex F.10.4.4).</summary>
/// <remarks>2 to the power y · log2 |x|, with the logarithm and the product as pairs of floats.</remarks>
internal readonly struct Power : IBinaryFunction
{
    private const float Ln2 = 0.693147182f, Ln2Rest = -1.90465421e-9f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Of<TLanes>(TLanes x, TLanes y)
        where TLanes : unmanaged, IFunctionLanes<TLanes>
    {
        if (!ProductSum.IsFused) return OneByOne(x, y);
        if (!TLanes.ArePositiveNormal(x) || !TLanes.AreFinite(y)) return OfAny(x, y);
        TLanes m = TLanes.Split(x, out TLanes n), high = Logarithm(m, n, out TLanes low);
        return Exponent(y, high, low);
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static TLanes OfAny<TLanes>(TLanes x, TLanes y)
        where TLanes : unmanaged, IFunctionLanes<TLanes>
    {
        TLanes zero = TLanes.Create(0f), one = TLanes.Create(1f), infinity = TLanes.Create(float.PositiveInfinity), size = TLanes.Abs(x);
        TLanes m = NaturalLogarithm.Split(size, out TLanes n), logHigh = Logarithm(m, n, out TLanes logLow);
        TLanes isZero = TLanes.Equal(size, zero), isLimit = isZero | TLanes.Equal(size, infinity);
        // The logarithms of 0 and ∞; the rest then has no number, and is not used.
        logHigh = TLanes.Select(isLimit, TLanes.Select(isZero, -infinity, infinity), logHigh);
        TLanes result = Exponent(y, logHigh, logLow);

        TLanes isNegative = TLanes.Equal(TLanes.CopySign(one, x), -one), half = TLanes.Create(0.5f) * y;
        TLanes isWhole = TLanes.Equal(TLanes.Round(y), y), isEven = TLanes.Equal(TLanes.Round(half), half);
        // Without a fraction: odd ones change the sign. With one, only 0 and ∞ have a power.
        TLanes signed = TLanes.Select(isEven, result, -result);
        TLanes broken = TLanes.Select(isLimit, result, TLanes.Create(float.NaN));
        result = TLanes.Select(isNegative, TLanes.Select(isWhole, signed, broken), result);

        TLanes isOne = TLanes.Equal(y, zero) | TLanes.Equal(x, one);
        isOne = isOne | (TLanes.Equal(size, one) & TLanes.Equal(TLanes.Abs(y), infinity));
        TLanes isNumber = TLanes.Equal(x, x) & TLanes.Equal(y, y);
        return TLanes.Select(isOne, one, TLanes.Select(isNumber, result, x + y));
    }

    // 2 to the power y · (logHigh + logLow).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes Exponent<TLanes>(TLanes y, TLanes logHigh, TLanes logLow)
        where TLanes : unmanaged, IFunctionLanes<TLanes>
    {
        TLanes bound = TLanes.Create(200f);
        TLanes high = y * logHigh, low = TLanes.MultiplyAdd(y, logLow, ProductRest(y, logHigh, high));
        TLanes isBeyond = TLanes.LessThan(bound, TLanes.Abs(high));
        low = TLanes.Select(isBeyond, TLanes.Create(0f), low);
        high = TLanes.Select(isBeyond, TLanes.CopySign(bound, high), high);
        TLanes n = TLanes.Round(high), r = high - n;
        TLanes power = TLanes.MultiplyAdd(r, TLanes.Create(Ln2), TLanes.MultiplyAdd(r, TLanes.Create(Ln2Rest), low * TLanes.Create(Ln2)));
        return TLanes.Scale(Exponential.OfSmall(power), n);
    }

    // log2 (2ⁿ m) within 2^-40: log m = 2 artanh s = 2 s (1 + s²/3 + s⁴ T(s²)) with s = (m − 1) / (m + 1), in pairs
    // of floats but for T.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes Logarithm<TLanes>(TLanes m, TLanes n, out TLanes low)
        where TLanes : unmanaged, IFunctionLanes<TLanes>
    {
        TLanes one = TLanes.Create(1f);
        TLanes above = m - one, below = m + one, belowLow = m - (below - one);
        TLanes s = above / below;
        TLanes sLow = TLanes.SubtractProduct(s, belowLow, TLanes.SubtractProduct(s, below, above)) / below;
        TLanes z = s * s, zLow = TLanes.MultiplyAdd(s + s, sLow, ProductRest(s, s, z));
        TLanes tail = TLanes.MultiplyAdd(TLanes.Create(0.117099104f), z, TLanes.Create(0.142735418f));
        tail = z * TLanes.MultiplyAdd(tail, z, TLanes.Create(0.200000763f));

        // 1/3 + tail, times z.
        TLanes third = TLanes.Create(0.333333343f), thirdRest = TLanes.Create(-9.93410776e-9f);
        TLanes c = third + tail, cLow = tail - (c - third) + thirdRest;
        TLanes u = z * c, uLow = TLanes.MultiplyAdd(z, cLow, TLanes.MultiplyAdd(zLow, c, ProductRest(z, c, u)));

        // s + s u.
        TLanes v = s * u, vLow = TLanes.MultiplyAdd(s, uLow, TLanes.MultiplyAdd(sLow, u, ProductRest(s, u, v)));
        TLanes l = s + v, lLow = v - (l - s) + (vLow + sLow);

        // Times 2 log2 e, plus n.
        TLanes factor = TLanes.Create(2.88539004f), factorRest = TLanes.Create(3.85192607e-8f), p = l * factor;
        TLanes pLow = TLanes.MultiplyAdd(l, factorRest, TLanes.MultiplyAdd(lLow, factor, ProductRest(l, factor, p)));
        TLanes high = n + p;
        low = p - (high - n) + pLow;
        return high;
    }

    // a · b − product, exactly: what rounding the product has lost.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes ProductRest<TLanes>(TLanes a, TLanes b, TLanes product)
        where TLanes : unmanaged, IFunctionLanes<TLanes> => TLanes.MultiplyAdd(a, b, -product);

    // Without fused products, what rounding has lost costs more than the library's function.
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static unsafe TLanes OneByOne<TLanes>(TLanes x, TLanes y)
        where TLanes : unmanaged, IFunctionLanes<TLanes>
    {
        float* bases = (float*)&x, exponents = (float*)&y;
        for (int i = 0; i < TLanes.Count; i++) bases[i] = MathF.Pow(bases[i], exponents[i]);
        return x;
    }
}
