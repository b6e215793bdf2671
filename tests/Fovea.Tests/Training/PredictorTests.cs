using Fovea.Compilation;
using Fovea.Data;
using Fovea.Graph;
using Fovea.Ops;
using Fovea.Testing;
using Fovea.Training;

namespace Fovea.Tests;

internal sealed class PredictorTests
{
    private const int Length = 14 * 14;

    private readonly SmallNetwork network = new();
    private Device device = null!;
    private Predictor predictor = null!;
    private float[] inputs = null!;

    [OneTimeSetUp]
    public void Open()
    {
        device = Device.Open("cpu", threads: 2);
        network.Initialize(3);
        network.ClassNames = ["zero", "one", "two"];
        predictor = new Predictor(network, device);
        inputs = [.. Enumerable.Range(0, 40 * Length).Select(i => MathF.Sin(i * 0.37f * (1 + (i / Length))))];
    }

    [OneTimeTearDown]
    public void Close()
    {
        predictor.Dispose();
        Assert.That(device.Memory.InUse, Is.Zero);
        device.Dispose();
    }

    [Test]
    public void ProbabilitiesAddUpAndTheClassIsTheMostProbable()
    {
        Prediction prediction = predictor.Predict(inputs.AsSpan(0, Length));
        Assert.That(prediction.Probabilities.Sum(), Is.EqualTo(1).Within(1e-6));
        Assert.That(prediction.Probability, Is.EqualTo(prediction.Probabilities.Max()));
        Assert.That(prediction.Top(3).Select(item => item.Probability), Is.Ordered.Descending);
        Assert.That(prediction.Top(1).Single(), Is.EqualTo((prediction.Class, prediction.Probability)));
        Assert.That(prediction.Label, Is.EqualTo(prediction.Class < 3 ? network.ClassNames[prediction.Class] : null));
    }

    // How a sum is divided depends on its length, and with the batch the products' shapes change: equal but for rounding.
    [Test]
    public void ABatchGivesWhatItsExamplesGive([Values(2, 7, 40)] int count)
    {
        IReadOnlyList<Prediction> batch = predictor.PredictBatch(inputs.AsSpan(0, count * Length), count);
        Assert.That(batch, Has.Count.EqualTo(count));
        for (int i = 0; i < count; i++)
        {
            Prediction single = predictor.Predict(inputs.AsSpan(i * Length, Length));
            Assert.That(batch[i].Class, Is.EqualTo(single.Class));
            Assert.That(batch[i].Probabilities, Is.EqualTo(single.Probabilities).Within(1e-5f));
        }
        Assert.That(batch.Select(prediction => prediction.Probabilities[0]), Is.Unique);
    }

    [Test, CancelAfter(30_000)]
    public void EightThreadsGetWhatOneGets()
    {
        float[][] expected =
            [.. Enumerable.Range(0, 40).Select(i => predictor.Predict(inputs.AsSpan(i * Length, Length)).Probabilities.ToArray())];
        int wrong = 0;
        Thread[] threads = [.. Enumerable.Range(0, 8).Select(number => new Thread(() =>
        {
            for (int round = 0; round < 50; round++)
            {
                int i = ((round * 7) + (number * 5)) % 40;
                if (!predictor.Predict(inputs.AsSpan(i * Length, Length)).Probabilities.SequenceEqual(expected[i]))
                    Interlocked.Increment(ref wrong);
            }
        }))];
        foreach (Thread thread in threads) thread.Start();
        foreach (Thread thread in threads) thread.Join();
        Assert.That(wrong, Is.Zero);
    }

    [Test]
    public void ImagesAreFittedAndNormalised()
    {
        byte[] pixels = [.. Enumerable.Range(0, Length).Select(i => (byte)(i * 31))];
        var shape = new ImageShape(14, 14, 1);
        float[] normalized = [.. pixels.Select(pixel => pixel / 255f)];
        Assert.That(predictor.Predict(pixels, shape).Probabilities, Is.EqualTo(predictor.Predict(normalized).Probabilities).Within(1e-5f));
        Assert.That(predictor.Predict(new byte[28 * 20 * 3], new ImageShape(28, 20, 3)).Probabilities, Has.Count.EqualTo(10));
    }

    [Test]
    public void WrongSizesAreNamed()
    {
        Assert.That(() => predictor.Predict(new float[Length + 1]),
            Throws.ArgumentException.With.Message.Contains("14×14×1").And.Message.Contains("197"));
        Assert.That(() => predictor.PredictBatch(new float[Length], 2),
            Throws.ArgumentException.With.Message.Contains("392").And.Message.Contains("196"));
        Assert.That(() => predictor.PredictBatch([], 0), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => predictor.Predict(new byte[5], new ImageShape(2, 2, 1)),
            Throws.ArgumentException.With.Message.Contains('4').And.Message.Contains('5'));
    }

    [Test]
    public void ADisposedPredictorSaysSoAndGivesItsMemoryBack()
    {
        using Device other = Device.Open("cpu", 1);
        // Without filters kept in another form, an arena for each batch size is all there is.
        var compile = new CompileOptions { ConvolutionAlgorithm = ConvolutionAlgorithm.ImplicitGemm };
        var shortLived = new Predictor(network, other, new PredictorOptions { Compile = compile });
        shortLived.Predict(inputs.AsSpan(0, Length));
        shortLived.PredictBatch(inputs.AsSpan(0, 3 * Length), 3);
        Assert.That(other.Memory.Buffers, Is.EqualTo(2));
        shortLived.Dispose();
        shortLived.Dispose();
        Assert.That((other.Memory.Buffers, other.Memory.InUse), Is.EqualTo((0, 0L)));
        Assert.That(() => shortLived.Predict(inputs.AsSpan(0, Length)), Throws.InstanceOf<ObjectDisposedException>());
    }
}
