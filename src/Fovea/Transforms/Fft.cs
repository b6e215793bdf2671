namespace Fovea;

/// <summary>Fourier transforms of single sequences and images; see <see cref="FftPlan"/> for definition, scaling and packing.</summary>
/// <remarks>Each thread keeps the plans of the sizes it used last. Who transforms many of one size makes a plan.</remarks>
public static class Fft
{
    private const int MostPlans = 16;

    [ThreadStatic]
    private static Dictionary<(int Height, int Width), FftPlan>? Plans;

    /// <summary>Transforms a real sequence of n numbers to the first n/2 + 1 (rounded down) of its spectrum.</summary>
    /// <param name="signal">n numbers.</param>
    /// <param name="spectrum">Receives n/2 + 1 numbers.</param>
    /// <exception cref="ArgumentException">A length is wrong.</exception>
    public static void Forward(ReadOnlySpan<float> signal, Span<ComplexSingle> spectrum) =>
        Plan(1, signal.Length).Forward(signal, spectrum);

    /// <summary>Transforms a complex sequence.</summary>
    /// <param name="signal">n numbers.</param>
    /// <param name="spectrum">Receives n numbers; may be <paramref name="signal"/>.</param>
    /// <exception cref="ArgumentException">A length is wrong.</exception>
    public static void Forward(ReadOnlySpan<ComplexSingle> signal, Span<ComplexSingle> spectrum) =>
        Plan(1, signal.Length).Forward(signal, spectrum);

    /// <summary>Transforms a spectrum back to a real sequence, and divides by its length.</summary>
    /// <param name="spectrum">The first n/2 + 1 numbers of the spectrum.</param>
    /// <param name="signal">Receives n numbers; its length says what n is.</param>
    /// <exception cref="ArgumentException">A length is wrong.</exception>
    public static void Inverse(ReadOnlySpan<ComplexSingle> spectrum, Span<float> signal) =>
        Plan(1, signal.Length).Inverse(spectrum, signal);

    /// <summary>Transforms a spectrum back to a complex sequence, and divides by its length.</summary>
    /// <param name="spectrum">n numbers.</param>
    /// <param name="signal">Receives n numbers; may be <paramref name="spectrum"/>.</param>
    /// <exception cref="ArgumentException">A length is wrong.</exception>
    public static void Inverse(ReadOnlySpan<ComplexSingle> spectrum, Span<ComplexSingle> signal) =>
        Plan(1, signal.Length).Inverse(spectrum, signal);

    /// <summary>Transforms a real image over lines and columns.</summary>
    /// <param name="image">height × width numbers.</param>
    /// <param name="spectrum">Receives height × (width/2 + 1) numbers.</param>
    /// <param name="height">Lines.</param>
    /// <param name="width">Columns.</param>
    /// <exception cref="ArgumentException">A length is wrong.</exception>
    public static void Forward(ReadOnlySpan<float> image, Span<ComplexSingle> spectrum, int height, int width) =>
        Plan(height, width).Forward(image, spectrum);

    /// <summary>Transforms a complex image over lines and columns.</summary>
    /// <param name="image">height × width numbers.</param>
    /// <param name="spectrum">Receives as many; may be <paramref name="image"/>.</param>
    /// <param name="height">Lines.</param>
    /// <param name="width">Columns.</param>
    /// <exception cref="ArgumentException">A length is wrong.</exception>
    public static void Forward(ReadOnlySpan<ComplexSingle> image, Span<ComplexSingle> spectrum, int height, int width) =>
        Plan(height, width).Forward(image, spectrum);

    /// <summary>Transforms a spectrum back to a real image, and divides by height · width.</summary>
    /// <param name="spectrum">height × (width/2 + 1) numbers.</param>
    /// <param name="image">Receives height × width numbers.</param>
    /// <param name="height">Lines.</param>
    /// <param name="width">Columns.</param>
    /// <exception cref="ArgumentException">A length is wrong.</exception>
    public static void Inverse(ReadOnlySpan<ComplexSingle> spectrum, Span<float> image, int height, int width) =>
        Plan(height, width).Inverse(spectrum, image);

    /// <summary>Transforms a spectrum back to a complex image, and divides by height · width.</summary>
    /// <param name="spectrum">height × width numbers.</param>
    /// <param name="image">Receives as many; may be <paramref name="spectrum"/>.</param>
    /// <param name="height">Lines.</param>
    /// <param name="width">Columns.</param>
    /// <exception cref="ArgumentException">A length is wrong.</exception>
    public static void Inverse(ReadOnlySpan<ComplexSingle> spectrum, Span<ComplexSingle> image, int height, int width) =>
        Plan(height, width).Inverse(spectrum, image);

    private static FftPlan Plan(int height, int width)
    {
        Plans ??= [];
        if (Plans.TryGetValue((height, width), out FftPlan? plan)) return plan;
        plan = FftPlan.ForImages(height, width);
        if (Plans.Count == MostPlans) Plans.Clear();
        Plans.Add((height, width), plan);
        return plan;
    }
}
