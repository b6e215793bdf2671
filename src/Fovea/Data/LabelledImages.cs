using Fovea.Core;

namespace Fovea.Data;

/// <summary>An immutable set of equally sized 8-bit images, each with the number of its class. Safe to read from any thread.</summary>
/// <remarks>
/// As a data set by itself it gives pixels divided by 255. <see cref="Fit"/> gives them as a network takes them, which the trainer does
/// by itself.
/// </remarks>
public sealed class LabelledImages : IDataset
{
    private readonly ReadOnlyMemory<byte> pixels;
    private readonly int[] labels;
    private readonly float[]? weights;
    private readonly Lazy<Normalization> normalization;

    /// <summary>Puts images and labels together.</summary>
    /// <param name="name">What to call the set in messages.</param>
    /// <param name="pixels">Count × height × width × channels bytes, NHWC, 0 (black) to 255. Kept, not copied: do not change it.</param>
    /// <param name="labels">One class number per image; copied.</param>
    /// <param name="height">Rows of each image.</param>
    /// <param name="width">Columns of each image.</param>
    /// <param name="channels">Channels of each pixel.</param>
    /// <param name="classNames">The name of every class.</param>
    /// <param name="weights">How much each image counts in the loss; null if all count the same. Copied.</param>
    /// <exception cref="ArgumentException">The pixels do not have the length that the labels and the size ask for, a label names no
    /// class, or the weights are not as many as the labels.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A dimension is not positive.</exception>
    public LabelledImages(
        string name,
        ReadOnlyMemory<byte> pixels,
        ReadOnlySpan<int> labels,
        int height,
        int width,
        int channels,
        IReadOnlyList<string> classNames,
        float[]? weights = null)
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
        this.weights = ExampleWeights.Checked(weights, labels.Length);
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

    /// <summary>Height × width × channels.</summary>
    public Shape InputShape => new(Height, Width, Channels);

    /// <summary>One class number an image.</summary>
    public TensorSpec Target { get; } = new(Fovea.Shape.Scalar, DType.Int32);

    /// <inheritdoc/>
    public bool IsWeighted => weights is not null;

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
        Require.NotNegative(count, "The number of images");
        count = Math.Min(count, Count);
        return new LabelledImages(Name, pixels[..(count * Shape.Length)], labels.AsSpan(0, count), Height, Width, Channels, ClassNames,
            weights?[..count]);
    }

    /// <summary>The same images, some counting more in the loss than others.</summary>
    /// <param name="weights">One for each image, at least 0.</param>
    /// <exception cref="ArgumentException">They are not as many as the images, or one is negative or not finite.</exception>
    public LabelledImages WithWeights(float[] weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        return new LabelledImages(Name, pixels, labels, Height, Width, Channels, ClassNames, weights);
    }

    /// <summary>The images as a network takes them.</summary>
    /// <param name="target">The size of the network's input.</param>
    /// <param name="normalization">The statistics of the images' channels or of the target's: those of the training set.</param>
    /// <param name="augmentation">How images are varied before they are fitted; not at all if null.</param>
    /// <exception cref="ArgumentException">The channels do not convert.</exception>
    public FittedImages Fit(ImageShape target, Normalization normalization, Augmentation? augmentation = null) =>
        new(this, target, normalization, augmentation ?? Augmentation.None);

    /// <inheritdoc/>
    public void Fill(int index, ExampleBuffer example)
    {
        FillTarget(index, example);
        ReadOnlySpan<byte> image = Pixels(index);
        for (int i = 0; i < image.Length; i++) example.Input[i] = image[i] / 255f;
    }

    internal void FillTarget(int index, ExampleBuffer example)
    {
        example.Label = labels[index];
        if (weights is not null) example.Weight = weights[index];
    }
}
