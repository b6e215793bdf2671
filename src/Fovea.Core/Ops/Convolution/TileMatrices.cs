using System.Runtime.CompilerServices;

namespace Fovea.Ops;

/// <summary>What a transform computes with: a number, or a vector of numbers of which each has its own tile.</summary>
internal interface ITransformed<TSelf>
    where TSelf : unmanaged, ITransformed<TSelf>
{
    static abstract TSelf Create(float value);

    static abstract TSelf operator +(TSelf left, TSelf right);

    static abstract TSelf operator -(TSelf left, TSelf right);

    static abstract TSelf operator *(TSelf left, TSelf right);

    /// <summary>factor · value + term, rounded once.</summary>
    static abstract TSelf MultiplyAdd(TSelf factor, TSelf value, TSelf term);
}

/// <summary>
/// A small constant matrix that multiplies the columns or the rows of a tile. y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A for a tile y of the output,
/// the filter g and the part d of the input that y sees. This being linear in g, the gradient of g is Gᵀ[(A dy Aᵀ) ⊙ (Bᵀ d B)]G.
/// </summary>
/// <remarks>
/// A. Lavin, S. Gray, "Fast Algorithms for Convolutional Neural Networks", 2015, arXiv:1509.09308, sections 4.1 and 4.2. F(2×2, 3×3)
/// interpolates at 0, 1, −1 and ∞, F(4×4, 3×3) also at 2 and −2. What the points' products divide by stands in G, so that no other
/// matrix has a fraction to round.
/// </remarks>
internal interface ITileMatrix
{
    /// <summary>How many results.</summary>
    static abstract int Rows { get; }

    /// <summary>How many values.</summary>
    static abstract int Columns { get; }

    /// <summary>Multiplies; values and results past the matrix's sizes mean nothing.</summary>
    static abstract void Apply<T>(T x0, T x1, T x2, T x3, T x4, T x5, out T y0, out T y1, out T y2, out T y3, out T y4, out T y5)
        where T : unmanaged, ITransformed<T>;
}

/// <summary>Bᵀ of F(2×2, 3×3).</summary>
internal readonly struct Input2x2 : ITileMatrix
{
    public static int Rows => 4;

    public static int Columns => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Apply<T>(T x0, T x1, T x2, T x3, T x4, T x5, out T y0, out T y1, out T y2, out T y3, out T y4, out T y5)
        where T : unmanaged, ITransformed<T>
    {
        y0 = x0 - x2;
        y1 = x1 + x2;
        y2 = x2 - x1;
        y3 = x1 - x3;
        y4 = y5 = default;
    }
}

/// <summary>G of F(2×2, 3×3).</summary>
internal readonly struct Filter2x2 : ITileMatrix
{
    public static int Rows => 4;

    public static int Columns => 3;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Apply<T>(T x0, T x1, T x2, T x3, T x4, T x5, out T y0, out T y1, out T y2, out T y3, out T y4, out T y5)
        where T : unmanaged, ITransformed<T>
    {
        T half = T.Create(0.5f), sum = x0 + x2;
        y0 = x0;
        y1 = half * (sum + x1);
        y2 = half * (sum - x1);
        y3 = x2;
        y4 = y5 = default;
    }
}

/// <summary>Aᵀ of F(2×2, 3×3).</summary>
internal readonly struct Output2x2 : ITileMatrix
{
    public static int Rows => 2;

    public static int Columns => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Apply<T>(T x0, T x1, T x2, T x3, T x4, T x5, out T y0, out T y1, out T y2, out T y3, out T y4, out T y5)
        where T : unmanaged, ITransformed<T>
    {
        y0 = x0 + x1 + x2;
        y1 = x1 - x2 - x3;
        y2 = y3 = y4 = y5 = default;
    }
}

/// <summary>A of F(2×2, 3×3).</summary>
internal readonly struct OutputGradient2x2 : ITileMatrix
{
    public static int Rows => 4;

    public static int Columns => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Apply<T>(T x0, T x1, T x2, T x3, T x4, T x5, out T y0, out T y1, out T y2, out T y3, out T y4, out T y5)
        where T : unmanaged, ITransformed<T>
    {
        y0 = x0;
        y1 = x0 + x1;
        y2 = x0 - x1;
        y3 = default(T) - x1;
        y4 = y5 = default;
    }
}

/// <summary>Gᵀ of F(2×2, 3×3).</summary>
internal readonly struct FilterGradient2x2 : ITileMatrix
{
    public static int Rows => 3;

    public static int Columns => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Apply<T>(T x0, T x1, T x2, T x3, T x4, T x5, out T y0, out T y1, out T y2, out T y3, out T y4, out T y5)
        where T : unmanaged, ITransformed<T>
    {
        T half = T.Create(0.5f), sum = half * (x1 + x2);
        y0 = x0 + sum;
        y1 = half * (x1 - x2);
        y2 = sum + x3;
        y3 = y4 = y5 = default;
    }
}

/// <summary>Bᵀ of F(4×4, 3×3).</summary>
internal readonly struct Input4x4 : ITileMatrix
{
    public static int Rows => 6;

    public static int Columns => 6;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Apply<T>(T x0, T x1, T x2, T x3, T x4, T x5, out T y0, out T y1, out T y2, out T y3, out T y4, out T y5)
        where T : unmanaged, ITransformed<T>
    {
        T two = T.Create(2f), minusTwo = T.Create(-2f), four = T.Create(4f), minusFour = T.Create(-4f), minusFive = T.Create(-5f);
        T even = T.MultiplyAdd(minusFour, x2, x4), odd = T.MultiplyAdd(minusFour, x1, x3), evenTwo = x4 - x2, oddTwo = x3 - x1;
        y0 = T.MultiplyAdd(four, x0, T.MultiplyAdd(minusFive, x2, x4));
        y1 = even + odd;
        y2 = even - odd;
        y3 = T.MultiplyAdd(two, oddTwo, evenTwo);
        y4 = T.MultiplyAdd(minusTwo, oddTwo, evenTwo);
        y5 = T.MultiplyAdd(four, x1, T.MultiplyAdd(minusFive, x3, x5));
    }
}

/// <summary>G of F(4×4, 3×3).</summary>
internal readonly struct Filter4x4 : ITileMatrix
{
    public static int Rows => 6;

    public static int Columns => 3;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Apply<T>(T x0, T x1, T x2, T x3, T x4, T x5, out T y0, out T y1, out T y2, out T y3, out T y4, out T y5)
        where T : unmanaged, ITransformed<T>
    {
        T four = T.Create(4f), sixth = T.Create(-1f / 6f), large = T.Create(1f / 24f);
        T even = x0 + x2, evenTwo = T.MultiplyAdd(four, x2, x0), oddTwo = x1 + x1;
        y0 = T.Create(0.25f) * x0;
        y1 = sixth * (even + x1);
        y2 = sixth * (even - x1);
        y3 = large * (evenTwo + oddTwo);
        y4 = large * (evenTwo - oddTwo);
        y5 = x2;
    }
}

/// <summary>Aᵀ of F(4×4, 3×3).</summary>
internal readonly struct Output4x4 : ITileMatrix
{
    public static int Rows => 4;

    public static int Columns => 6;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Apply<T>(T x0, T x1, T x2, T x3, T x4, T x5, out T y0, out T y1, out T y2, out T y3, out T y4, out T y5)
        where T : unmanaged, ITransformed<T>
    {
        T even = x1 + x2, odd = x1 - x2, evenTwo = x3 + x4, oddTwo = x3 - x4;
        y0 = x0 + even + evenTwo;
        y1 = T.MultiplyAdd(T.Create(2f), oddTwo, odd);
        y2 = T.MultiplyAdd(T.Create(4f), evenTwo, even);
        y3 = T.MultiplyAdd(T.Create(8f), oddTwo, odd) + x5;
        y4 = y5 = default;
    }
}

/// <summary>A of F(4×4, 3×3).</summary>
internal readonly struct OutputGradient4x4 : ITileMatrix
{
    public static int Rows => 6;

    public static int Columns => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Apply<T>(T x0, T x1, T x2, T x3, T x4, T x5, out T y0, out T y1, out T y2, out T y3, out T y4, out T y5)
        where T : unmanaged, ITransformed<T>
    {
        T even = x0 + x2, odd = x1 + x3;
        T evenTwo = T.MultiplyAdd(T.Create(4f), x2, x0), oddTwo = T.MultiplyAdd(T.Create(8f), x3, x1 + x1);
        y0 = x0;
        y1 = even + odd;
        y2 = even - odd;
        y3 = evenTwo + oddTwo;
        y4 = evenTwo - oddTwo;
        y5 = x3;
    }
}

/// <summary>Gᵀ of F(4×4, 3×3).</summary>
internal readonly struct FilterGradient4x4 : ITileMatrix
{
    public static int Rows => 3;

    public static int Columns => 6;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Apply<T>(T x0, T x1, T x2, T x3, T x4, T x5, out T y0, out T y1, out T y2, out T y3, out T y4, out T y5)
        where T : unmanaged, ITransformed<T>
    {
        T sixth = T.Create(-1f / 6f), large = T.Create(1f / 24f);
        T even = sixth * (x1 + x2), odd = sixth * (x1 - x2), evenTwo = large * (x3 + x4), oddTwo = large * (x3 - x4);
        y0 = T.MultiplyAdd(T.Create(0.25f), x0, even + evenTwo);
        y1 = T.MultiplyAdd(T.Create(2f), oddTwo, odd);
        y2 = T.MultiplyAdd(T.Create(4f), evenTwo, even) + x5;
        y3 = y4 = y5 = default;
    }
}
