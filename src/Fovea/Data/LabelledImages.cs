namespace Fovea.Data;

/// <summary>An immutable set of equally sized 8-bit images, each with the number of its class. Safe to read from any thread.</summary>
public sealed class LabelledImages
{
    private readonly ReadOnlyMemory<byte> pixels;
    private readonly int[] labels;
    private readonly Lazy<Normalization> normalization;

    /// <summary>Puts images and labels together.</summary>
    /// <param name="name">What to call the set in messages.</param>
    /// <param name="pixels">Count × height × width × channels bytes, NHWC, 0 (black) to 255. Kept, not copied: do not change it.</param>
    /// <param name="labels">One class number per image; copied.</param>
    /// <param name="height">Rows of each image.</param>
    /// <param name="width">Columns of each image.</param>
    /// <param name="channels">Channels of each pixel.</param>
    /// <param name="classNames">The name of every class.</param>
    /// <exception cref="ArgumentException">The pixels do not have the length that the labels and the size ask for, or a label names no
    /// class.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A dimension is not positive.</exception>
    public LabelledImages(
        string name,
        ReadOnlyMemory<byte> pixels,
        ReadOnlySpan<int> labels,
        int height,
        int width,
        int channels,
        IReadOnlyList<string> classNames)
    {
        Shape = new ImageShape(height, width, channels);
        long needed = (long)labels.Length * Shape.Length;
        if (pixels.Length != needed)
            throw new ArgumentException($"{labels.Length} images of {Shape} need {needed} bytes, not {pixels.Length}.", nameof(pixels));
        foreach (int label in labels)
            if ((uint)label >= (uint)classNames.Count)
                throw new ArgumentException($"Label {label} names none of the {classNames.Count} classes.", nameof(labels));

        (Name, ClassNames) = (name, classNames);
        this.pixels = pixels;
        this.labels = labels.ToArray();
        normalization = new Lazy<Normalization>(() => Normalization.Of(this.pixels.Span, Shape.Channels));
    }

    /// <summary>What the set is called in messages.</summary>
    public string Name { get; }

    /// <summary>The number of images.</summary>
    public int Count => labels.Length;

    /// <summary>The size of every image.</summary>
    public ImageShape Shape { get; }

    /// <summary>Rows of each image.</summary>
    public int Height => Shape.Height;

    /// <summary>Columns of each image.</summary>
    public int Width => Shape.Width;

    /// <summary>Channels of each pixel.</summary>
    public int Channels => Shape.Channels;

    /// <summary>The name of every class, by class number.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>The channel statistics of these very images, computed when first asked for.</summary>
    public Normalization Normalization => normalization.Value;

    /// <summary>The pixels of one image: height × width × channels bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such image.</exception>
    public ReadOnlySpan<byte> Pixels(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
        return pixels.Span.Slice(index * Shape.Length, Shape.Length);
    }

    /// <summary>The class number of one image.</summary>
    /// <exception cref="IndexOutOfRangeException">There is no such image.</exception>
    public int Label(int index) => labels[index];

    /// <summary>The first images of this set, at most as many as it has, sharing its pixels.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The count is negative.</exception>
    public LabelledImages Take(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        count = Math.Min(count, Count);
        return new LabelledImages(Name, pixels[..(count * Shape.Length)], labels.AsSpan(0, count), Height, Width, Channels, ClassNames);
    }
}
