using Fovea.Data;

namespace Fovea.Tests;

[TestFixture]
internal sealed class DigitsTests
{
    [Test]
    public void AnImageDependsOnSeedAndIndexOnly()
    {
        ImageDataset many = Digits.Generate(300, 120, seed: 5), few = Digits.Generate(40, 30, seed: 5);
        ImageDataset other = Digits.Generate(40, 30, seed: 6);
        for (int i = 0; i < 30; i++)
        {
            Assert.That(few.Train.Pixels(i).SequenceEqual(many.Train.Pixels(i)) && few.Test.Pixels(i).SequenceEqual(many.Test.Pixels(i)));
            Assert.That((few.Train.Label(i), few.Test.Label(i)), Is.EqualTo((many.Train.Label(i), many.Test.Label(i))));
            Assert.That(few.Train.Pixels(i).SequenceEqual(few.Test.Pixels(i)), Is.False);
            Assert.That(few.Train.Pixels(i).SequenceEqual(other.Train.Pixels(i)), Is.False);
        }
    }

    [Test]
    public void EveryTenImagesHoldEachDigitOnce()
    {
        LabelledImages train = Digits.Generate(200, 0).Train;
        int[] labels = [.. Enumerable.Range(0, 200).Select(train.Label)];
        Assert.That(labels.Chunk(10).All(ten => ten.Distinct().Count() == 10));
        Assert.That(labels[..10], Is.Not.EqualTo(labels[10..20]));
    }

    [Test]
    public void ImagesLookLikeMnist()
    {
        LabelledImages train = Digits.Generate(2000, 0).Train;
        Assert.That(train.Shape, Is.EqualTo(new ImageShape(28, 28, 1)));
        Assert.That(train.Normalization.Mean[0], Is.EqualTo(0.1307).Within(0.02));
        Assert.That(train.Normalization.StandardDeviation[0], Is.EqualTo(0.3081).Within(0.04));
        for (int i = 0; i < train.Count; i++)
        {
            ReadOnlySpan<byte> image = train.Pixels(i);
            bool touches = false;
            double mass = 0, x = 0, y = 0;
            for (int at = 0; at < image.Length; at++)
            {
                bool border = at % 28 is 0 or 27 || at / 28 is 0 or 27;
                touches |= border && image[at] > 0;
                (mass, x, y) = (mass + image[at], x + (image[at] * (at % 28)), y + (image[at] * (at / 28)));
            }
            Assert.That(touches, Is.False, $"Ink of image {i} touches the border.");
            Assert.That(new[] { x / mass, y / mass }, Is.All.EqualTo(13.5).Within(5));
        }
    }

    [Test]
    public void NearestMeanTellsDigitsApartButNotAll()
    {
        ImageDataset set = Digits.Generate(2000, 500);
        double[,] means = new double[10, 784];
        for (int i = 0; i < set.Train.Count; i++)
            for (int at = 0; at < 784; at++)
                means[set.Train.Label(i), at] += set.Train.Pixels(i)[at] / (set.Train.Count / 10.0);
        int correct = 0;
        for (int i = 0; i < set.Test.Count; i++)
        {
            byte[] image = set.Test.Pixels(i).ToArray();
            int nearest = Enumerable.Range(0, 10).MinBy(digit => image.Select((value, at) => Math.Pow(value - means[digit, at], 2)).Sum());
            correct += nearest == set.Test.Label(i) ? 1 : 0;
        }
        // Means get 82 % of MNIST right: far from chance, and far from done.
        Assert.That(correct / 500.0, Is.InRange(0.7, 0.96));
    }
}
