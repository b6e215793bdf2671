using System.Runtime.CompilerServices;

namespace Fovea.Cpu.Convolution.Fft;

/// <summary>What a butterfly's results are multiplied with before they are stored.</summary>
internal unsafe interface ITwiddle
{
    /// <summary>Stores result <paramref name="k"/>.</summary>
    /// <param name="re">Its real part.</param>
    /// <param name="im">Its imaginary part.</param>
    /// <param name="k">Which of the butterfly's results, from 1 on.</param>
    /// <param name="w">The factors.</param>
    /// <param name="stride">The distance between a table of factors and the next.</param>
    /// <param name="yr">Where the real part goes.</param>
    /// <param name="yi">Where the imaginary part goes.</param>
    static abstract void Store<T>(T re, T im, int k, float* w, nint stride, float* yr, float* yi)
        where T : unmanaged, ILanes<T>;
}

/// <summary>All factors are 1.</summary>
internal readonly unsafe struct NoTwiddle : ITwiddle
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<T>(T re, T im, int k, float* w, nint stride, float* yr, float* yi)
        where T : unmanaged, ILanes<T>
    {
        re.Store(yr);
        im.Store(yi);
    }
}

/// <summary>All lanes have one factor.</summary>
internal readonly unsafe struct SharedTwiddle : ITwiddle
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<T>(T re, T im, int k, float* w, nint stride, float* yr, float* yi)
        where T : unmanaged, ILanes<T>
    {
        T wr = T.Create(w[2 * (k - 1)]), wi = T.Create(w[(2 * (k - 1)) + 1]);
        T.SubtractProduct(im, wi, re * wr).Store(yr);
        T.MultiplyAdd(im, wr, re * wi).Store(yi);
    }
}

/// <summary>Every lane has its own.</summary>
internal readonly unsafe struct LaneTwiddle : ITwiddle
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<T>(T re, T im, int k, float* w, nint stride, float* yr, float* yi)
        where T : unmanaged, ILanes<T>
    {
        T wr = T.Load(w + (2 * (k - 1) * stride)), wi = T.Load(w + (((2 * (k - 1)) + 1) * stride));
        T.SubtractProduct(im, wi, re * wr).Store(yr);
        T.MultiplyAdd(im, wr, re * wi).Store(yi);
    }
}

/// <summary>A discrete Fourier transform of a small fixed length, in registers.</summary>
internal unsafe interface IButterfly
{
    static abstract int Radix { get; }

    /// <summary>
    /// Transforms values at a distance of <paramref name="xs"/> and stores results at a distance of <paramref name="ys"/>.
    /// </summary>
    static abstract void Apply<T, TTwiddle>(float* xr, float* xi, nint xs, float* yr, float* yi, nint ys, float* w, nint ws)
        where T : unmanaged, ILanes<T>
        where TTwiddle : struct, ITwiddle;
}

/// <summary>A copy: the transform of length 1.</summary>
internal readonly unsafe struct Butterfly1 : IButterfly
{
    public static int Radix => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Apply<T, TTwiddle>(float* xr, float* xi, nint xs, float* yr, float* yi, nint ys, float* w, nint ws)
        where T : unmanaged, ILanes<T>
        where TTwiddle : struct, ITwiddle
    {
        T re = T.Load(xr), im = T.Load(xi);
        re.Store(yr);
        im.Store(yi);
    }
}

/// <summary>Length 2.</summary>
internal readonly unsafe struct Butterfly2 : IButterfly
{
    public static int Radix => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Apply<T, TTwiddle>(float* xr, float* xi, nint xs, float* yr, float* yi, nint ys, float* w, nint ws)
        where T : unmanaged, ILanes<T>
        where TTwiddle : struct, ITwiddle
    {
        T ar = T.Load(xr), ai = T.Load(xi), br = T.Load(xr + xs), bi = T.Load(xi + xs);
        (ar + br).Store(yr);
        (ai + bi).Store(yi);
        TTwiddle.Store(ar - br, ai - bi, 1, w, ws, yr + ys, yi + ys);
    }
}

/// <summary>Length 3.</summary>
internal readonly unsafe struct Butterfly3 : IButterfly
{
    private const float Sin = 0.86602540378443864676f;

    public static int Radix => 3;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Apply<T, TTwiddle>(float* xr, float* xi, nint xs, float* yr, float* yi, nint ys, float* w, nint ws)
        where T : unmanaged, ILanes<T>
        where TTwiddle : struct, ITwiddle
    {
        T br = T.Load(xr + xs), bi = T.Load(xi + xs), cr = T.Load(xr + (2 * xs)), ci = T.Load(xi + (2 * xs));
        T sr = br + cr, si = bi + ci, dr = br - cr, di = bi - ci, ar = T.Load(xr), ai = T.Load(xi);
        (ar + sr).Store(yr);
        (ai + si).Store(yi);
        T half = T.Create(0.5f), sin = T.Create(Sin);
        T er = T.SubtractProduct(half, sr, ar), ei = T.SubtractProduct(half, si, ai);
        TTwiddle.Store(T.MultiplyAdd(sin, di, er), T.SubtractProduct(sin, dr, ei), 1, w, ws, yr + ys, yi + ys);
        TTwiddle.Store(T.SubtractProduct(sin, di, er), T.MultiplyAdd(sin, dr, ei), 2, w, ws, yr + (2 * ys), yi + (2 * ys));
    }
}

/// <summary>Length 4.</summary>
internal readonly unsafe struct Butterfly4 : IButterfly
{
    public static int Radix => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Apply<T, TTwiddle>(float* xr, float* xi, nint xs, float* yr, float* yi, nint ys, float* w, nint ws)
        where T : unmanaged, ILanes<T>
        where TTwiddle : struct, ITwiddle
    {
        T ar = T.Load(xr), ai = T.Load(xi), br = T.Load(xr + xs), bi = T.Load(xi + xs);
        T cr = T.Load(xr + (2 * xs)), ci = T.Load(xi + (2 * xs)), dr = T.Load(xr + (3 * xs)), di = T.Load(xi + (3 * xs));
        T acr = ar + cr, aci = ai + ci, bdr = br + dr, bdi = bi + di;
        (acr + bdr).Store(yr);
        (aci + bdi).Store(yi);
        TTwiddle.Store(acr - bdr, aci - bdi, 2, w, ws, yr + (2 * ys), yi + (2 * ys));
        T er = ar - cr, ei = ai - ci, fr = br - dr, fi = bi - di;
        TTwiddle.Store(er + fi, ei - fr, 1, w, ws, yr + ys, yi + ys);
        TTwiddle.Store(er - fi, ei + fr, 3, w, ws, yr + (3 * ys), yi + (3 * ys));
    }
}

/// <summary>Length 5.</summary>
internal readonly unsafe struct Butterfly5 : IButterfly
{
    private const float Cos1 = 0.30901699437494742410f, Cos2 = -0.80901699437494742410f;
    private const float Sin1 = 0.95105651629515357212f, Sin2 = 0.58778525229247312917f;

    public static int Radix => 5;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Apply<T, TTwiddle>(float* xr, float* xi, nint xs, float* yr, float* yi, nint ys, float* w, nint ws)
        where T : unmanaged, ILanes<T>
        where TTwiddle : struct, ITwiddle
    {
        T ar = T.Load(xr), ai = T.Load(xi);
        T pr = T.Load(xr + xs), pi = T.Load(xi + xs), qr = T.Load(xr + (4 * xs)), qi = T.Load(xi + (4 * xs));
        T s1r = pr + qr, s1i = pi + qi, d1r = pr - qr, d1i = pi - qi;
        (pr, pi, qr, qi) = (T.Load(xr + (2 * xs)), T.Load(xi + (2 * xs)), T.Load(xr + (3 * xs)), T.Load(xi + (3 * xs)));
        T s2r = pr + qr, s2i = pi + qi, d2r = pr - qr, d2i = pi - qi;
        (ar + (s1r + s2r)).Store(yr);
        (ai + (s1i + s2i)).Store(yi);
        T cos1 = T.Create(Cos1), cos2 = T.Create(Cos2), sin1 = T.Create(Sin1), sin2 = T.Create(Sin2);
        T er = T.MultiplyAdd(cos2, s2r, T.MultiplyAdd(cos1, s1r, ar)), ei = T.MultiplyAdd(cos2, s2i, T.MultiplyAdd(cos1, s1i, ai));
        T fr = T.MultiplyAdd(sin2, d2r, sin1 * d1r), fi = T.MultiplyAdd(sin2, d2i, sin1 * d1i);
        TTwiddle.Store(er + fi, ei - fr, 1, w, ws, yr + ys, yi + ys);
        TTwiddle.Store(er - fi, ei + fr, 4, w, ws, yr + (4 * ys), yi + (4 * ys));
        er = T.MultiplyAdd(cos1, s2r, T.MultiplyAdd(cos2, s1r, ar));
        ei = T.MultiplyAdd(cos1, s2i, T.MultiplyAdd(cos2, s1i, ai));
        fr = T.SubtractProduct(sin1, d2r, sin2 * d1r);
        fi = T.SubtractProduct(sin1, d2i, sin2 * d1i);
        TTwiddle.Store(er + fi, ei - fr, 2, w, ws, yr + (2 * ys), yi + (2 * ys));
        TTwiddle.Store(er - fi, ei + fr, 3, w, ws, yr + (3 * ys), yi + (3 * ys));
    }
}

/// <summary>Length 7.</summary>
internal readonly unsafe struct Butterfly7 : IButterfly
{
    private const float Cos1 = 0.62348980185873353053f, Cos2 = -0.22252093395631440429f, Cos3 = -0.90096886790241912624f;
    private const float Sin1 = 0.78183148246802980871f, Sin2 = 0.97492791218182360702f, Sin3 = 0.43388373911755812048f;

    public static int Radix => 7;

    // The compiler does not inline a method of so many variables.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Apply<T, TTwiddle>(float* xr, float* xi, nint xs, float* yr, float* yi, nint ys, float* w, nint ws)
        where T : unmanaged, ILanes<T>
        where TTwiddle : struct, ITwiddle
    {
        T ar = T.Load(xr), ai = T.Load(xi);
        T pr = T.Load(xr + xs), pi = T.Load(xi + xs), qr = T.Load(xr + (6 * xs)), qi = T.Load(xi + (6 * xs));
        T s1r = pr + qr, s1i = pi + qi, d1r = pr - qr, d1i = pi - qi;
        (pr, pi, qr, qi) = (T.Load(xr + (2 * xs)), T.Load(xi + (2 * xs)), T.Load(xr + (5 * xs)), T.Load(xi + (5 * xs)));
        T s2r = pr + qr, s2i = pi + qi, d2r = pr - qr, d2i = pi - qi;
        (pr, pi, qr, qi) = (T.Load(xr + (3 * xs)), T.Load(xi + (3 * xs)), T.Load(xr + (4 * xs)), T.Load(xi + (4 * xs)));
        T s3r = pr + qr, s3i = pi + qi, d3r = pr - qr, d3i = pi - qi;
        (ar + (s1r + (s2r + s3r))).Store(yr);
        (ai + (s1i + (s2i + s3i))).Store(yi);
        T cos1 = T.Create(Cos1), cos2 = T.Create(Cos2), cos3 = T.Create(Cos3), sin1 = T.Create(Sin1), sin2 = T.Create(Sin2),
            sin3 = T.Create(Sin3);
        T er = T.MultiplyAdd(cos3, s3r, T.MultiplyAdd(cos2, s2r, T.MultiplyAdd(cos1, s1r, ar)));
        T ei = T.MultiplyAdd(cos3, s3i, T.MultiplyAdd(cos2, s2i, T.MultiplyAdd(cos1, s1i, ai)));
        T fr = T.MultiplyAdd(sin3, d3r, T.MultiplyAdd(sin2, d2r, sin1 * d1r)),
            fi = T.MultiplyAdd(sin3, d3i, T.MultiplyAdd(sin2, d2i, sin1 * d1i));
        TTwiddle.Store(er + fi, ei - fr, 1, w, ws, yr + ys, yi + ys);
        TTwiddle.Store(er - fi, ei + fr, 6, w, ws, yr + (6 * ys), yi + (6 * ys));
        // Angles of the second result: 2, 4, 6 sevenths; of the third: 3, 6, 9.
        er = T.MultiplyAdd(cos1, s3r, T.MultiplyAdd(cos3, s2r, T.MultiplyAdd(cos2, s1r, ar)));
        ei = T.MultiplyAdd(cos1, s3i, T.MultiplyAdd(cos3, s2i, T.MultiplyAdd(cos2, s1i, ai)));
        fr = T.SubtractProduct(sin1, d3r, T.SubtractProduct(sin3, d2r, sin2 * d1r));
        fi = T.SubtractProduct(sin1, d3i, T.SubtractProduct(sin3, d2i, sin2 * d1i));
        TTwiddle.Store(er + fi, ei - fr, 2, w, ws, yr + (2 * ys), yi + (2 * ys));
        TTwiddle.Store(er - fi, ei + fr, 5, w, ws, yr + (5 * ys), yi + (5 * ys));
        er = T.MultiplyAdd(cos2, s3r, T.MultiplyAdd(cos1, s2r, T.MultiplyAdd(cos3, s1r, ar)));
        ei = T.MultiplyAdd(cos2, s3i, T.MultiplyAdd(cos1, s2i, T.MultiplyAdd(cos3, s1i, ai)));
        fr = T.MultiplyAdd(sin2, d3r, T.SubtractProduct(sin1, d2r, sin3 * d1r));
        fi = T.MultiplyAdd(sin2, d3i, T.SubtractProduct(sin1, d2i, sin3 * d1i));
        TTwiddle.Store(er + fi, ei - fr, 3, w, ws, yr + (3 * ys), yi + (3 * ys));
        TTwiddle.Store(er - fi, ei + fr, 4, w, ws, yr + (4 * ys), yi + (4 * ys));
    }
}

/// <summary>Length 8: two of length 4 over even and odd places.</summary>
internal readonly unsafe struct Butterfly8 : IButterfly
{
    private const float Root = 0.70710678118654752440f;

    public static int Radix => 8;

    // The compiler does not inline a method of so many variables.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Apply<T, TTwiddle>(float* xr, float* xi, nint xs, float* yr, float* yi, nint ys, float* w, nint ws)
        where T : unmanaged, ILanes<T>
        where TTwiddle : struct, ITwiddle
    {
        T ar = T.Load(xr), ai = T.Load(xi), br = T.Load(xr + (4 * xs)), bi = T.Load(xi + (4 * xs));
        T s0r = ar + br, s0i = ai + bi, d0r = ar - br, d0i = ai - bi;
        (ar, ai, br, bi) = (T.Load(xr + (2 * xs)), T.Load(xi + (2 * xs)), T.Load(xr + (6 * xs)), T.Load(xi + (6 * xs)));
        T s2r = ar + br, s2i = ai + bi, d2r = ar - br, d2i = ai - bi;
        T e0r = s0r + s2r, e0i = s0i + s2i, e2r = s0r - s2r, e2i = s0i - s2i;
        T e1r = d0r + d2i, e1i = d0i - d2r, e3r = d0r - d2i, e3i = d0i + d2r;

        (ar, ai, br, bi) = (T.Load(xr + xs), T.Load(xi + xs), T.Load(xr + (5 * xs)), T.Load(xi + (5 * xs)));
        T s1r = ar + br, s1i = ai + bi, d1r = ar - br, d1i = ai - bi;
        (ar, ai, br, bi) = (T.Load(xr + (3 * xs)), T.Load(xi + (3 * xs)), T.Load(xr + (7 * xs)), T.Load(xi + (7 * xs)));
        T s3r = ar + br, s3i = ai + bi, d3r = ar - br, d3i = ai - bi;
        T o0r = s1r + s3r, o0i = s1i + s3i, o2r = s1i - s3i, o2i = s3r - s1r;
        T o1r = d1r + d3i, o1i = d1i - d3r, o3r = d1r - d3i, o3i = d1i + d3r;

        (e0r + o0r).Store(yr);
        (e0i + o0i).Store(yi);
        TTwiddle.Store(e0r - o0r, e0i - o0i, 4, w, ws, yr + (4 * ys), yi + (4 * ys));
        TTwiddle.Store(e2r + o2r, e2i + o2i, 2, w, ws, yr + (2 * ys), yi + (2 * ys));
        TTwiddle.Store(e2r - o2r, e2i - o2i, 6, w, ws, yr + (6 * ys), yi + (6 * ys));
        T root = T.Create(Root), tr = o1r + o1i, ti = o1i - o1r;
        TTwiddle.Store(T.MultiplyAdd(root, tr, e1r), T.MultiplyAdd(root, ti, e1i), 1, w, ws, yr + ys, yi + ys);
        TTwiddle.Store(T.SubtractProduct(root, tr, e1r), T.SubtractProduct(root, ti, e1i), 5, w, ws, yr + (5 * ys), yi + (5 * ys));
        tr = o3i - o3r;
        ti = o3r + o3i;
        TTwiddle.Store(T.MultiplyAdd(root, tr, e3r), T.SubtractProduct(root, ti, e3i), 3, w, ws, yr + (3 * ys), yi + (3 * ys));
        TTwiddle.Store(T.SubtractProduct(root, tr, e3r), T.MultiplyAdd(root, ti, e3i), 7, w, ws, yr + (7 * ys), yi + (7 * ys));
    }
}
