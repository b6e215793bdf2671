using Fovea.Files;
using Fovea.Models;
using Fovea.Optimizers;
using Fovea.Testing;
using Fovea.Training;

namespace Fovea.Tests;

/// <summary>What training does on one device, it does on every device.</summary>
[TestFixtureSource(typeof(DeviceTests), nameof(Names))]
internal sealed class DeviceTrainingTests(string device) : DeviceTests(device)
{
    private static readonly TrainerOptions Options =
        new() { Optimizer = new Adam(3e-3f), BatchSize = 20, Epochs = 1, Seed = 5, MaxSteps = 6 };

    [TearDown]
    public void NothingIsLeft() => Assert.That((Device.Memory.InUse, Device.Memory.Buffers), Is.EqualTo((0L, 0)));

    // Rounding differs, and steps carry differences on; but not by much within a few of them.
    [Test]
    public void LossesFollowThoseOfTheCpu([Values] bool adam)
    {
        TrainerOptions options = new()
        {
            Optimizer = adam ? new Adam() : new Sgd(0.01f, 0.9f) { WeightDecay = 1e-3f },
            BatchSize = 4,
            Epochs = 1,
            Seed = 1,
            MaxSteps = 4
        };
        using Device cpu = Device.Open("cpu", 2);
        float[] expected = Losses(cpu), actual = Losses(Device);
        Assert.That(actual, Is.EqualTo(expected).Within(1e-4f));
        Assert.That(expected, Is.Unique);

        float[] Losses(Device on)
        {
            var recorder = new Recorder();
            using var trainer = new Trainer(new LeNet5(), on, options);
            trainer.Fit(SmallNetwork.Digits.Train, observer: recorder);
            return [.. recorder.Losses];
        }
    }

    [Test]
    public void StepsAllocateNothing()
    {
        if (Device.Info.Name is "debug" or "ptx") Assert.Ignore("What simulates a device may allocate.");
        var network = new LeNet5();
        network.Initialize(1);
        using BatchProgram program =
            BatchProgram.ForTraining(network, Options, new OptimizerState(network, Options.Optimizer), batch: 2, Device);
        float[] pixels = [.. Enumerable.Range(0, 2 * 32 * 32).Select(i => MathF.Sin(i))], scalars = [1e-3f, 1];
        long least = long.MaxValue;
        for (int window = 0, step = 0; window < 20 && least > 0; window++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int end = step + 5; step < end; step++) program.Run(pixels, [3, 8], step, scalars);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Assert.That(least, Is.Zero);
    }

    [Test]
    public void LabelsThatAreNoClassesAreRefusedBeforeAnythingRuns([Values(-1, 10)] int label)
    {
        var network = new LeNet5();
        network.Initialize(1);
        float[] before = network.Parameters.First().Value.Span.ToArray();
        using (BatchProgram program =
            BatchProgram.ForTraining(network, Options, new OptimizerState(network, Options.Optimizer), batch: 2, Device))
        {
            Assert.That(() => program.Run(new float[2 * 32 * 32], [3, label], 0, [1e-3f, 1]),
                Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.StartsWith(
                    $"Example 1 of the batch has label {label}, but the network has classes 0 to 9."));
        }
        Assert.That(network.Parameters.First().Value.Span.ToArray(), Is.EqualTo(before));
    }

    [Test]
    public void InterruptedTrainingEndsBitForBitTheSame()
    {
        using var folder = new TempFolder();
        TrainerOptions whole = Options with { Resume = true, CheckpointPath = folder["whole"] },
            parts = whole with { CheckpointPath = folder["parts"] };
        SmallNetwork expected = Train(whole, stopAfter: 0);
        Assert.That(() => Train(parts, stopAfter: 2), Throws.InstanceOf<OperationCanceledException>());
        SmallNetwork resumed = Train(parts, stopAfter: 0);
        Assert.That(resumed.Bits(), Is.EqualTo(expected.Bits()));
        using SafetensorsFile first = SafetensorsFile.Open(folder["whole"]), second = SafetensorsFile.Open(folder["parts"]);
        Assert.That(first.Names.Count(name => name.StartsWith("optimizer.", StringComparison.Ordinal)), Is.EqualTo(12));
        foreach (string tensor in first.Names)
        {
            Assert.That(second[tensor].ReadFloats(), Is.EqualTo(first[tensor].ReadFloats()), tensor);
            if (tensor.StartsWith("optimizer.", StringComparison.Ordinal))
                Assert.That(first[tensor].ReadFloats(), Has.Some.Not.Zero, "the state came home");
        }
    }

    [Test]
    public void TrainingGoesOnOnAnotherDevice()
    {
        using var folder = new TempFolder();
        TrainerOptions options = Options with { Resume = true, CheckpointPath = folder["checkpoint"] };
        Assert.That(() => Train(options, stopAfter: 3), Throws.InstanceOf<OperationCanceledException>());
        using Device cpu = Device.Open("cpu", 2);
        var network = new SmallNetwork();
        using var trainer = new Trainer(network, cpu, options);
        float[] here = Parameters(Train(options with { Resume = false, CheckpointPath = null }, stopAfter: 0));
        trainer.Fit(SmallNetwork.Digits.Train);
        Assert.That(Parameters(network), Is.EqualTo(here).Within(1e-4f));
    }

    [Test, CancelAfter(60_000)]
    public void ThreadsPredictWhileTheNetworkIsSaved()
    {
        const int Length = 14 * 14;
        using var folder = new TempFolder();
        var network = new SmallNetwork();
        network.Initialize(3);
        using var predictor = new Predictor(network, Device);
        float[] inputs = [.. Enumerable.Range(0, 8 * Length).Select(i => MathF.Sin(i * 0.37f * (1 + (i / Length))))];
        float[][] expected =
            [.. Enumerable.Range(0, 8).Select(i => predictor.Predict(inputs.AsSpan(i * Length, Length)).Probabilities.ToArray())];
        int wrong = 0;
        Thread[] threads = [.. Enumerable.Range(0, 4).Select(number => new Thread(() =>
        {
            for (int round = 0; round < 8; round++)
            {
                int i = ((round * 3) + (number * 5)) % 8;
                if (!predictor.Predict(inputs.AsSpan(i * Length, Length)).Probabilities.SequenceEqual(expected[i]))
                    Interlocked.Increment(ref wrong);
            }
        }))];
        foreach (Thread thread in threads) thread.Start();
        for (int i = 0; i < 5; i++) network.Save(folder[$"weights{i}"]);
        foreach (Thread thread in threads) thread.Join();
        Assert.That(wrong, Is.Zero);
    }

    [Test]
    public void APredictorSeesWhatTrainingChanges()
    {
        var network = new SmallNetwork();
        using var trainer = new Trainer(network, Device, Options);
        using var predictor = new Predictor(network, Device);
        float[] input = [.. Enumerable.Range(0, 14 * 14).Select(i => MathF.Sin(i))];
        float[] before = [.. predictor.Predict(input).Probabilities];
        trainer.Fit(SmallNetwork.Digits.Train);
        float[] after = [.. predictor.Predict(input).Probabilities];
        using Device cpu = Device.Open("cpu", 1);
        using var other = new Predictor(network, cpu);
        Assert.That(after, Is.Not.EqualTo(before).Within(1e-4f));
        Assert.That(other.Predict(input).Probabilities, Is.EqualTo(after).Within(1e-5f));
    }

    private SmallNetwork Train(TrainerOptions options, int stopAfter)
    {
        using var source = new CancellationTokenSource();
        var network = new SmallNetwork();
        using var trainer = new Trainer(network, Device, options);
        trainer.Fit(SmallNetwork.Digits.Train, observer: new Recorder(source, stopAfter), cancellationToken: source.Token);
        return network;
    }

    private static float[] Parameters(SmallNetwork network) => [.. network.Bits().Select(BitConverter.Int32BitsToSingle)];

    private sealed class Recorder(CancellationTokenSource? source = null, int stopAfter = 0) : ITrainingObserver
    {
        public List<float> Losses { get; } = [];

        public void StepEnded(in TrainingProgress progress)
        {
            Losses.Add(progress.Loss);
            if (progress.Step == stopAfter) source?.Cancel();
        }
    }
}
