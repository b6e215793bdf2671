using Fovea.Compilation;
using Fovea.Graph;
using Fovea.Layers;
using Fovea.Ops;
using Fovea.Testing;
using Fovea.Training;

namespace Fovea.Tests;

/// <summary>A predictor's plans and memory are bounded whatever it is asked, and results do not depend on who else asks.</summary>
internal sealed class PredictorBoundsTests
{
    private const int Length = 14 * 14;

    private readonly SmallNetwork network = new();
    private Device device = null!;
    private float[] inputs = null!;

    [OneTimeSetUp]
    public void Open()
    {
        device = Device.Open("cpu", threads: 2);
        network.Initialize(3);
        inputs = [.. Enumerable.Range(0, 600 * Length).Select(i => MathF.Sin(i * 0.37f * (1 + (i / Length))))];
    }

    [OneTimeTearDown]
    public void Close()
    {
        Assert.That(device.Memory.InUse, Is.Zero);
        device.Dispose();
    }

    [Test]
    public void BatchesOfEverySizeLeaveMemoryFlat()
    {
        using var predictor = new Predictor(network, device);
        for (int count = 1; count <= 64; count++)
            Assert.That(predictor.PredictBatch(inputs.AsSpan(0, count * Length), count), Has.Count.EqualTo(count));
        (long reported, long inUse, int plans) = (predictor.MemoryBytes, device.Memory.InUse, predictor.Plans);
        Assert.That(plans, Is.EqualTo(7), "1, 2, 4, … 64");
        for (int count = 65; count <= 600; count += 5)
            Assert.That(predictor.PredictBatch(inputs.AsSpan(0, count * Length), count), Has.Count.EqualTo(count));
        Assert.That((predictor.MemoryBytes, device.Memory.InUse, predictor.Plans), Is.EqualTo((reported, inUse, plans)));
        Assert.That(reported, Is.EqualTo(inUse), "all that the predictor holds is reported");
    }

    [Test]
    public void EveryExampleIsPredictedOnceAndInItsPlace([Values(1, 3, 6, 7, 13, 65, 100, 127, 300)] int count)
    {
        using var predictor = new Predictor(network, device, new PredictorOptions { MaxBatch = 32 });
        IReadOnlyList<Prediction> batch = predictor.PredictBatch(inputs.AsSpan(0, count * Length), count);
        Assert.That(batch, Has.Count.EqualTo(count));
        for (int i = 0; i < count; i++)
            Assert.That(batch[i].Probabilities, Is.EqualTo(Alone(i)).Within(1e-5f), $"{i}");

        IReadOnlyList<float> Alone(int i) => predictor.Predict(inputs.AsSpan(i * Length, Length)).Probabilities;
    }

    [Test]
    public void TheLeastRecentlyUsedPlanMakesRoom()
    {
        var compile = new CompileOptions { ConvolutionAlgorithm = ConvolutionAlgorithm.ImplicitGemm };
        using var predictor = new Predictor(network, device, new PredictorOptions { MaxPlans = 2, Compile = compile });
        Predict(4);
        long small = predictor.MemoryBytes;
        Predict(64);
        Predict(4);
        long both = predictor.MemoryBytes;
        Predict(1);
        Assert.That(predictor.Plans, Is.EqualTo(2));
        Assert.That(predictor.MemoryBytes, Is.LessThan(2 * small).And.LessThan(both), "64 has gone, 4 has stayed");
        Assert.That(device.Memory.Buffers, Is.EqualTo(2));

        void Predict(int count) => predictor.PredictBatch(inputs.AsSpan(0, count * Length), count);
    }

    [Test, CancelAfter(30_000)]
    public void ManyThreadsShareFewPlansAndGetWhatOneGets()
    {
        int[] sizes = [1, 5, 7, 16, 33];
        using var alone = new Predictor(network, device);
        float[][] expected = [.. sizes.Select(size => Values(alone, size))];
        using var predictor = new Predictor(network, device, new PredictorOptions { MaxPlans = 3 });
        int wrong = 0, most = 0;
        Thread[] threads = [.. Enumerable.Range(0, 8).Select(number => new Thread(() =>
        {
            for (int round = 0; round < 10; round++)
            {
                int i = (round + number) % sizes.Length;
                if (!Values(predictor, sizes[i]).SequenceEqual(expected[i])) Interlocked.Increment(ref wrong);
                if (predictor.Plans > 3) Interlocked.Increment(ref most);
            }
        }))];
        foreach (Thread thread in threads) thread.Start();
        foreach (Thread thread in threads) thread.Join();
        Assert.That((wrong, most), Is.EqualTo((0, 0)));

        float[] Values(Predictor any, int size) =>
            [.. any.PredictBatch(inputs.AsSpan(0, size * Length), size).SelectMany(prediction => prediction.Values)];
    }

    [Test]
    public void AFailedPlanLeavesItsPlaceFree()
    {
        using var predictor = new Predictor(new Picky(), device, new PredictorOptions { MaxPlans = 1 });
        Assert.That(() => predictor.PredictBatch(new float[2], 2), Throws.InstanceOf<ShapeException>());
        Assert.That(() => predictor.PredictBatch(new float[2], 2), Throws.InstanceOf<ShapeException>(), "and does not wait for ever");
        Assert.That(predictor.Predict([2]).Values, Has.Count.EqualTo(1));
    }

    [Test]
    public void OptionsOutOfRangeAreRefused()
    {
        Assert.That(
            () => new Predictor(network, device, new PredictorOptions { MaxBatch = 0 }), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(
            () => new Predictor(network, device, new PredictorOptions { MaxPlans = 0 }), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    private sealed class Picky() : Network(new Shape(1))
    {
        public override Value Forward(Value x) =>
            x.Shape[0] == 1 || x.Graph.IsTraining ? x.Tanh() : throw new ShapeException("One at a time.");
    }
}
