using Fovea.Data;
using Fovea.Files;

namespace Fovea.Cli.Output;

/// <summary>Many small images in one.</summary>
internal static class ContactSheet
{
    private const int Gap = 2;

    private const byte Background = 96;

    public static RasterImage Of(LabelledImages images)
    {
        int columns = (int)Math.Ceiling(Math.Sqrt(images.Count)), rows = (images.Count + columns - 1) / columns, channels = images.Channels;
        int width = (columns * (images.Width + Gap)) + Gap, height = (rows * (images.Height + Gap)) + Gap;
        byte[] pixels = new byte[(long)width * height * channels];
        pixels.AsSpan().Fill(Background);
        for (int i = 0; i < images.Count; i++)
        {
            int left = Gap + (i % columns * (images.Width + Gap)), top = Gap + (i / columns * (images.Height + Gap)),
                length = images.Width * channels;
            for (int y = 0; y < images.Height; y++)
                images.Pixels(i).Slice(y * length, length).CopyTo(pixels.AsSpan((((top + y) * width) + left) * channels));
        }
        return new RasterImage(width, height, channels, pixels);
    }
}
