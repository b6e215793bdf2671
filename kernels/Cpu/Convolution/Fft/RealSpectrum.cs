using System.Runtime.CompilerServices;

namespace Fovea.Cpu.Convolution.Fft;

/// <summary>
/// What makes the discrete Fourier transform of real sequences of an even length n of the complex one of half the length, for which
/// even places are taken for real parts and odd ones for imaginary parts. Of the result, the first n/2 + 1 numbers are made; the
/// others are their conjugates.
/// </summary>
/// <remarks>W. H. Press et al., "Numerical Recipes", 3rd edition, section 12.3.2. An instance is immutable.</remarks>
internal sealed unsafe class RealSpectrum
{
    private readonly int lanes, half;
    private readonly float[] factors;
    private readonly float* table;

    /// <summary>Computes the factors.</summary>
    /// <param name="length">An even length.</param>
    /// <param name="lanes">How many sequences lie side by side.</param>
    public RealSpectrum(int length, int lanes)
    {
        this.lanes = lanes;
        half = length / 2;
        factors = GC.AllocateUninitializedArray<float>(2 * (half + 1), pinned: true);
        for (int k = 0; k <= half; k++)
        {
            factors[k] = ComplexTransform.Factor(k, length, 0);
            factors[half + 1 + k] = ComplexTransform.Factor(k, length, 1);
        }
        table = (float*)Unsafe.AsPointer(ref factors[0]);
    }

    /// <summary>Makes the spectrum of n real numbers of that of n/2 complex ones, X of Z.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Separate<T>(float* zr, float* zi, nint zPitch, float* yr, float* yi, nint yPitch)
        where T : unmanaged, ILanes<T>
    {
        if (lanes == 1)
        {
            SeparateOne<T>(zr, zi, yr, yi, yPitch);
            return;
        }
        if (lanes < T.Count)
        {
            Separate<Lane>(zr, zi, zPitch, yr, yi, yPitch, lanes);
            return;
        }
        Separate<T>(zr, zi, zPitch, yr, yi, yPitch, lanes);
    }

    /// <summary>The opposite: Z of X, times 2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Join<T>(float* xr, float* xi, nint xPitch, float* zr, float* zi, nint zPitch)
        where T : unmanaged, ILanes<T>
    {
        if (lanes == 1 && xPitch == 1)
        {
            JoinOne<T>(xr, xi, zr, zi);
            return;
        }
        if (lanes < T.Count)
        {
            Join<Lane>(xr, xi, xPitch, zr, zi, zPitch, lanes);
            return;
        }
        Join<T>(xr, xi, xPitch, zr, zi, zPitch, lanes);
    }

    // X[k] = E + w·O and X[n/2 − k] = conj(E − w·O) with E = (Z[k] + conj Z[n/2 − k])/2, O = (Z[k] − conj Z[n/2 − k])/2i.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Separate<T>(float* zr, float* zi, nint zPitch, float* yr, float* yi, nint yPitch, nint run)
        where T : unmanaged, ILanes<T>
    {
        T h = T.Create(0.5f);
        for (int k = 0; 2 * k <= half; k++)
        {
            float* ar = zr + (k * zPitch), ai = zi + (k * zPitch), br = zr + ((half - k) % half * zPitch),
                bi = zi + ((half - k) % half * zPitch);
            float* pr = yr + (k * yPitch), pi = yi + (k * yPitch), qr = yr + ((half - k) * yPitch), qi = yi + ((half - k) * yPitch);
            T wr = T.Create(table[k]), wi = T.Create(table[half + 1 + k]);
            for (nint q = 0; q < run; q += T.Count)
            {
                q = Math.Min(q, run - T.Count);
                T a = T.Load(ar + q), b = T.Load(ai + q), c = T.Load(br + q), d = T.Load(bi + q);
                Twist(a, b, c, d, wr, wi, out T er, out T ei, out T or, out T oi);
                (h * (er + or)).Store(pr + q);
                (h * (ei + oi)).Store(pi + q);
                (h * (er - or)).Store(qr + q);
                (h * (oi - ei)).Store(qi + q);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Join<T>(float* xr, float* xi, nint xPitch, float* zr, float* zi, nint zPitch, nint run)
        where T : unmanaged, ILanes<T>
    {
        for (int k = 0; 2 * k <= half; k++)
        {
            float* ar = xr + (k * xPitch), ai = xi + (k * xPitch), br = xr + ((half - k) * xPitch), bi = xi + ((half - k) * xPitch);
            float* pr = zr + (k * zPitch), pi = zi + (k * zPitch), qr = zr + ((half - k) % half * zPitch),
                qi = zi + ((half - k) % half * zPitch);
            T wr = T.Create(table[k]), wi = T.Create(table[half + 1 + k]);
            for (nint q = 0; q < run; q += T.Count)
            {
                q = Math.Min(q, run - T.Count);
                Untwist(T.Load(ar + q), T.Load(ai + q), T.Load(br + q), T.Load(bi + q), wr, wi, out T er, out T ei, out T or, out T oi);
                if (k > 0)
                {
                    (er + oi).Store(qr + q);
                    (or - ei).Store(qi + q);
                }
                (er - oi).Store(pr + q);
                (ei + or).Store(pi + q);
            }
        }
    }

    /// <summary>One sequence: vectors run over k, and backwards over n/2 − k.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void SeparateOne<T>(float* zr, float* zi, float* yr, float* yi, nint yPitch)
        where T : unmanaged, ILanes<T>
    {
        T h = T.Create(0.5f);
        int k = 1;
        if (yPitch == 1)
        {
            // Up to where both vectors would meet.
            for (; 2 * (k + T.Count - 1) < half; k += T.Count)
            {
                int m = half - k - T.Count + 1;
                Twist(T.Load(zr + k), T.Load(zi + k), T.Reverse(T.Load(zr + m)), T.Reverse(T.Load(zi + m)), T.Load(table + k),
                    T.Load(table + half + 1 + k),
                    out T er, out T ei, out T or, out T oi);
                (h * (er + or)).Store(yr + k);
                (h * (ei + oi)).Store(yi + k);
                T.Reverse(h * (er - or)).Store(yr + m);
                T.Reverse(h * (oi - ei)).Store(yi + m);
            }
        }
        for (; 2 * k <= half; k++)
        {
            int m = half - k;
            Twist(Lane.Load(zr + k), Lane.Load(zi + k), Lane.Load(zr + m), Lane.Load(zi + m), Lane.Load(table + k),
                Lane.Load(table + half + 1 + k),
                out Lane er, out Lane ei, out Lane or, out Lane oi);
            Lane one = Lane.Create(0.5f);
            (one * (er + or)).Store(yr + (k * yPitch));
            (one * (ei + oi)).Store(yi + (k * yPitch));
            (one * (er - or)).Store(yr + (m * yPitch));
            (one * (oi - ei)).Store(yi + (m * yPitch));
        }
        (yr[half * yPitch], yi[half * yPitch]) = (zr[0] - zi[0], 0f);
        (yr[0], yi[0]) = (zr[0] + zi[0], 0f);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void JoinOne<T>(float* xr, float* xi, float* zr, float* zi)
        where T : unmanaged, ILanes<T>
    {
        int k = 1;
        for (; 2 * (k + T.Count - 1) < half; k += T.Count)
        {
            int m = half - k - T.Count + 1;
            Untwist(T.Load(xr + k), T.Load(xi + k), T.Reverse(T.Load(xr + m)), T.Reverse(T.Load(xi + m)), T.Load(table + k),
                T.Load(table + half + 1 + k),
                out T er, out T ei, out T or, out T oi);
            T.Reverse(er + oi).Store(zr + m);
            T.Reverse(or - ei).Store(zi + m);
            (er - oi).Store(zr + k);
            (ei + or).Store(zi + k);
        }
        for (; 2 * k <= half; k++)
        {
            int m = half - k;
            Untwist(Lane.Load(xr + k), Lane.Load(xi + k), Lane.Load(xr + m), Lane.Load(xi + m), Lane.Load(table + k),
                Lane.Load(table + half + 1 + k),
                out Lane er, out Lane ei, out Lane or, out Lane oi);
            (er + oi).Store(zr + m);
            (or - ei).Store(zi + m);
            (er - oi).Store(zr + k);
            (ei + or).Store(zi + k);
        }
        (zr[0], zi[0]) = (xr[0] + xr[half], xr[0] - xr[half]);
    }

    /// <summary>2·E and 2·w·O of Z[k] = (a, b) and Z[n/2 − k] = (c, d).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Twist<T>(T a, T b, T c, T d, T wr, T wi, out T er, out T ei, out T or, out T oi)
        where T : unmanaged, ILanes<T>
    {
        er = a + c;
        ei = b - d;
        T x = b + d, y = c - a;
        or = T.SubtractProduct(wi, y, wr * x);
        oi = T.MultiplyAdd(wi, x, wr * y);
    }

    /// <summary>2·E and 2·O of X[k] = (a, b) and X[n/2 − k] = (c, d).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Untwist<T>(T a, T b, T c, T d, T wr, T wi, out T er, out T ei, out T or, out T oi)
        where T : unmanaged, ILanes<T>
    {
        er = a + c;
        ei = b - d;
        T x = a - c, y = b + d;
        or = T.MultiplyAdd(wi, y, wr * x);
        oi = T.SubtractProduct(wi, x, wr * y);
    }
}
