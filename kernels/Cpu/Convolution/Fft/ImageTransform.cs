using System.Runtime.CompilerServices;

namespace Fovea.Cpu.Convolution.Fft;

/// <summary>
/// Two-dimensional Fourier transforms of images N×H×W×C over lines and columns, for every channel; with one line, transforms of
/// sequences. Complex numbers are pairs of floats. A real image has the spectrum N×H×(W/2 + 1)×C, rounded down.
/// </summary>
/// <remarks>
/// An image is taken to scratch memory by lines, where real and imaginary parts lie apart, and columns are taken from there a few at
/// a time; the way back is the opposite. So results may take the place of what is transformed. An instance is immutable, and its
/// scratch memory is the caller's.
/// </remarks>
internal sealed unsafe class ImageTransform
{
    private const int ColumnsAtOnce = 64;

    private readonly int batch, height, width, channels, spectrumWidth;
    private readonly SimdLevel level;
    private readonly LineTransform line;
    private readonly LineTransform? columns;
    private readonly RealSpectrum? even;
    private readonly int strip;
    private readonly bool real;

    /// <summary>Plans transforms.</summary>
    /// <param name="batch">N.</param>
    /// <param name="height">H.</param>
    /// <param name="width">W.</param>
    /// <param name="channels">C.</param>
    /// <param name="real">Whether images, not spectra, are real.</param>
    /// <param name="level">Which vectors to use; null for the widest.</param>
    public ImageTransform(int batch, int height, int width, int channels, bool real, SimdLevel? level = null)
    {
        (this.batch, this.height, this.width, this.channels, this.real) = (batch, height, width, channels, real);
        this.level = level ?? CpuFeatures.Simd;
        spectrumWidth = real ? (width / 2) + 1 : width;
        bool halved = real && width % 2 == 0;
        line = new LineTransform(halved ? width / 2 : width, channels);
        if (halved) even = new RealSpectrum(width, channels);
        if (height == 1) return;
        strip = Math.Min(ColumnsAtOnce, spectrumWidth * channels);
        columns = new LineTransform(height, strip);
    }

    /// <summary>The scratch memory that one run needs, in bytes.</summary>
    public long WorkspaceBytes => sizeof(float) * ((2L * height * LineFloats) + (4L * (width + 1) * channels)
        + (4L * height * strip) + Math.Max(line.WorkFloats, columns?.WorkFloats ?? 0));

    private nint LineFloats => (nint)spectrumWidth * channels;

    /// <summary>Transforms, without scaling.</summary>
    /// <param name="images">N×H×W×C.</param>
    /// <param name="spectra">The spectra; they may begin where the images begin.</param>
    /// <param name="workspace">At least <see cref="WorkspaceBytes"/> bytes.</param>
    public void Forward(float* images, float* spectra, float* workspace)
    {
        switch (level)
        {
            case SimdLevel.Vector512: Forward<Lanes512>(images, spectra, workspace); break;
            case SimdLevel.Vector256: Forward<Lanes256>(images, spectra, workspace); break;
            default: Forward<Lanes128>(images, spectra, workspace); break;
        }
    }

    /// <summary>Transforms back, and divides by H·W.</summary>
    /// <param name="spectra">The spectra.</param>
    /// <param name="images">N×H×W×C; they may begin where the spectra begin.</param>
    /// <param name="workspace">At least <see cref="WorkspaceBytes"/> bytes.</param>
    public void Inverse(float* spectra, float* images, float* workspace)
    {
        switch (level)
        {
            case SimdLevel.Vector512: Inverse<Lanes512>(spectra, images, workspace); break;
            case SimdLevel.Vector256: Inverse<Lanes256>(spectra, images, workspace); break;
            default: Inverse<Lanes128>(spectra, images, workspace); break;
        }
    }

    private void Forward<T>(float* images, float* spectra, float* planes)
        where T : unmanaged, ILanes<T>
    {
        nint plane = height * LineFloats, size = (nint)width * channels, half = (nint)line.Length * channels;
        float* ar = planes + (2 * plane), ai = ar + size, br = ai + size, bi = br + size,
            strips = planes + (2 * plane) + (4 * (size + channels));
        float* work = strips + (4L * height * strip);
        // From the last to the first: spectra are larger than real images, whose place they may take.
        for (int n = batch - 1; n >= 0; n--)
        {
            float* image = images + ((nint)n * height * size * (real ? 1 : 2)), spectrum = spectra + (n * plane * 2);
            for (int y = 0; y < height; y++)
            {
                float* re = planes + (y * LineFloats), im = re + plane;
                if (!real)
                {
                    Pairs<T>.Split(image + (y * size * 2), ar, ai, size);
                    line.Run<T>(ar, ai, re, im, work);
                }
                else if (even is not null)
                {
                    Pairs<T>.SplitRuns(image + (y * size), ar, ai, half, channels);
                    line.Run<T>(ar, ai, br, bi, work);
                    even.Separate<T>(br, bi, channels, re, im, channels);
                }
                else
                {
                    new Span<float>(ai, (int)size).Clear();
                    line.Run<T>(image + (y * size), ai, br, bi, work);
                    Copy(br, re, LineFloats);
                    Copy(bi, im, LineFloats);
                }
            }
            if (columns is null) Pairs<T>.Merge(planes, planes + plane, spectrum, plane, 1f);
            for (nint first = 0; columns is not null && first < LineFloats; first += strip)
            {
                first = Math.Min(first, LineFloats - strip);
                float* sr = strips, si = sr + ((nint)height * strip), tr = si + ((nint)height * strip), ti = tr + ((nint)height * strip);
                for (int y = 0; y < height; y++)
                {
                    Copy(planes + (y * LineFloats) + first, sr + (y * strip), strip);
                    Copy(planes + plane + (y * LineFloats) + first, si + (y * strip), strip);
                }
                columns.Run<T>(sr, si, tr, ti, work);
                for (int y = 0; y < height; y++)
                    Pairs<T>.Merge(tr + (y * strip), ti + (y * strip), spectrum + (2 * ((y * LineFloats) + first)), strip, 1f);
            }
        }
    }

    private void Inverse<T>(float* spectra, float* images, float* planes)
        where T : unmanaged, ILanes<T>
    {
        nint plane = height * LineFloats, size = (nint)width * channels, half = (nint)line.Length * channels;
        float* ar = planes + (2 * plane), ai = ar + size + channels, br = ai + size + channels, bi = br + size + channels;
        float* strips = planes + (2 * plane) + (4 * (size + channels)), work = strips + (4L * height * strip);
        float scale = 1f / ((float)height * width);
        for (int n = 0; n < batch; n++)
        {
            float* image = images + ((nint)n * height * size * (real ? 1 : 2)), spectrum = spectra + (n * plane * 2);
            if (columns is null) Pairs<T>.Split(spectrum, planes, planes + plane, plane);
            for (nint first = 0; columns is not null && first < LineFloats; first += strip)
            {
                first = Math.Min(first, LineFloats - strip);
                float* sr = strips, si = sr + ((nint)height * strip), tr = si + ((nint)height * strip), ti = tr + ((nint)height * strip);
                for (int y = 0; y < height; y++)
                    Pairs<T>.Split(spectrum + (2 * ((y * LineFloats) + first)), sr + (y * strip), si + (y * strip), strip);
                columns.Run<T>(si, sr, ti, tr, work);
                for (int y = 0; y < height; y++)
                {
                    Copy(tr + (y * strip), planes + (y * LineFloats) + first, strip);
                    Copy(ti + (y * strip), planes + plane + (y * LineFloats) + first, strip);
                }
            }
            for (int y = 0; y < height; y++)
            {
                float* re = planes + (y * LineFloats), im = re + plane;
                if (!real)
                {
                    line.Run<T>(im, re, ai, ar, work);
                    Pairs<T>.Merge(ar, ai, image + (y * size * 2), size, scale);
                }
                else if (even is not null)
                {
                    even.Join<T>(re, im, channels, br, bi, channels);
                    line.Run<T>(bi, br, ai, ar, work);
                    Pairs<T>.MergeRuns(ar, ai, image + (y * size), half, channels, scale);
                }
                else
                {
                    Complete(re, im, br, bi);
                    line.Run<T>(bi, br, ai, ar, work);
                    System.Numerics.Tensors.TensorPrimitives.Multiply(
                        new ReadOnlySpan<float>(ar, (int)size), scale, new Span<float>(image + (y * size), (int)size));
                }
            }
        }
    }

    /// <summary>Adds the second half of the spectrum of real numbers, which is the first one's conjugate.</summary>
    private void Complete(float* re, float* im, float* toR, float* toI)
    {
        for (int k = 0; k < width; k++)
        {
            int source = Math.Min(k, width - k);
            for (int c = 0; c < channels; c++)
            {
                toR[(k * channels) + c] = re[(source * channels) + c];
                toI[(k * channels) + c] = k == 0 ? 0f : k == source ? im[(source * channels) + c] : -im[(source * channels) + c];
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy(float* source, float* target, nint count) =>
        new ReadOnlySpan<float>(source, (int)count).CopyTo(new Span<float>(target, (int)count));
}
