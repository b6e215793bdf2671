using Fovea.Core;
using Fovea.Core.Random;

namespace Fovea.Data;

/// <summary>
/// Handwritten-looking digits made on the spot, in the form of MNIST: grey 28×28, white on black. They need no file, so that anything
/// can be tried at once; a network that reads them well has not thereby learnt to read people's handwriting.
/// </summary>
public static class Digits
{
    private const ulong ImageStream = 0xD1UL << 56, LabelStream = 0xD2UL << 56, TestPart = 1UL << 55;

    /// <summary>Makes the data set. Image i of a part depends on the seed and i only, whatever the counts.</summary>
    /// <param name="trainCount">The number of training images.</param>
    /// <param name="testCount">The number of test images.</param>
    /// <param name="seed">Selects one of 2⁶⁴ such data sets.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A count is negative or too large for one array (2.7 million images).</exception>
    public static ImageDataset Generate(
        int trainCount = 12_000, int testCount = 2_000, ulong seed = 1, CancellationToken cancellationToken = default) =>
        new("digits", Part("digits train", trainCount, seed, 0, cancellationToken),
            Part("digits test", testCount, seed, TestPart, cancellationToken));

    private static LabelledImages Part(string name, int count, ulong seed, ulong part, CancellationToken cancellationToken)
    {
        const int Length = DigitPen.Side * DigitPen.Side;
        Require.NotNegative(count, "The number of digits");
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Array.MaxLength / Length);
        byte[] pixels = new byte[count * Length];
        int[] labels = new int[count];
        var options = new ParallelOptions { CancellationToken = cancellationToken };
        Parallel.For(0, count, options, () => new DigitPen(), (i, _, pen) =>
        {
            var random = new RandomStream(seed, ImageStream | part | (uint)i);
            labels[i] = Label(seed, part, i);
            pen.Draw(labels[i], ref random, pixels.AsSpan(i * Length, Length));
            return pen;
        }, _ => { });
        return new LabelledImages(name, pixels, labels, DigitPen.Side, DigitPen.Side, 1, Mnist.DigitNames);
    }

    /// <summary>Every ten images hold each digit once, in random order, so that any leading part is balanced.</summary>
    private static int Label(ulong seed, ulong part, int index)
    {
        Span<int> ten = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
        new RandomStream(seed, LabelStream | part | (uint)(index / 10)).Shuffle(ten);
        return ten[index % 10];
    }
}
