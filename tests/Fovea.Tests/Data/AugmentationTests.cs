using Fovea.Data;

namespace Fovea.Tests;

[TestFixture]
internal sealed class AugmentationTests
{
    private static readonly ImageShape Shape = new(6, 7, 3);
    private static readonly byte[] Image = InputTransformTests.RandomBytes(Shape.Length);

    [TestCase("", "none")]
    [TestCase("none", "none")]
    [TestCase(" flip , shift:2,crop:4,rotate:10", "flip,shift:2,crop:4,rotate:10")]
    public void ListIsReadAndWritten(string list, string canonical) =>
        Assert.That(Augmentation.Parse(list).ToString(), Is.EqualTo(canonical));

    [TestCase("blur")]
    [TestCase("flip:2")]
    [TestCase("shift")]
    [TestCase("shift:")]
    [TestCase("shift:-1")]
    [TestCase("shift:0")]
    [TestCase("crop:65")]
    [TestCase("rotate:46")]
    [TestCase("")]
    public void UnknownWordsListTheKnownOnes(string word) =>
        Assert.That(
            () => Augmentation.Parse("flip," + word),
            Throws.TypeOf<FormatException>().With.Message.StartsWith($"'{word}' is no").And.Message.Contains("rotate:N"));

    [Test]
    public void ChangeIsAFunctionOfSeedEpochAndIndex()
    {
        var augmentation = Augmentation.Parse("flip,shift:2,rotate:20");
        byte[] once = Apply(augmentation, 1, 2, 3);
        Assert.That(Apply(augmentation, 1, 2, 3), Is.EqualTo(once));
        Assert.That(Apply(augmentation, 2, 2, 3), Is.Not.EqualTo(once));
        Assert.That(Apply(augmentation, 1, 3, 3), Is.Not.EqualTo(once));
        Assert.That(Apply(augmentation, 1, 2, 4), Is.Not.EqualTo(once));
    }

    [Test]
    public void FlipMirrorsAboutHalfOfTheImages()
    {
        var flip = Augmentation.Parse("flip");
        byte[] mirrored = Rearrange((y, x) => (y, Shape.Width - 1 - x));
        int flipped = 0;
        for (int i = 0; i < 1000; i++)
        {
            byte[] result = Apply(flip, 1, 0, i);
            Assert.That(result.SequenceEqual(mirrored) || result.SequenceEqual(Image));
            flipped += result.SequenceEqual(mirrored) ? 1 : 0;
        }
        Assert.That(flipped, Is.InRange(430, 570));
    }

    [TestCase("shift:2", false)]
    [TestCase("crop:2", true)]
    [TestCase("crop:9", true)]
    public void MovesReachEveryOffsetAndNoOther(string list, bool mirror)
    {
        int amount = list[^1] - '0', side = (2 * amount) + 1;
        var expected = new Dictionary<string, int>();
        for (int down = -amount; down <= amount; down++)
            for (int right = -amount; right <= amount; right++)
            {
                int d = down, r = right;
                byte[] moved = Rearrange((y, x) => mirror ? (Reflect(y - d, Shape.Height), Reflect(x - r, Shape.Width)) : (y - d, x - r));
                expected.TryAdd(Convert.ToHexString(moved), 0);
            }
        for (int i = 0; i < 20 * side * side; i++)
        {
            string result = Convert.ToHexString(Apply(Augmentation.Parse(list), 1, 0, i));
            Assert.That(expected.ContainsKey(result));
            expected[result]++;
        }
        Assert.That(expected.Values, Is.All.Positive);
    }

    [Test]
    public void RotationByARightAngleMovesPixelsExactly()
    {
        ImageShape square = new(5, 5, 1);
        byte[] image = InputTransformTests.RandomBytes(25), turned = new byte[25];
        AugmentationSteps.Rotate(image, square, 90, turned);
        for (int y = 0; y < 5; y++)
            for (int x = 0; x < 5; x++)
                Assert.That(turned[(x * 5) + 4 - y], Is.EqualTo(image[(y * 5) + x]).Within(1), "The top row becomes the right column.");
    }

    [Test]
    public void SmallRotationStaysNear()
    {
        byte[] plain = new byte[28 * 28], turned = new byte[28 * 28];
        ImageShape shape = new(28, 28, 1);
        for (int i = 0; i < plain.Length; i++)
            plain[i] = (byte)(128 + (60 * Math.Sin(i % 28 / 4.0)) + (60 * Math.Cos(i / 28 / 4.0)));
        double[] distances = new double[2];
        for (int i = 0; i < 2; i++)
        {
            AugmentationSteps.Rotate(plain, shape, i == 0 ? 2 : 20, turned);
            for (int y = 9; y < 19; y++)
                for (int x = 9; x < 19; x++)
                    distances[i] += Math.Abs(plain[(y * 28) + x] - turned[(y * 28) + x]) / 100.0;
        }
        Assert.That(distances[0], Is.InRange(0.5, 4));
        Assert.That(distances[1], Is.GreaterThan(2 * distances[0]));
    }

    private static byte[] Apply(Augmentation augmentation, ulong seed, int epoch, int index)
    {
        byte[] result = new byte[Shape.Length];
        augmentation.Apply(Image, Shape, seed, epoch, index, result);
        return result;
    }

    private static byte[] Rearrange(Func<int, int, (int Y, int X)> from)
    {
        byte[] result = new byte[Shape.Length];
        for (int y = 0; y < Shape.Height; y++)
            for (int x = 0; x < Shape.Width; x++)
                for (int channel = 0; channel < 3; channel++)
                {
                    (int fromY, int fromX) = from(y, x);
                    bool inside = fromY >= 0 && fromY < Shape.Height && fromX >= 0 && fromX < Shape.Width;
                    if (inside)
                        result[(((y * Shape.Width) + x) * 3) + channel] = Image[(((fromY * Shape.Width) + fromX) * 3) + channel];
                }
        return result;
    }

    /// <summary>Walks from 0, turning back at either end.</summary>
    private static int Reflect(int position, int length)
    {
        while (position < 0 || position >= length)
            position = position < 0 ? -position : (2 * (length - 1)) - position;
        return position;
    }
}
