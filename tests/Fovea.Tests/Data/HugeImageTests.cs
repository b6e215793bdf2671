using Fovea.Data;
using Fovea.Files;

namespace Fovea.Tests;

/// <summary>Images of one row or one column: small files, and easily more memory than a machine has.</summary>
[TestFixture]
internal sealed class HugeImageTests
{
    private const int Long = 200_000;

    /// <summary>What a row of the target, a piece of a row and the weights that are kept may take.</summary>
    private const long Room = 1 << 20;

    [TestCase(Long, 1, 1, 3)]
    [TestCase(Long, 1, 3, 3)]
    [TestCase(Long, 1, 3, 1)]
    [TestCase(1, Long, 1, 3)]
    [TestCase(1, Long, 3, 3)]
    [TestCase(1, Long, 3, 1)]
    [TestCase(Long / 3, 3, 3, 3)]
    [TestCase(3, Long / 3, 3, 3)]
    public void ResizingTakesMemoryOfTheTargetOnly(int height, int width, int channels, int toChannels)
    {
        ImageShape source = new(height, width, channels), target = new(227, 227, toChannels);
        byte[] pixels = new byte[source.Length];
        Array.Fill(pixels, (byte)100);
        float[] result = new float[target.Length];
        long before = GC.GetAllocatedBytesForCurrentThread();
        var transform = new InputTransform(source, target, Normalization.None(channels));
        transform.Apply(pixels, result);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(Room), "bytes allocated");
        Assert.That(result, Is.All.EqualTo(100 / 255f).Within(2e-5f));
    }

    /// <summary>A brightness that grows evenly keeps doing so; pieces that were joined wrongly would show.</summary>
    [TestCase(1, 100_000)]
    [TestCase(100_000, 1)]
    public void ASlopeStaysASlope(int height, int width)
    {
        ImageShape source = new(height, width, 1), target = new(10, 10, 1);
        byte[] pixels = [.. Enumerable.Range(0, source.Length).Select(i => (byte)(i / 400))];
        float[] result = new float[target.Length];
        new InputTransform(source, target, Normalization.None(1)).Apply(pixels, result);
        // Between the first and the last, whose triangles are cut off, a target sample is the mean around its centre.
        for (int i = 1; i < 9; i++)
        {
            float at = height == 1 ? result[(3 * 10) + i] : result[(i * 10) + 3];
            Assert.That(at, Is.EqualTo((((i + 0.5) * 10_000 / 400) - 0.5) / 255).Within(1e-4), $"sample {i}");
        }
    }

    /// <summary>The file, its pixels as bytes and twice a row as the file has it: nothing else grows with the image.</summary>
    [Test]
    public void DecodingTakesMemoryOfFileAndPixels(
        [Values("gray 8", "gray 16", "gray 1", "palette 8", "colour 16", "alpha 16")] string kind, [Values] bool interlaced,
        [Values] bool isRow)
    {
        (int colour, int depth, int samples, int channels) = kind switch
        {
            "gray 8" => (0, 8, 1, 1),
            "gray 16" => (0, 16, 1, 1),
            "gray 1" => (0, 1, 1, 1),
            "palette 8" => (3, 8, 1, 3),
            "colour 16" => (2, 16, 3, 3),
            _ => (6, 16, 4, 4),
        };
        // Zeros, filtered by nothing, are zeros in whatever order the passes have them; rows begin with a byte for the filter.
        int count = 1 << 20;
        long rowBytes = isRow ? (((long)count * samples * depth) + 7) / 8 : ((samples * depth) + 7) / 8;
        var png = new TestPng(isRow ? count : 1, isRow ? 1 : count, colour, depth) { Interlaced = interlaced };
        if (colour == 3) png.Before("PLTE", 7, 8, 9);
        byte[] file = png.Assemble(TestPng.Deflate(new byte[interlaced ? Interlaced() : (rowBytes + 1) * (isRow ? 1 : count)]));
        long before = GC.GetAllocatedBytesForCurrentThread();
        var image = RasterImage.Decode(file, "x.png");
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.That(image.Pixels, Has.Length.EqualTo(count * channels));
        Assert.That(image.Pixels[^1], Is.EqualTo(colour == 3 ? 9 : 0));
        Assert.That(allocated, Is.LessThan(image.Pixels.Length + rowBytes + (3 * file.Length) + (1 << 19)), "bytes allocated");

        // Of a single row or column, passes 1, 2, 4 and 6 or 1, 3, 5 and 7 have pixels: every 8th, 8th, 4th and 2nd.
        long Interlaced() => new[] { 8, 8, 4, 2 }.Sum(step => isRow
            ? 1 + ((((long)count / step * samples * depth) + 7) / 8)
            : count / step * (1 + rowBytes));
    }

    [TestCase(70_000_000, 1)]
    [TestCase(1, 70_000_000)]
    public void WhatPassesTheLimitIsRefusedWithWhatToDo(int width, int height)
    {
        byte[] png = new TestPng(width, height, 6, 8).Assemble(TestPng.Deflate(new byte[1000]));
        var fault = Assert.Throws<ImageFormatException>(() => RasterImage.Decode(png, "strip.png"))!;
        Assert.That(fault.Message, Does.StartWith("strip.png").And.Contain($"{width} × {height} pixels of 4 channels take 280000000 bytes")
            .And.Contain("limit of 268435456 bytes").And.Contain("Make the image smaller"));
        byte[] pnm = System.Text.Encoding.ASCII.GetBytes($"P6 {width * 2L} {height} 65535 a");
        fault = Assert.Throws<ImageFormatException>(() => RasterImage.Decode(pnm, "strip.ppm"))!;
        Assert.That(fault.Message, Does.StartWith("strip.ppm").And.Contain("limit of 268435456 bytes").And.Contain("Make the image"));
    }

    [Test]
    public void AnImageThatNoArrayHoldsInColourIsRefused()
    {
        var image = new RasterImage(800_000_000, 1, 1, new byte[800_000_000]);
        Assert.That(() => image.ToChannels(3), Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contains("800000000 × 1 pixels"));
    }
}
