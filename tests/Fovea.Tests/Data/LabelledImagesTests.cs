using Fovea.Core.Random;
using Fovea.Data;

namespace Fovea.Tests;

[TestFixture]
internal sealed class LabelledImagesTests
{
    [Test]
    public void NormalizationIsMeanAndDeviationOfEachChannel()
    {
        var random = new RandomStream(3, 0);
        byte[] pixels = new byte[5 * 4 * 3 * 2];
        for (int i = 0; i < pixels.Length; i++)
            pixels[i] = (byte)random.NextInt32(i % 2 == 0 ? 256 : 100);
        Normalization measured = new LabelledImages("set", pixels, new int[5], 4, 3, 2, ["only"]).Normalization;
        for (int channel = 0; channel < 2; channel++)
        {
            double[] values = [.. pixels.Where((_, i) => i % 2 == channel).Select(value => value / 255.0)];
            double mean = values.Average(), deviation = Math.Sqrt(values.Average(value => (value - mean) * (value - mean)));
            Assert.That(measured.Mean[channel], Is.EqualTo(mean).Within(1e-6));
            Assert.That(measured.StandardDeviation[channel], Is.EqualTo(deviation).Within(1e-6));
        }
    }

    [Test]
    public void ConstantChannelNormalisesToZero()
    {
        Normalization measured = new LabelledImages("set", new byte[] { 51, 51 }, new int[2], 1, 1, 1, ["only"]).Normalization;
        Assert.That((measured.Mean[0], measured.StandardDeviation[0]), Is.EqualTo((0.2f, 1f)));
    }

    [Test]
    public void TakeSharesTheFirstImages()
    {
        var set = new LabelledImages("set", new byte[] { 1, 2, 3, 4 }, [0, 1], 1, 2, 1, ["a", "b"]);
        Assert.That(set.Take(1).Pixels(0).ToArray(), Is.EqualTo(new byte[] { 1, 2 }));
        Assert.That(set.Take(9).Count, Is.EqualTo(2));
        Assert.That(() => set.Take(1).Pixels(1).Length, Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => set.Pixels(-1).Length, Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void WhatDoesNotFitTogetherIsRefused()
    {
        Assert.That(() => Make(new byte[3], [0, 1], 2), Throws.ArgumentException.With.Message.Contains("need 4 bytes"));
        Assert.That(() => Make(new byte[2], [0, 2], 1), Throws.ArgumentException.With.Message.Contains("Label 2"));
        Assert.That(() => Make(new byte[2], [0, 0], 0), Throws.TypeOf<ArgumentOutOfRangeException>());

        static LabelledImages Make(byte[] pixels, int[] labels, int width) => new("set", pixels, labels, 1, width, 1, ["a", "b"]);
    }
}
