using System.Buffers;

namespace Fovea.Data;

/// <summary>
/// Images as a network takes them: augmented, fitted to its input's size, normalised. <see cref="LabelledImages.Fit"/> makes it, and the
/// trainer does by itself.
/// </summary>
public sealed class FittedImages : IDataset
{
    private readonly LabelledImages images;
    private readonly InputTransform transform;
    private readonly Augmentation augmentation;

    internal FittedImages(LabelledImages images, ImageShape target, Normalization normalization, Augmentation augmentation)
    {
        (this.images, this.augmentation) = (images, augmentation);
        transform = new InputTransform(images.Shape, target, normalization);
        InputShape = new Shape(target.Height, target.Width, target.Channels);
    }

    /// <inheritdoc/>
    public string Name => images.Name;

    /// <inheritdoc/>
    public int Count => images.Count;

    /// <inheritdoc/>
    public Shape InputShape { get; }

    /// <inheritdoc/>
    public TensorSpec Target => images.Target;

    /// <inheritdoc/>
    public bool IsWeighted => images.IsWeighted;

    /// <inheritdoc/>
    public IReadOnlyList<string> ClassNames => images.ClassNames;

    /// <inheritdoc/>
    public void Fill(int index, ExampleBuffer example)
    {
        images.FillTarget(index, example);
        if (augmentation.IsNone)
        {
            transform.Apply(images.Pixels(index), example.Input);
            return;
        }
        byte[] buffer = ArrayPool<byte>.Shared.Rent(images.Shape.Length);
        Span<byte> augmented = buffer.AsSpan(0, images.Shape.Length);
        augmentation.Apply(images.Pixels(index), images.Shape, example.Seed, example.Epoch, index, augmented);
        transform.Apply(augmented, example.Input);
        ArrayPool<byte>.Shared.Return(buffer);
    }
}
