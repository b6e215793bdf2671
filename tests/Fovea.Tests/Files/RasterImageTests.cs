using Fovea.Files;
using Fovea.Testing;

namespace Fovea.Tests;

public class RasterImageTests
{
    [Test]
    public void PngFilesSurviveARoundTrip([Values(1, 3, 4)] int channels, [Values(1, 2, 7, 64)] int width, [Values(1, 3, 50)] int height)
    {
        // Half smooth, half noise, so that every filter has its turn.
        var random = new System.Random(channels + width + height);
        byte[] pixels = [.. Enumerable.Range(0, width * height * channels).Select(i => (byte)(i % 2 == 0 ? i * 3 : random.Next(256)))];
        using var folder = new TempFolder();
        new RasterImage(width, height, channels, pixels).SavePng(folder["x.png"]);

        var image = RasterImage.Load(folder["x.png"]);
        Assert.That((image.Width, image.Height, image.Channels), Is.EqualTo((width, height, channels)));
        Assert.That(image.Pixels, Is.EqualTo(pixels));
        Assert.That(folder.Names(), Is.EqualTo(new[] { "x.png" }));
    }

    [Test]
    public void TheWriterChoosesFilters()
    {
        // A bowl repeats nothing, but its slopes do.
        byte[] pixels = new byte[256 * 256];
        for (int i = 0; i < pixels.Length; i++)
            pixels[i] = (byte)(((i / 256 * (i / 256)) + (i % 256 * (i % 256) * 3)) / 97);
        using var folder = new TempFolder();
        new RasterImage(256, 256, 1, pixels).SavePng(folder["x.png"]);
        Assert.That(new FileInfo(folder["x.png"]).Length, Is.LessThan(TestPng.Deflate(pixels).Length / 2));
    }

    [Test]
    public void TransparencyShowsTheBackground()
    {
        var image = new RasterImage(3, 1, 4, [10, 20, 30, 255, 10, 20, 30, 0, 100, 200, 0, 51]);
        Assert.That(image.ToChannels(3).Pixels, Is.EqualTo(new byte[] { 10, 20, 30, 255, 255, 255, 224, 244, 204 }));
        Assert.That(image.ToChannels(3, background: 5).Pixels, Is.EqualTo(new byte[] { 10, 20, 30, 5, 5, 5, 24, 44, 4 }));
        Assert.That(image.ToChannels(1, background: 0).Pixels, Is.EqualTo(new byte[] { 18, 0, 29 }));
    }

    [Test]
    public void GrayAndColourConvert()
    {
        var colours = new RasterImage(2, 2, 3, [255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255]);
        Assert.That(colours.ToChannels(1).Pixels, Is.EqualTo(new byte[] { 76, 150, 29, 255 }));
        Assert.That(colours.ToChannels(3), Is.SameAs(colours));
        Assert.That(new RasterImage(2, 1, 1, [7, 255]).ToChannels(3).Pixels, Is.EqualTo(new byte[] { 7, 7, 7, 255, 255, 255 }));
        Assert.That(() => colours.ToChannels(4), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void SizesMustFit()
    {
        Assert.That(() => new RasterImage(2, 2, 3, new byte[11]), Throws.ArgumentException.With.Message.Contains("2 × 2 × 3"));
        Assert.That(() => new RasterImage(0, 2, 3, []), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => new RasterImage(1, 1, 2, new byte[2]), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => new RasterImage(int.MaxValue, int.MaxValue, 4, new byte[4]), Throws.ArgumentException);
    }

    [TestCase("FFD8FFE000104A464946", "JPEG", "Convert it to PNG")]
    [TestCase("474946383961", "GIF", "Convert it to PNG")]
    [TestCase("524946460000000057454250", "WebP", "Convert it to PNG")]
    [TestCase("49492A0008000000", "TIFF", "Convert it to PNG")]
    [TestCase("504B0304", "504B0304", "PNG and PNM")]
    [TestCase("50", "begins with 50", "PNG and PNM")]
    [TestCase("50350000", "begins with 50350000", "PNG and PNM")]
    [TestCase("89504E470A1A0A", "PNG signature", "transferred as text")]
    [TestCase("", "empty", "")]
    public void FilesThatAreNotReadAreNamed(string hex, string first, string second)
    {
        using var folder = new TempFolder();
        string path = folder.Write("photo.jpg", Convert.FromHexString(hex));
        Assert.That(() => RasterImage.Load(path),
            Throws.TypeOf<ImageFormatException>().With.Message.Contains(path).And.Message.Contains(first).And.Message.Contains(second));
    }

    [Test]
    public void MissingAndOversizedFilesAreReported()
    {
        using var folder = new TempFolder();
        Assert.That(() => RasterImage.Load(folder["none.png"]), Throws.TypeOf<FileNotFoundException>());
        using (var stream = File.Create(folder["big.png"]))
            stream.SetLength((1L << 30) + 1);
        Assert.That(
            () => RasterImage.Load(folder["big.png"]),
            Throws.TypeOf<ImageFormatException>().With.Message.Contains("1073741825"));
    }
}
