namespace Fovea.Data;

/// <summary>Some images ready for a model. Its contents are valid until the next batch is asked for, then they are overwritten.</summary>
public sealed class ImageBatch
{
    private readonly float[] pixels;
    private readonly int[] labels;

    internal ImageBatch(int capacity, ImageShape shape)
    {
        Shape = shape;
        pixels = new float[capacity * shape.Length];
        labels = new int[capacity];
    }

    /// <summary>The number of this batch in its epoch, from 0 on.</summary>
    public int Index { get; internal set; }

    /// <summary>The number of images; less than the batch size only in an epoch's last batch.</summary>
    public int Count { get; internal set; }

    /// <summary>The size of each image.</summary>
    public ImageShape Shape { get; }

    /// <summary>The images, normalised: count × height × width × channels.</summary>
    public ReadOnlySpan<float> Pixels => pixels.AsSpan(0, Count * Shape.Length);

    /// <summary>The class number of each image.</summary>
    public ReadOnlySpan<int> Labels => labels.AsSpan(0, Count);

    internal Span<float> Image(int slot) => pixels.AsSpan(slot * Shape.Length, Shape.Length);

    internal ref int Label(int slot) => ref labels[slot];
}
