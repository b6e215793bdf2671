using System.Runtime.CompilerServices;

namespace Fovea.Cpu.Convolution.Fft;

/// <summary>The complex transform of any length; see <see cref="ComplexTransform"/>.</summary>
/// <remarks>
/// A length with a prime factor above 7 becomes a convolution with a chirp of a length without one: L. I. Bluestein, "A linear
/// filtering approach to the computation of discrete Fourier transform", IEEE Trans. Audio Electroacoust. 18(4), 1970, by
/// jk = (j² + k² − (k − j)²)/2. An instance is immutable.
/// </remarks>
internal sealed unsafe class LineTransform
{
    private readonly int lanes;
    private readonly ComplexTransform transform;
    private readonly float[]? chirps;
    private readonly float* chirp, spectrum;

    /// <summary>Plans transforms.</summary>
    /// <param name="length">The length, at least 1.</param>
    /// <param name="lanes">How many sequences lie side by side.</param>
    public LineTransform(int length, int lanes)
    {
        (Length, this.lanes) = (length, lanes);
        if (Factors.IsSmooth(length))
        {
            transform = new ComplexTransform(length, lanes);
            return;
        }
        int padded = Factors.NextSmooth((2 * length) - 1);
        transform = new ComplexTransform(padded, lanes);
        chirps = GC.AllocateArray<float>(2 * (length + padded), pinned: true);
        chirp = (float*)Unsafe.AsPointer(ref chirps[0]);
        spectrum = chirp + (2 * length);
        float[] filter = new float[8 * padded];
        for (int j = 0; j < length; j++)
        {
            // Squares modulo 2n, so that the angle of a long sequence is as exact as that of a short one.
            long square = (long)j * j % (2L * length);
            for (int part = 0; part < 2; part++)
            {
                chirp[(part * length) + j] = ComplexTransform.Factor(square, 2 * length, part);
                float value = (part == 0 ? 1 : -1) * ComplexTransform.Factor(square, 2 * length, part) / padded;
                filter[(part * padded) + j] = value;
                if (j > 0) filter[(part * padded) + padded - j] = value;
            }
        }
        fixed (float* source = filter)
        {
            var one = new ComplexTransform(padded, 1);
            float[] work = new float[Math.Max(1, one.WorkFloats)];
            fixed (float* scratch = work) one.Run<Lane>(source, source + padded, 1, spectrum, spectrum + padded, 1, scratch);
        }
    }

    /// <summary>The length of the sequences.</summary>
    public int Length { get; }

    /// <summary>The scratch memory that a run needs, in floats.</summary>
    public long WorkFloats => transform.WorkFloats + (chirps is null ? 0 : 4L * transform.Length * lanes);

    /// <summary>Transforms x to y, which must be another place.</summary>
    public void Run<T>(float* xr, float* xi, float* yr, float* yi, float* work)
        where T : unmanaged, ILanes<T>
    {
        if (chirps is null)
        {
            transform.Run<T>(xr, xi, lanes, yr, yi, lanes, work);
            return;
        }
        int padded = transform.Length;
        nint size = (nint)padded * lanes, used = (nint)Length * lanes;
        float* ar = work, ai = ar + size, br = ai + size, bi = br + size, rest = bi + size;
        Multiply<T>(xr, xi, chirp, ar, ai, Length);
        new Span<float>(ar + used, (int)(size - used)).Clear();
        new Span<float>(ai + used, (int)(size - used)).Clear();
        transform.Run<T>(ar, ai, lanes, br, bi, lanes, rest);
        Multiply<T>(br, bi, spectrum, br, bi, padded);
        transform.Run<T>(bi, br, lanes, ai, ar, lanes, rest);
        Multiply<T>(ar, ai, chirp, yr, yi, Length);
    }

    /// <summary>Multiplies every element with its number of a table of real and then imaginary parts.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Multiply<T>(float* xr, float* xi, float* table, float* yr, float* yi, int count)
        where T : unmanaged, ILanes<T>
    {
        if (lanes == 1)
        {
            int i = 0;
            for (; i + T.Count <= count; i += T.Count)
                Multiply(T.Load(table + i), T.Load(table + count + i), xr + i, xi + i, yr + i, yi + i);
            for (; i < count; i++) Multiply(Lane.Load(table + i), Lane.Load(table + count + i), xr + i, xi + i, yr + i, yi + i);
            return;
        }
        for (int j = 0; j < count; j++, xr += lanes, xi += lanes, yr += lanes, yi += lanes)
        {
            int i = 0;
            T wr = T.Create(table[j]), wi = T.Create(table[count + j]);
            for (; i + T.Count <= lanes; i += T.Count) Multiply(wr, wi, xr + i, xi + i, yr + i, yi + i);
            for (; i < lanes; i++) Multiply(Lane.Create(table[j]), Lane.Create(table[count + j]), xr + i, xi + i, yr + i, yi + i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Multiply<T>(T wr, T wi, float* xr, float* xi, float* yr, float* yi)
        where T : unmanaged, ILanes<T>
    {
        T re = T.Load(xr), im = T.Load(xi);
        T.SubtractProduct(im, wi, re * wr).Store(yr);
        T.MultiplyAdd(im, wr, re * wi).Store(yi);
    }
}
