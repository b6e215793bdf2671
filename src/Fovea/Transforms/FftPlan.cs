using Fovea.Core;
using Fovea.Cpu.Convolution.Fft;

namespace Fovea;

/// <summary>Fourier transforms of one size: factors are computed and memory is reserved once.</summary>
/// <remarks>
/// <para>Forward is X[k] = Σ x[j]·exp(−2πi·jk/n) without a factor, and inverse has the opposite sign and the factor 1/n, so that one undoes
/// the other; for images, over lines and columns, with n = height·width. That is what NumPy's <c>numpy.fft</c> and others call "backward"
/// scaling.</para>
/// <para>Memory is batch × height × width × channels, channels innermost; every channel is transformed for itself. Of the spectrum of real
/// numbers only the columns 0 … width/2 (rounded down) are kept, as in <c>numpy.fft.rfft</c> and <c>rfft2</c>: batch × height × (width/2 +
/// 1) × channels. The others are conjugates, X[−k] = conj X[k]. Going back, imaginary parts that must be 0, of X[0] and for even widths of
/// X[width/2] in each line, are taken for 0.</para>
/// <para>Any length will do: factors 2, 3, 5 and 7 are fast, others go by a convolution of two to three times the length (Bluestein's
/// algorithm).
/// A result may begin where the source begins and take its place.</para>
/// <para>The first transform of real numbers, and the first of complex ones, prepares the plan; further ones allocate nothing. A plan
/// serves one caller at a time.</para>
/// </remarks>
public sealed unsafe class FftPlan
{
    private ImageTransform? real, complex;
    private float[] workspace = [];

    private FftPlan(int batch, int height, int width, int channels)
    {
        Require.Positive(batch, "The number of transforms");
        Require.Positive(height, "The height of a transform");
        Require.Positive(width, "The width of a transform");
        Require.Positive(channels, "The number of channels");
        (Batch, Height, Width, Channels) = (batch, height, width, channels);
        _ = checked(8 * Batch * Height * (Width + 2) * Channels);
    }

    /// <summary>How many images or sequences one call transforms.</summary>
    public int Batch { get; }

    /// <summary>Lines of an image; 1 for sequences.</summary>
    public int Height { get; }

    /// <summary>Columns of an image, or the length of a sequence.</summary>
    public int Width { get; }

    /// <summary>Numbers side by side that are transformed each for itself.</summary>
    public int Channels { get; }

    /// <summary>Elements of the images, real or complex.</summary>
    public int Elements => Batch * Height * Width * Channels;

    /// <summary>Complex numbers of the spectra of real images.</summary>
    public int HalfSpectrum => Batch * Height * ((Width / 2) + 1) * Channels;

    /// <summary>Plans transforms of sequences, batch × length × channels.</summary>
    /// <param name="length">The length.</param>
    /// <param name="batch">How many sequences, or bundles of <paramref name="channels"/> sequences.</param>
    /// <param name="channels">How many sequences are interleaved.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is not positive.</exception>
    /// <exception cref="OverflowException">There are more elements than a span has.</exception>
    public static FftPlan ForSequences(int length, int batch = 1, int channels = 1) => new(batch, 1, length, channels);

    /// <summary>Plans transforms of images, batch × height × width × channels.</summary>
    /// <param name="height">Lines.</param>
    /// <param name="width">Columns.</param>
    /// <param name="batch">How many images.</param>
    /// <param name="channels">Channels of a pixel.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is not positive.</exception>
    /// <exception cref="OverflowException">There are more elements than a span has.</exception>
    public static FftPlan ForImages(int height, int width, int batch = 1, int channels = 1) => new(batch, height, width, channels);

    /// <summary>Transforms real numbers.</summary>
    /// <param name="signal"><see cref="Elements"/> numbers.</param>
    /// <param name="spectrum">Receives <see cref="HalfSpectrum"/> numbers.</param>
    /// <exception cref="ArgumentException">A span has another length.</exception>
    public void Forward(ReadOnlySpan<float> signal, Span<ComplexSingle> spectrum)
    {
        Check(signal.Length, Elements, nameof(signal));
        Check(spectrum.Length, HalfSpectrum, nameof(spectrum));
        ImageTransform transform = Prepare(ref real, isReal: true);
        fixed (float* from = signal, work = workspace)
        fixed (ComplexSingle* to = spectrum) transform.Forward(from, (float*)to, work);
    }

    /// <summary>Transforms complex numbers.</summary>
    /// <param name="signal"><see cref="Elements"/> numbers.</param>
    /// <param name="spectrum">Receives as many; may be <paramref name="signal"/>.</param>
    /// <exception cref="ArgumentException">A span has another length.</exception>
    public void Forward(ReadOnlySpan<ComplexSingle> signal, Span<ComplexSingle> spectrum)
    {
        Check(signal.Length, Elements, nameof(signal));
        Check(spectrum.Length, Elements, nameof(spectrum));
        ImageTransform transform = Prepare(ref complex, isReal: false);
        fixed (float* work = workspace)
        fixed (ComplexSingle* from = signal, to = spectrum) transform.Forward((float*)from, (float*)to, work);
    }

    /// <summary>Transforms spectra back to real numbers.</summary>
    /// <param name="spectrum"><see cref="HalfSpectrum"/> numbers.</param>
    /// <param name="signal">Receives <see cref="Elements"/> numbers.</param>
    /// <exception cref="ArgumentException">A span has another length.</exception>
    public void Inverse(ReadOnlySpan<ComplexSingle> spectrum, Span<float> signal)
    {
        Check(spectrum.Length, HalfSpectrum, nameof(spectrum));
        Check(signal.Length, Elements, nameof(signal));
        ImageTransform transform = Prepare(ref real, isReal: true);
        fixed (ComplexSingle* from = spectrum)
        fixed (float* to = signal, work = workspace) transform.Inverse((float*)from, to, work);
    }

    /// <summary>Transforms spectra back to complex numbers.</summary>
    /// <param name="spectrum"><see cref="Elements"/> numbers.</param>
    /// <param name="signal">Receives as many; may be <paramref name="spectrum"/>.</param>
    /// <exception cref="ArgumentException">A span has another length.</exception>
    public void Inverse(ReadOnlySpan<ComplexSingle> spectrum, Span<ComplexSingle> signal)
    {
        Check(spectrum.Length, Elements, nameof(spectrum));
        Check(signal.Length, Elements, nameof(signal));
        ImageTransform transform = Prepare(ref complex, isReal: false);
        fixed (float* work = workspace)
        fixed (ComplexSingle* from = spectrum, to = signal) transform.Inverse((float*)from, (float*)to, work);
    }

    private static void Check(int length, int expected, string name)
    {
        if (length != expected) throw new ArgumentException($"The plan needs {expected} numbers here, not {length}.", name);
    }

    private ImageTransform Prepare(ref ImageTransform? transform, bool isReal)
    {
        if (transform is not null) return transform;
        transform = new ImageTransform(Batch, Height, Width, Channels, isReal);
        long floats = transform.WorkspaceBytes / sizeof(float);
        if (workspace.Length < floats) workspace = GC.AllocateUninitializedArray<float>(checked((int)floats), pinned: true);
        return transform;
    }
}
