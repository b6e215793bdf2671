namespace Fovea.Data;

/// <summary>How images of one size are brought to another.</summary>
public enum ImageFit
{
    /// <summary>The sizes agree.</summary>
    Copy,

    /// <summary>The image is a little smaller and is framed in black.</summary>
    Pad,

    /// <summary>The image is stretched or shrunk, each axis by itself.</summary>
    Resize,
}

/// <summary>
/// Turns images of 8-bit pixels into a model's input: fits their size, converts between grey and colour and normalises. Works from
/// tables made once, allocates nothing per image, and may be used from several threads.
/// </summary>
public sealed class InputTransform
{
    /// <summary>The largest part of the target's height or width that a frame may make up, rather than stretching the image.</summary>
    private const double LargestFrame = 0.25;

    private readonly float[][] tables;
    private readonly float[]? blackPixel;
    private readonly ImageResizer? resizer;

    /// <summary>Prepares the way from one size to another.</summary>
    /// <param name="source">The size of the images; 1 channel is grey, 3 are red, green and blue.</param>
    /// <param name="target">The size of the model's input.</param>
    /// <param name="normalization">The statistics of the images' channels, or of the input's channels.</param>
    /// <exception cref="ArgumentException">The channels cannot be converted or normalised: only grey and three colours can be converted
    /// into one another.</exception>
    public InputTransform(ImageShape source, ImageShape target, Normalization normalization)
    {
        if (source.Channels != target.Channels && (source.Channels, target.Channels) is not ((1, 3) or (3, 1)))
            throw new ArgumentException($"Images of {source} cannot be made into an input of {target}: the channels do not convert.");
        if (normalization.Mean.Length != normalization.StandardDeviation.Length
            || normalization.StandardDeviation.Any(deviation => !(deviation > 0)))
            throw new ArgumentException("A normalization needs as many positive deviations as means.", nameof(normalization));

        (Source, Target) = (source, target);
        Fit = FitOf(source, target);
        tables = MakeTables(source.Channels, target.Channels, normalization.For(target.Channels));
        if (Fit == ImageFit.Pad) Convert(new byte[source.Channels], blackPixel = new float[target.Channels]);
        if (Fit == ImageFit.Resize) resizer = new ImageResizer(source, target, Convert);
    }

    /// <summary>The size of the images.</summary>
    public ImageShape Source { get; }

    /// <summary>The size of the model's input.</summary>
    public ImageShape Target { get; }

    /// <summary>How the one becomes the other.</summary>
    public ImageFit Fit { get; }

    /// <summary>Transforms one image.</summary>
    /// <param name="pixels">Source height × width × channels bytes.</param>
    /// <param name="destination">Target height × width × channels floats, all of them written.</param>
    /// <exception cref="ArgumentException">A span does not have that length.</exception>
    public void Apply(ReadOnlySpan<byte> pixels, Span<float> destination)
    {
        if (pixels.Length != Source.Length || destination.Length != Target.Length)
            throw new ArgumentException(
                $"Expected {Source.Length} bytes and room for {Target.Length} floats, got {pixels.Length} and {destination.Length}.");
        if (Fit == ImageFit.Copy)
            Convert(pixels, destination);
        else if (Fit == ImageFit.Pad)
            Frame(pixels, destination);
        else
            resizer!.Apply(pixels, destination);
    }

    private static ImageFit FitOf(ImageShape source, ImageShape target)
    {
        int down = target.Height - source.Height, across = target.Width - source.Width;
        if (down == 0 && across == 0)
            return ImageFit.Copy;
        bool slightlySmaller = down >= 0 && across >= 0 && down <= LargestFrame * target.Height && across <= LargestFrame * target.Width;
        return slightlySmaller ? ImageFit.Pad : ImageFit.Resize;
    }

    /// <summary>
    /// What each byte of a source channel adds to a channel of the target. A target channel takes one source channel, or, for the
    /// luminance of colours, the weighted sum of three.
    /// </summary>
    private static float[][] MakeTables(int sourceChannels, int targetChannels, Normalization normalization)
    {
        bool luma = sourceChannels == 3 && targetChannels == 1;
        float[][] tables = new float[luma ? 3 : targetChannels][];
        for (int i = 0; i < tables.Length; i++)
        {
            int channel = luma ? 0 : i;
            double weight = luma ? Normalization.LumaWeights[i] : 1;
            double mean = normalization.Mean[channel], deviation = normalization.StandardDeviation[channel];
            tables[i] = new float[256];
            for (int value = 0; value < 256; value++)
                tables[i][value] = (float)(weight * ((value / 255.0) - mean) / deviation);
        }
        return tables;
    }

    /// <summary>Converts any number of pixels.</summary>
    private void Convert(ReadOnlySpan<byte> pixels, Span<float> destination)
    {
        int from = Source.Channels, to = Target.Channels;
        if (from == 3 && to == 1)
        {
            for (int i = 0; i < destination.Length; i++)
                destination[i] = tables[0][pixels[3 * i]] + tables[1][pixels[(3 * i) + 1]] + tables[2][pixels[(3 * i) + 2]];
            return;
        }
        for (int channel = 0; channel < to; channel++)
        {
            float[] table = tables[channel];
            for (int i = channel, j = from == 1 ? 0 : channel; i < destination.Length; i += to, j += from)
                destination[i] = table[pixels[j]];
        }
    }

    private void Frame(ReadOnlySpan<byte> pixels, Span<float> destination)
    {
        for (int i = 0; i < destination.Length; i += blackPixel!.Length) blackPixel.CopyTo(destination[i..]);
        int top = (Target.Height - Source.Height) / 2, left = (Target.Width - Source.Width) / 2;
        int sourceRow = Source.Width * Source.Channels, length = Source.Width * Target.Channels;
        for (int y = 0; y < Source.Height; y++)
        {
            int at = (((top + y) * Target.Width) + left) * Target.Channels;
            Convert(pixels.Slice(y * sourceRow, sourceRow), destination.Slice(at, length));
        }
    }
}
