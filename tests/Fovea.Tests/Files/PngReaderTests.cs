using Fovea.Files;

namespace Fovea.Tests;

public class PngReaderTests
{
    private static readonly (int Width, int Height)[] Sizes = [(1, 1), (2, 3), (5, 5), (8, 8), (9, 17), (33, 6)];

    [Test]
    public void EveryColourTypeAndDepthIsRead(
        [Values(
            "0:1", "0:2", "0:4", "0:8", "0:16", "2:8", "2:16", "3:1", "3:2", "3:4", "3:8", "4:8", "4:16", "6:8", "6:16",
            "0:1t", "0:2t", "0:4t", "0:8t", "0:16t", "2:8t", "2:16t", "3:1t", "3:2t", "3:4t", "3:8t")] string kind,
        [Values] bool interlaced)
    {
        bool transparency = kind[^1] == 't';
        int colour = kind[0] - '0', depth = int.Parse(kind[2..].TrimEnd('t')), largest = (1 << depth) - 1;
        foreach (var (width, height) in Sizes)
        {
            var png = new TestPng(width, height, colour, depth) { Interlaced = interlaced, Split = 11 };
            var random = new System.Random((colour * 1000) + (depth * 10) + width);
            int[] samples = [.. Enumerable.Range(0, width * height * png.Channels).Select(_ => random.Next(largest + 1))];
            byte[] palette = new byte[3 << Math.Min(depth, 8)];
            random.NextBytes(palette);
            // The key is the first pixel's colour; another differs from it in the last bit alone.
            int[] key = samples[..png.Channels];
            if (samples.Length > png.Channels)
            {
                key.CopyTo(samples, png.Channels);
                samples[(2 * png.Channels) - 1] ^= 1;
            }

            if (colour == 3)
                png.Before("PLTE", palette);
            if (transparency)
                png.Before("tRNS", colour == 3 ? [7, 99] : [.. key.SelectMany(value => new[] { (byte)(value >> 8), (byte)value })]);
            var image = RasterImage.Decode(png.Encode(samples), "test.png");

            int[]? transparent = transparency ? key : null;
            byte[][] expected = [.. samples.Chunk(png.Channels).Select(pixel => Expected(colour, largest, pixel, palette, transparent))];
            Assert.That((image.Width, image.Height, image.Channels), Is.EqualTo((width, height, expected[0].Length)));
            Assert.That(image.Pixels, Is.EqualTo(expected.SelectMany(pixel => pixel)), $"{width}×{height}");
        }
    }

    [Test]
    public void ChunksThatNeedNotBeUnderstoodAndBytesBehindTheEndAreSkipped()
    {
        byte[] png = new TestPng(2, 1, 0, 8).Before("gAMA", 0, 0, 1, 2).Before("teXt").After("tIME", 1, 2, 3).Encode([3, 200]);
        Assert.That(RasterImage.Decode([.. png, 1, 2, 3], "test.png").Pixels, Is.EqualTo(new byte[] { 3, 200 }));
    }

    [Test]
    public void PixelsInManySmallChunksAreRead()
    {
        byte[] png = new TestPng(2, 1, 0, 8) { Split = 1 }.Encode([3, 200]);
        Assert.That(RasterImage.Decode(png, "test.png").Pixels, Is.EqualTo(new byte[] { 3, 200 }));
    }

    private static byte[] Expected(int colour, int largest, int[] pixel, byte[] palette, int[]? key)
    {
        byte[] scaled = [.. pixel.Select(value => (byte)Math.Round(value * 255.0 / largest))];
        byte alpha = key is not null && pixel.SequenceEqual(key) ? (byte)0 : (byte)255;
        return colour switch
        {
            0 => key is null ? scaled : [scaled[0], scaled[0], scaled[0], alpha],
            2 => key is null ? scaled : [.. scaled, alpha],
            3 when key is null => palette[(pixel[0] * 3)..((pixel[0] * 3) + 3)],
            3 => [.. palette.AsSpan(pixel[0] * 3, 3), pixel[0] switch { 0 => 7, 1 => 99, _ => 255 }],
            4 => [scaled[0], scaled[0], scaled[0], scaled[1]],
            _ => scaled,
        };
    }
}
