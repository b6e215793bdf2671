using System.Runtime.CompilerServices;

namespace Fovea.Cpu.Convolution.Fft;

/// <summary>
/// The discrete Fourier transform of a smooth length n, X[k] = Σ x[j]·exp(−2πi·jk/n), of many sequences side by side: element j of
/// all of them lies in one run of memory. Real and imaginary parts lie apart.
/// </summary>
/// <remarks>
/// <para>Stockham's self-sorting scheme, T. G. Stockham, "High-speed convolution and correlation", AFIPS 28, 1966, with a butterfly
/// of length 8, 7, 5, 4, 3 or 2 in each pass, decimated in frequency. A pass reads one place and writes another; nothing is
/// reordered afterwards. Factors are computed in float64.</para>
/// <para>Vectors run over the sequences and over what earlier passes have already gathered. Where that is shorter than a vector,
/// they run over the butterflies of the pass, and results go through a small buffer to their places.</para>
/// <para>The transform with the opposite sign is this one with real and imaginary parts exchanged, before and after. An instance
/// is immutable.</para>
/// </remarks>
internal sealed unsafe class ComplexTransform
{
    private readonly int lanes;
    private readonly Pass[] passes;
    private readonly float[] factors;
    private readonly float* table;

    /// <summary>Plans transforms.</summary>
    /// <param name="length">A length without other prime factors than 2, 3, 5 and 7.</param>
    /// <param name="lanes">How many sequences lie side by side.</param>
    public ComplexTransform(int length, int lanes)
    {
        (Length, this.lanes) = (length, lanes);
        int[] radices = Factors.Radices(length);
        passes = new Pass[radices.Length];
        var values = new List<float>();
        int rest = length, span = 1;
        for (int i = 0; i < passes.Length; i++)
        {
            int radix = radices[i], groups = rest / radix;
            int shared = values.Count;
            for (int p = 0; p < groups; p++)
            {
                for (int k = 1; k < radix; k++) AddFactor(values, (long)p * k * span % length, length);
            }
            int each = values.Count;
            if (span * lanes < Lanes512.Count && groups > 1)
            {
                for (int k = 1; k < radix; k++)
                {
                    for (int part = 0; part < 2; part++)
                    {
                        for (int place = 0; place < groups * span * lanes; place++)
                            values.Add(Factor((long)(place / (span * lanes)) * k * span % length, length, part));
                    }
                }
            }
            passes[i] = new Pass(radix, groups, span, shared, each);
            rest = groups;
            span *= radix;
        }
        factors = GC.AllocateUninitializedArray<float>(Math.Max(values.Count, 1), pinned: true);
        values.CopyTo(factors);
        table = (float*)Unsafe.AsPointer(ref factors[0]);
    }

    /// <summary>The length of the sequences.</summary>
    public int Length { get; }

    /// <summary>The scratch memory that a run needs, in floats.</summary>
    public long WorkFloats => passes.Length == 1 ? 0 : (passes.Length == 2 ? 2L : 4L) * Length * lanes;

    /// <summary>
    /// Transforms. Results may take the place of what is transformed if there are several passes, or as many sequences as a multiple of a
    /// vector's lanes.
    /// </summary>
    /// <typeparam name="T">The vectors to use.</typeparam>
    /// <param name="xr">Real parts.</param>
    /// <param name="xi">Imaginary parts.</param>
    /// <param name="xPitch">The distance between elements; if it is not the number of sequences, vectors stay within an element.</param>
    /// <param name="yr">Where the results' real parts go.</param>
    /// <param name="yi">Where their imaginary parts go.</param>
    /// <param name="yPitch">The distance between results.</param>
    /// <param name="work"><see cref="WorkFloats"/> floats.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run<T>(float* xr, float* xi, nint xPitch, float* yr, float* yi, nint yPitch, float* work)
        where T : unmanaged, ILanes<T>
    {
        nint size = (nint)Length * lanes;
        for (int i = 0; i < passes.Length; i++)
        {
            bool last = i == passes.Length - 1;
            float* place = work + ((i & 1) * 2 * size);
            float* toR = last ? yr : place, toI = last ? yi : place + size;
            nint pitch = last ? yPitch : lanes;
            switch (passes[i].Radix)
            {
                case 1: Run<Butterfly1, T>(passes[i], xr, xi, xPitch, toR, toI, pitch); break;
                case 2: Run<Butterfly2, T>(passes[i], xr, xi, xPitch, toR, toI, pitch); break;
                case 3: Run<Butterfly3, T>(passes[i], xr, xi, xPitch, toR, toI, pitch); break;
                case 4: Run<Butterfly4, T>(passes[i], xr, xi, xPitch, toR, toI, pitch); break;
                case 5: Run<Butterfly5, T>(passes[i], xr, xi, xPitch, toR, toI, pitch); break;
                case 7: Run<Butterfly7, T>(passes[i], xr, xi, xPitch, toR, toI, pitch); break;
                default: Run<Butterfly8, T>(passes[i], xr, xi, xPitch, toR, toI, pitch); break;
            }
            xr = toR;
            xi = toI;
            xPitch = pitch;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Run<TButterfly, T>(in Pass pass, float* xr, float* xi, nint xPitch, float* yr, float* yi, nint yPitch)
        where TButterfly : struct, IButterfly
        where T : unmanaged, ILanes<T>
    {
        bool dense = xPitch == lanes && yPitch == lanes;
        nint run = dense ? (nint)pass.Span * lanes : lanes;
        float* w = table + pass.Factors;
        if (run >= T.Count) RunShared<TButterfly, T>(pass, w, xr, xi, xPitch, yr, yi, yPitch, dense ? 1 : pass.Span, run);
        else if (dense && pass.Groups > 1 && pass.Groups * run >= T.Count)
            RunEach<TButterfly, T>(pass, table + pass.LaneFactors, xr, xi, yr, yi, run);
        else RunShared<TButterfly, Lane>(pass, w, xr, xi, xPitch, yr, yi, yPitch, dense ? 1 : pass.Span, run);
    }

    /// <summary>Vectors lie within a run whose elements have the same factors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RunShared<TButterfly, T>(
        in Pass pass, float* w, float* xr, float* xi, nint xPitch, float* yr, float* yi, nint yPitch, int runs, nint run)
        where TButterfly : struct, IButterfly
        where T : unmanaged, ILanes<T>
    {
        nint xs = (nint)pass.Span * pass.Groups * xPitch, ys = pass.Span * yPitch;
        for (int p = 0; p < pass.Groups; p++, w += 2 * (TButterfly.Radix - 1))
        {
            for (int e = 0; e < runs; e++)
            {
                nint x = (((nint)p * pass.Span) + e) * xPitch, y = (((nint)p * TButterfly.Radix * pass.Span) + e) * yPitch;
                if (p == 0) Strip<TButterfly, T, NoTwiddle>(xr + x, xi + x, xs, yr + y, yi + y, ys, w, run);
                else Strip<TButterfly, T, SharedTwiddle>(xr + x, xi + x, xs, yr + y, yi + y, ys, w, run);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Strip<TButterfly, T, TTwiddle>(float* xr, float* xi, nint xs, float* yr, float* yi, nint ys, float* w, nint run)
        where TButterfly : struct, IButterfly
        where T : unmanaged, ILanes<T>
        where TTwiddle : struct, ITwiddle
    {
        for (nint q = 0; q < run; q += T.Count)
        {
            // The last vector overlaps the one before.
            q = Math.Min(q, run - T.Count);
            TButterfly.Apply<T, TTwiddle>(xr + q, xi + q, xs, yr + q, yi + q, ys, w, 0);
        }
    }

    /// <summary>Vectors run over several runs that are each shorter.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RunEach<TButterfly, T>(in Pass pass, float* w, float* xr, float* xi, float* yr, float* yi, nint run)
        where TButterfly : struct, IButterfly
        where T : unmanaged, ILanes<T>
    {
        float* results = stackalloc float[16 * T.Count];
        nint count = pass.Groups * run;
        for (nint i = 0; i < count; i += T.Count)
        {
            i = Math.Min(i, count - T.Count);
            TButterfly.Apply<T, LaneTwiddle>(xr + i, xi + i, count, results, results + (8 * T.Count), T.Count, w + i, count);
            for (int k = 0; k < TButterfly.Radix; k++)
            {
                float* re = results + (k * T.Count), im = re + (8 * T.Count);
                nint p = i / run, q = i - (p * run);
                float* toR = yr + (((p * TButterfly.Radix) + k) * run), toI = yi + (((p * TButterfly.Radix) + k) * run);
                for (int lane = 0; lane < T.Count; lane++)
                {
                    toR[q] = re[lane];
                    toI[q] = im[lane];
                    if (++q < run) continue;
                    q = 0;
                    toR += TButterfly.Radix * run;
                    toI += TButterfly.Radix * run;
                }
            }
        }
    }

    private static void AddFactor(List<float> values, long numerator, int length)
    {
        values.Add(Factor(numerator, length, 0));
        values.Add(Factor(numerator, length, 1));
    }

    /// <summary>The real (0) or imaginary (1) part of exp(−2πi·numerator/length).</summary>
    internal static float Factor(long numerator, long length, int part)
    {
        double angle = 2 * Math.PI * numerator / length;
        return (float)(part == 0 ? Math.Cos(angle) : -Math.Sin(angle));
    }

    /// <summary>One pass.</summary>
    /// <param name="Radix">The butterfly's length.</param>
    /// <param name="Groups">How many different sets of factors there are.</param>
    /// <param name="Span">How many elements share one.</param>
    /// <param name="Factors">Where the factors are, for each set in turn.</param>
    /// <param name="LaneFactors">Where they are for vectors across sets: for every result of a butterfly, all real and all imaginary
    /// parts.</param>
    private readonly record struct Pass(int Radix, int Groups, int Span, int Factors, int LaneFactors);
}
