using System.Runtime.CompilerServices;

namespace Fovea.Cpu.Elementwise;

/// <summary>e to a power: x = n ln 2 + r with |r| ≤ ½ ln 2 (Cody and Waite, ln 2 in two parts), then 2ⁿ · eʳ.</summary>
/// <remarks>These functions are those of the GPU's kernels, step by step, and give their bits where products are fused.</remarks>
internal readonly struct Exponential : IUnaryFunction
{
    // ln 2 as the nearest float and what it leaves, for fused products. Else the first part has ten bits, so that its products with n
    // are exact.
    private const float Ln2 = 0.693147182f, Ln2Rest = -1.90465421e-9f;
    private const float ShortLn2 = 0.693359375f, ShortLn2Rest = -2.12194440e-4f;
    private const float Log2OfE = 1.44269502f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Of<TLanes>(TLanes x)
        where TLanes : unmanaged, IFunctionLanes<TLanes>
    {
        TLanes r = Reduce(TLanes.AtMost(TLanes.Create(89f), TLanes.AtLeast(TLanes.Create(-105f), x)), out TLanes n);
        return TLanes.Scale(OfSmall(r), n);
    }

    /// <summary>x = n ln 2 + r.</summary>
    /// <returns>r.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Reduce<TLanes>(TLanes x, out TLanes n)
        where TLanes : unmanaged, IFunctionLanes<TLanes>
    {
        n = TLanes.Round(x * TLanes.Create(Log2OfE));
        TLanes r = TLanes.MultiplyAdd(n, TLanes.Create(ProductSum.IsFused ? -Ln2 : -ShortLn2), x);
        return TLanes.MultiplyAdd(n, TLanes.Create(ProductSum.IsFused ? -Ln2Rest : -ShortLn2Rest), r);
    }

    /// <summary>eʳ for |r| ≤ ½ ln 2, within 2^-27.8.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes OfSmall<TLanes>(TLanes r)
        where TLanes : unmanaged, IFunctionLanes<TLanes>
    {
        TLanes one = TLanes.Create(1f);
        return TLanes.MultiplyAdd(TLanes.MultiplyAdd(Tail(r), r, one), r, one);
    }

    /// <summary>(eʳ − 1 − r) / r².</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Tail<TLanes>(TLanes r)
        where TLanes : unmanaged, IFunctionLanes<TLanes>
    {
        TLanes p = TLanes.MultiplyAdd(TLanes.Create(0.0014036044f), r, TLanes.Create(0.0083722854f));
        p = TLanes.MultiplyAdd(p, r, TLanes.Create(0.0416655503f));
        p = TLanes.MultiplyAdd(p, r, TLanes.Create(0.166664883f));
        return TLanes.MultiplyAdd(p, r, TLanes.Create(0.5f));
    }
}

/// <summary>e to a power, less one; accurate near zero.</summary>
internal readonly struct ExponentialLessOne : IUnaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Of<TLanes>(TLanes x)
        where TLanes : unmanaged, IFunctionLanes<TLanes>
    {
        TLanes bounded = TLanes.AtMost(TLanes.Create(89f), TLanes.AtLeast(TLanes.Create(-20f), x));
        TLanes r = Exponential.Reduce(bounded, out TLanes n);
        TLanes rest = TLanes.MultiplyAdd(r * r, Exponential.Tail(r), r);
        // 2ⁿ (rest + 1) − 1; the half keeps 2¹²⁸ out.
        TLanes half = TLanes.PowerOf2(n - TLanes.Create(1f));
        TLanes result = TLanes.Create(2f) * TLanes.MultiplyAdd(rest, half, half - TLanes.Create(0.5f));
        return TLanes.Select(TLanes.LessThan(TLanes.Abs(x), TLanes.Create(1e-8f)), x, result);
    }
}

/// <summary>1 / (1 + e⁻ˣ).</summary>
internal readonly struct Logistic : IUnaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Of<TLanes>(TLanes x)
        where TLanes : unmanaged, IFunctionLanes<TLanes>
    {
        // The exponential of −|x| never overflows, and for negative x the quotient keeps its small results.
        TLanes one = TLanes.Create(1f);
        TLanes r = Exponential.Reduce(TLanes.AtLeast(TLanes.Create(-105f), -TLanes.Abs(x)), out TLanes n);
        TLanes power = TLanes.Scale(Exponential.OfSmall(r), n), above = TLanes.Select(TLanes.LessThan(x, TLanes.Create(0f)), power, one);
        TLanes below = power + one;
        if (!ProductSum.IsFused) return above / below;
        TLanes belowLow = power - (below - one), inverse = one / below, quotient = above * inverse;
        TLanes rest = TLanes.SubtractProduct(quotient, belowLow, TLanes.SubtractProduct(quotient, below, above));
        return TLanes.MultiplyAdd(rest, inverse, quotient);
    }
}

/// <summary>The error function: x + x P(x²) near zero, else 1 − exp Q(|x|) with the sign of x.</summary>
internal readonly struct ErrorFunction : IUnaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Of<TLanes>(TLanes x)
        where TLanes : unmanaged, IFunctionLanes<TLanes>
    {
        TLanes size = TLanes.Abs(x), u = x * x;
        TLanes p = TLanes.MultiplyAdd(TLanes.Create(8.40992929e-5f), u, TLanes.Create(-0.000815263026f));
        p = TLanes.MultiplyAdd(p, u, TLanes.Create(0.00520196047f));
        p = TLanes.MultiplyAdd(p, u, TLanes.Create(-0.0268597987f));
        p = TLanes.MultiplyAdd(p, u, TLanes.Create(0.112837033f));
        p = TLanes.MultiplyAdd(p, u, TLanes.Create(-0.376126343f));
        p = TLanes.MultiplyAdd(p, u, TLanes.Create(0.128379167f));
        TLanes small = TLanes.MultiplyAdd(x, p, x);

        // From 3.92 on the nearest float is 1.
        TLanes bounded = TLanes.AtMost(TLanes.Create(3.95f), size);
        TLanes q = TLanes.MultiplyAdd(TLanes.Create(-2.06840778e-5f), bounded, TLanes.Create(0.000429737071f));
        q = TLanes.MultiplyAdd(q, bounded, TLanes.Create(-0.00414830843f));
        q = TLanes.MultiplyAdd(q, bounded, TLanes.Create(0.0250599234f));
        q = TLanes.MultiplyAdd(q, bounded, TLanes.Create(-0.108188777f));
        q = TLanes.MultiplyAdd(q, bounded, TLanes.Create(-0.633429187f));
        q = TLanes.MultiplyAdd(q, bounded, TLanes.Create(-1.12947459f));
        q = TLanes.MultiplyAdd(q, bounded, TLanes.Create(0.000166376881f));
        TLanes large = TLanes.CopySign(TLanes.Create(1f) - Exponential.Of(q), x);
        return TLanes.Select(TLanes.LessThan(size, TLanes.Create(0.9f)), small, large);
    }
}

/// <summary>The hyperbolic tangent.</summary>
internal readonly struct HyperbolicTangent : IUnaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Of<TLanes>(TLanes x)
        where TLanes : unmanaged, IFunctionLanes<TLanes>
    {
        TLanes one = TLanes.Create(1f), two = TLanes.Create(2f), size = TLanes.Abs(x), u = x * x;
        TLanes p = TLanes.MultiplyAdd(TLanes.Create(-0.00619872952f), u, TLanes.Create(0.0210205595f));
        p = TLanes.MultiplyAdd(p, u, TLanes.Create(-0.0538405204f));
        p = TLanes.MultiplyAdd(p, u, TLanes.Create(0.133324806f));
        p = TLanes.MultiplyAdd(p, u, TLanes.Create(-0.333333147f));
        TLanes small = TLanes.MultiplyAdd(size * u, p, size);

        TLanes r = Exponential.Reduce(two * TLanes.AtMost(TLanes.Create(10f), size), out TLanes n);
        TLanes large = one - (two / ((Exponential.OfSmall(r) * TLanes.PowerOf2(n)) + one));
        return TLanes.CopySign(TLanes.Select(TLanes.LessThan(size, TLanes.Create(0.55f)), small, large), x);
    }
}
