using Fovea.Core;

namespace Fovea.Data;

/// <summary>The size of one image: height × width pixels of interleaved channels.</summary>
public readonly record struct ImageShape
{
    /// <summary>Names a size.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A dimension is not positive, or one array cannot hold the image.</exception>
    public ImageShape(int height, int width, int channels)
    {
        Require.Positive(height, "An image's height");
        Require.Positive(width, "An image's width");
        Require.Positive(channels, "An image's number of channels");
        if ((Int128)height * width * channels > Array.MaxLength)
            throw new ArgumentOutOfRangeException(nameof(height), $"An image of {height}×{width}×{channels} does not fit into memory.");
        (Height, Width, Channels) = (height, width, channels);
    }

    /// <summary>The images that a network of an input of this shape takes; null if it takes no images.</summary>
    internal static ImageShape? Of(Shape input) => input.Rank == 3 ? new ImageShape(input[0], input[1], input[2]) : null;

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>Values per pixel: 1 for grey, 3 for red, green and blue.</summary>
    public int Channels { get; }

    /// <summary>Values per image.</summary>
    public int Length => Height * Width * Channels;

    /// <summary>Gives the size as "28×28×1".</summary>
    public override string ToString() => $"{Height}×{Width}×{Channels}";
}
