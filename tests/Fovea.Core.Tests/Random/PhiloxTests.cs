using Fovea.Core.Random;

namespace Fovea.Core.Tests;

public class PhiloxTests
{
    // Known answers published with the authors' own implementation (Random123, kat_vectors).
    [TestCase(0ul, 0ul, 0ul, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [TestCase(ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu)]
    [TestCase(0x299f31d0a4093822ul, 0x85a308d3243f6a88ul, 0x0370734413198a2eul, 0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u)]
    public void MatchesThePublishedVectors(ulong key, ulong low, ulong high, uint x, uint y, uint z, uint w) =>
        Assert.That(Philox.Block(key, low, high), Is.EqualTo(new PhiloxBlock(x, y, z, w)));

    [Test]
    public void StreamsRepeatAndDiffer()
    {
        var first = new RandomStream(7, 1);
        var again = new RandomStream(7, 1);
        var other = new RandomStream(7, 2);
        uint[] a = Draw(ref first), b = Draw(ref again), c = Draw(ref other);
        Assert.That(a, Is.EqualTo(b));
        Assert.That(a, Is.Not.EqualTo(c));

        static uint[] Draw(ref RandomStream stream)
        {
            uint[] words = new uint[33];
            for (int i = 0; i < words.Length; i++)
                words[i] = stream.NextUInt32();
            return words;
        }
    }

    [Test]
    public void NormalNumbersHaveMeanZeroAndVarianceOne()
    {
        var stream = new RandomStream(3, 0);
        const int Count = 200_000;
        double sum = 0, squares = 0;
        for (int i = 0; i < Count; i++)
        {
            double x = stream.NextNormal();
            sum += x;
            squares += x * x;
        }
        Assert.That(sum / Count, Is.EqualTo(0).Within(0.01));
        Assert.That(squares / Count, Is.EqualTo(1).Within(0.02));
    }

    [TestCase(1)]
    [TestCase(262_147)]
    [TestCase(1_000_001)]
    public void FilledArraysDoNotDependOnTheirLength(int length)
    {
        float[] whole = new float[1_000_001], part = new float[length];
        RandomFill.Normal(whole, 5, 9, 2);
        RandomFill.Normal(part, 5, 9, 2);
        Assert.That(part, Is.EqualTo(whole[..length]));
        Assert.That(whole.Average(x => (double)x), Is.EqualTo(0).Within(0.01));
        Assert.That(whole.Average(x => (double)x * x), Is.EqualTo(4).Within(0.04));
    }

    [Test]
    public void UniformArraysStayWithinTheirLimit()
    {
        float[] values = new float[100_000];
        RandomFill.Uniform(values, 5, 9, 0.5f);
        Assert.That(values, Has.All.InRange(-0.5f, 0.5f));
        Assert.That(values.Average(x => (double)x * x), Is.EqualTo(0.25 / 3).Within(0.002));
    }

    [Test]
    public void BoundedIntegersAreUniform()
    {
        var stream = new RandomStream(11, 5);
        int[] counts = new int[6];
        for (int i = 0; i < 60_000; i++)
            counts[stream.NextInt32(6)]++;
        Assert.That(counts, Has.All.InRange(9_600, 10_400));
    }
}
