namespace Fovea.Data;

/// <summary>Brings each channel to mean 0 and standard deviation 1: a pixel x of 0..255 becomes (x / 255 − mean) / deviation.</summary>
/// <param name="Mean">The mean of each channel, of pixels scaled to 0..1.</param>
/// <param name="StandardDeviation">The standard deviation of each channel, of pixels scaled to 0..1; positive.</param>
public sealed record Normalization(float[] Mean, float[] StandardDeviation)
{
    /// <summary>The luminance weights of red, green and blue (ITU-R Recommendation BT.601, section 2.5.1).</summary>
    internal static ReadOnlySpan<float> LumaWeights => [0.299f, 0.587f, 0.114f];

    /// <summary>The normalisation that only scales to 0..1.</summary>
    public static Normalization None(int channels)
    {
        float[] ones = new float[channels];
        ones.AsSpan().Fill(1);
        return new Normalization(new float[channels], ones);
    }

    /// <summary>Measures interleaved pixels. A channel that never varies gets deviation 1, so that it becomes 0 throughout.</summary>
    internal static Normalization Of(ReadOnlySpan<byte> pixels, int channels)
    {
        float[] means = new float[channels], deviations = new float[channels];
        Span<long> counts = stackalloc long[256];
        for (int channel = 0; channel < channels; channel++)
        {
            // A histogram makes the sums exact, whatever the number of images.
            counts.Clear();
            for (int i = channel; i < pixels.Length; i += channels)
                counts[pixels[i]]++;
            double total = Math.Max(1, pixels.Length / channels), sum = 0, squares = 0;
            for (int value = 0; value < 256; value++)
            {
                sum += (double)counts[value] * value;
                squares += (double)counts[value] * value * value;
            }
            double mean = sum / total, variance = (squares / total) - (mean * mean);
            means[channel] = (float)(mean / 255);
            deviations[channel] = variance > 1e-9 ? (float)(Math.Sqrt(variance) / 255) : 1;
        }
        return new Normalization(means, deviations);
    }

    /// <summary>
    /// The same statistics for another number of channels: grey ones serve red, green and blue alike, and the luminance takes the
    /// weighted mean of those of the colours (for the deviation an upper bound, near the truth because colours go together in pictures).
    /// </summary>
    internal Normalization For(int channels) => (Mean.Length, channels) switch
    {
        (1, 3) => new Normalization([Mean[0], Mean[0], Mean[0]], [StandardDeviation[0], StandardDeviation[0], StandardDeviation[0]]),
        (3, 1) => new Normalization([Luma(Mean)], [Luma(StandardDeviation)]),
        var (own, other) when own == other => this,
        _ => throw new ArgumentException($"Statistics of {Mean.Length} channels do not apply to {channels}."),
    };

    private static float Luma(float[] rgb) => (LumaWeights[0] * rgb[0]) + (LumaWeights[1] * rgb[1]) + (LumaWeights[2] * rgb[2]);
}
