using Fovea.Core;
using Fovea.Core.Files;

namespace Fovea.Files;

/// <summary>
/// An image in memory: rows from the top, pixels from the left, the channels of a pixel together (H×W×C), a byte each. One
/// channel is gray, three are red, green, blue, four have alpha besides, not premultiplied. Values are as the file has
/// them: no gamma or colour profile is applied.
/// </summary>
public sealed class RasterImage
{
    /// <summary>The most bytes of pixels that a file may ask for, 256 MiB.</summary>
    internal const long MaxBytes = 1L << 28;

    private const long MaxFileLength = 1L << 30;

    /// <summary>Takes pixels into an image, without a copy.</summary>
    /// <param name="width">The width in pixels, at least 1.</param>
    /// <param name="height">The height in pixels, at least 1.</param>
    /// <param name="channels">1, 3 or 4.</param>
    /// <param name="pixels">Height · width · channels bytes.</param>
    /// <exception cref="ArgumentException">The sizes are out of range or do not fit together.</exception>
    public RasterImage(int width, int height, int channels, byte[] pixels)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        Require.Positive(width, "An image's width");
        Require.Positive(height, "An image's height");
        if (channels is not (1 or 3 or 4))
            throw new ArgumentOutOfRangeException(nameof(channels), channels, "An image has 1, 3 or 4 channels.");
        if ((Int128)width * height * channels != pixels.Length)
            throw new ArgumentException($"{pixels.Length} bytes are not {height} × {width} × {channels}.", nameof(pixels));
        (Width, Height, Channels, Pixels) = (width, height, channels, pixels);
    }

    /// <summary>Gets the width in pixels.</summary>
    public int Width { get; }

    /// <summary>Gets the height in pixels.</summary>
    public int Height { get; }

    /// <summary>Gets the number of channels: 1, 3 or 4.</summary>
    public int Channels { get; }

    /// <summary>Gets the pixels themselves, not a copy.</summary>
    public byte[] Pixels { get; }

    /// <summary>Loads a PNG or PNM (P2, P3, P5, P6) file, told apart by its first bytes; its name does not matter.</summary>
    /// <exception cref="ImageFormatException">The file is damaged, of another kind, larger than 1 GiB, or has more than 256 MiB of
    /// pixels.</exception>
    /// <exception cref="IOException">The file cannot be read; a missing one gives <see cref="FileNotFoundException"/>.</exception>
    /// <exception cref="UnauthorizedAccessException">Reading the file is not permitted.</exception>
    public static RasterImage Load(string path)
    {
        InputPath.CheckFile(path);
        long length = new FileInfo(path).Length;
        if (length > MaxFileLength)
            throw new ImageFormatException(path,
                $"the file has {length} bytes; images are read up to {MaxFileLength}. Make it smaller with an image program first.");
        return Decode(File.ReadAllBytes(path), path);
    }

    /// <summary>Decodes a PNG or PNM file that is in memory.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="name">What to call it in messages.</param>
    /// <exception cref="ImageFormatException">The file is damaged, of another kind, or has more than 256 MiB of pixels.</exception>
    public static RasterImage Decode(byte[] file, string name)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (PnmReader.Knows(file)) return new PnmReader(file, name).Read();
        if (!PngReader.Knows(file)) throw ImageSignature.Refusal(file, name);
        using var reader = new PngReader(file, name);
        return reader.Read();
    }

    /// <summary>Saves the image as an 8-bit PNG file; the file appears whole or not at all.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder does not permit it.</exception>
    public void SavePng(string path) => AtomicFile.Write(path, stream => PngWriter.Write(this, stream));

    /// <summary>Says that an image is larger than a file may ask for, and what to do.</summary>
    internal static string TooLarge(int width, int height, int channels) =>
        $"{width} × {height} pixels of {channels} channels take {(Int128)width * height * channels} bytes and pass the limit of {MaxBytes} "
            + "bytes. Make the image smaller with an image program first.";

    /// <summary>Gives the image with one channel (gray) or three (red, green, blue); itself if it is so already.</summary>
    /// <param name="channels">1 or 3.</param>
    /// <param name="background">The gray level that shows through where the image is transparent; white unless said otherwise.</param>
    /// <remarks>Gray is 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601), rounded to the nearest.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">The number of channels is neither 1 nor 3, or an array cannot hold so many pixels with
    /// it.</exception>
    public RasterImage ToChannels(int channels, byte background = 255)
    {
        if (channels is not (1 or 3))
            throw new ArgumentOutOfRangeException(nameof(channels), channels, "Images are converted to 1 or 3 channels.");
        if (channels == Channels)
            return this;

        Int128 size = (Int128)Width * Height * channels;
        if (size > Array.MaxLength)
            throw new ArgumentOutOfRangeException(
                nameof(channels), channels, $"An image of {Width} × {Height} pixels with {channels} channels does not fit into an array.");
        byte[] result = new byte[(int)size];
        for (int from = 0, to = 0; from < Pixels.Length; from += Channels, to += channels)
        {
            var pixel = Pixels.AsSpan(from, Channels);
            var (red, green, blue) = Channels == 1 ? (pixel[0], pixel[0], pixel[0]) : (pixel[0], pixel[1], pixel[2]);
            if (Channels == 4)
            {
                int alpha = pixel[3];
                byte Over(byte value) => (byte)(((value * alpha) + (background * (255 - alpha)) + 127) / 255);
                (red, green, blue) = (Over(red), Over(green), Over(blue));
            }
            if (channels == 3)
                (result[to], result[to + 1], result[to + 2]) = (red, green, blue);
            else
                result[to] = (byte)(((red * 299) + (green * 587) + (blue * 114) + 500) / 1000);
        }
        return new RasterImage(Width, Height, channels, result);
    }
}
