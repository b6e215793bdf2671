using Fovea.Core.Random;
using Fovea.Data;

namespace Fovea.Tests;

[TestFixture]
internal sealed class InputTransformTests
{
    private static readonly Normalization Grey = new([0.13f], [0.31f]);
    private static readonly Normalization Colour = new([0.49f, 0.48f, 0.45f], [0.25f, 0.24f, 0.26f]);

    [TestCase(7, 5, 3, 7, 5, 3, ImageFit.Copy)]
    [TestCase(7, 5, 1, 7, 5, 3, ImageFit.Copy)]
    [TestCase(7, 5, 3, 7, 5, 1, ImageFit.Copy)]
    [TestCase(28, 28, 1, 32, 32, 1, ImageFit.Pad)]
    [TestCase(28, 28, 1, 32, 32, 3, ImageFit.Pad)]
    [TestCase(6, 8, 3, 8, 8, 1, ImageFit.Pad)]
    [TestCase(9, 12, 3, 12, 15, 3, ImageFit.Pad)]
    [TestCase(5, 8, 1, 8, 8, 1, ImageFit.Resize)]
    [TestCase(8, 9, 1, 8, 8, 1, ImageFit.Resize)]
    [TestCase(32, 32, 3, 28, 28, 1, ImageFit.Resize)]
    [TestCase(32, 32, 3, 224, 96, 3, ImageFit.Resize)]
    [TestCase(50, 17, 1, 7, 40, 3, ImageFit.Resize)]
    [TestCase(1, 1, 3, 4, 4, 3, ImageFit.Resize)]
    public void AgreesWithStraightforwardCode(int height, int width, int channels, int toHeight, int toWidth, int toChannels, ImageFit fit)
    {
        ImageShape source = new(height, width, channels), target = new(toHeight, toWidth, toChannels);
        Normalization normalization = channels == 1 ? Grey : Colour;
        var transform = new InputTransform(source, target, normalization);
        Assert.That(transform.Fit, Is.EqualTo(fit));

        byte[] pixels = RandomBytes(source.Length);
        float[] actual = new float[target.Length];
        Array.Fill(actual, float.NaN);
        transform.Apply(pixels, actual);
        double[] expected = Reference(pixels, source, target, normalization, fit);
        for (int i = 0; i < expected.Length; i++)
            Assert.That(actual[i], Is.EqualTo(expected[i]).Within(2e-5), $"value {i}");
    }

    [Test]
    public void StatisticsMayBeThoseOfTheInput()
    {
        float[] grey = new float[1], colour = new float[3];
        new InputTransform(new(1, 1, 3), new(1, 1, 1), Grey).Apply([10, 200, 30], grey);
        Assert.That(grey[0], Is.EqualTo((((0.299 * 10) + (0.587 * 200) + (0.114 * 30)) / 255 - 0.13) / 0.31).Within(1e-5));
        new InputTransform(new(1, 1, 1), new(1, 1, 3), Colour).Apply([77], colour);
        for (int channel = 0; channel < 3; channel++)
        {
            double expected = ((77 / 255.0) - Colour.Mean[channel]) / Colour.StandardDeviation[channel];
            Assert.That(colour[channel], Is.EqualTo(expected).Within(1e-5));
        }
    }

    [TestCase(10, 3)]
    [TestCase(3, 10)]
    public void ResizingKeepsAConstantImage(int from, int to)
    {
        byte[] pixels = new byte[from * from];
        Array.Fill(pixels, (byte)100);
        float[] result = new float[to * to];
        new InputTransform(new(from, from, 1), new(to, to, 1), Normalization.None(1)).Apply(pixels, result);
        Assert.That(result, Is.All.EqualTo(100 / 255f).Within(1e-6f));
    }

    [Test]
    public void AllocatesNothingPerImage()
    {
        var transform = new InputTransform(new(32, 32, 3), new(64, 64, 3), Colour);
        byte[] pixels = RandomBytes(3072);
        float[] result = new float[64 * 64 * 3];
        transform.Apply(pixels, result);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 20; i++)
            transform.Apply(pixels, result);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test]
    public void WhatCannotBeConvertedIsRefused()
    {
        Assert.That(() => new InputTransform(new(4, 4, 2), new(4, 4, 3), Colour), Throws.ArgumentException);
        Assert.That(() => new InputTransform(new(4, 4, 2), new(4, 4, 2), Colour), Throws.ArgumentException);
        Assert.That(() => new InputTransform(new(4, 4, 1), new(4, 4, 1), new([0f], [0f])), Throws.ArgumentException);
        var transform = new InputTransform(new(4, 4, 1), new(4, 4, 1), Grey);
        Assert.That(() => transform.Apply(new byte[15], new float[16]), Throws.ArgumentException);
        Assert.That(() => transform.Apply(new byte[16], new float[17]), Throws.ArgumentException);
    }

    internal static byte[] RandomBytes(int count)
    {
        var random = new RandomStream(11, (ulong)count);
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++)
            bytes[i] = (byte)random.NextInt32(256);
        return bytes;
    }

    private static double[] Reference(byte[] pixels, ImageShape source, ImageShape target, Normalization statistics, ImageFit fit)
    {
        double[] result = new double[target.Length];
        int top = (target.Height - source.Height) / 2, left = (target.Width - source.Width) / 2;
        for (int y = 0; y < target.Height; y++)
            for (int x = 0; x < target.Width; x++)
                for (int channel = 0; channel < target.Channels; channel++)
                {
                    double value = 0, total = 0;
                    for (int fromY = 0; fromY < source.Height; fromY++)
                        for (int fromX = 0; fromX < source.Width; fromX++)
                        {
                            double weight = fit == ImageFit.Resize
                                ? Triangle(fromY, y, source.Height, target.Height) * Triangle(fromX, x, source.Width, target.Width)
                                : fromY == y - top && fromX == x - left ? 1 : 0;
                            total += weight;
                            value += weight * Pixel(fromY, fromX, channel);
                        }
                    double mean = Statistic(statistics.Mean, channel), deviation = Statistic(statistics.StandardDeviation, channel);
                    result[(((y * target.Width) + x) * target.Channels) + channel] = ((total > 0 ? value / total : 0) - mean) / deviation;
                }
        return result;

        double Pixel(int y, int x, int channel)
        {
            double At(int c) => pixels[(((y * source.Width) + x) * source.Channels) + c] / 255.0;
            return (source.Channels, target.Channels) switch
            {
                (3, 1) => (0.299 * At(0)) + (0.587 * At(1)) + (0.114 * At(2)),
                (1, _) => At(0),
                _ => At(channel),
            };
        }

        double Statistic(float[] values, int channel) => (source.Channels, target.Channels) switch
        {
            (3, 1) => (0.299 * values[0]) + (0.587 * values[1]) + (0.114 * values[2]),
            (1, _) => values[0],
            _ => values[channel],
        };
    }

    private static double Triangle(int from, int to, int sourceLength, int targetLength)
    {
        double scale = (double)sourceLength / targetLength;
        return Math.Max(0, 1 - (Math.Abs(from + 0.5 - ((to + 0.5) * scale)) / Math.Max(1, scale)));
    }
}
