using Fovea.Data;
using Fovea.Files;
using Fovea.Optimizers;
using Fovea.Schedules;
using Fovea.Testing;
using Fovea.Training;

namespace Fovea.Tests;

/// <summary>An interrupted training that is resumed by a new network and trainer ends as if nothing had happened.</summary>
internal sealed class ResumeTests
{
    private static readonly TrainerOptions Options = new()
    {
        Optimizer = new Sgd(0.02f, 0.9f) { WeightDecay = 1e-3f },
        Schedule = new WarmUpSchedule(7, new CosineSchedule()),
        BatchSize = 20,
        Epochs = 3,
        Seed = 5,
        Augmentation = Augmentation.Parse("shift:1,rotate:5"),
    };

    private readonly TempFolder folder = new();
    private Device device = null!;

    [OneTimeSetUp]
    public void OpenDevice() => device = Device.Open("cpu", threads: 2);

    [OneTimeTearDown]
    public void CloseDevice()
    {
        device.Dispose();
        folder.Dispose();
    }

    // In the first epoch, at the border of two, twice, and right before the end; 30 steps an epoch.
    [TestCase(1)]
    [TestCase(17)]
    [TestCase(30)]
    [TestCase(31, 68)]
    [TestCase(89)]
    public void InterruptedTrainingEndsBitForBitTheSame(params int[] interruptions)
    {
        foreach (Optimizer optimizer in new Optimizer[] { Options.Optimizer, new Adam(3e-3f) })
        {
            string name = $"{optimizer.GetType().Name}-{string.Join('-', interruptions)}";
            TrainerOptions whole = Options with { Optimizer = optimizer, Resume = true, CheckpointPath = folder[$"{name}-whole"] },
                parts = whole with { Resume = true, CheckpointPath = folder[$"{name}-parts"] };
            (SmallNetwork network, TrainingResult result) = Train(whole);
            foreach (int step in interruptions)
                Assert.That(() => Train(parts, stopAfter: step), Throws.InstanceOf<OperationCanceledException>());
            (SmallNetwork resumed, TrainingResult resumedResult) = Train(parts);

            Assert.That(resumed.Bits(), Is.EqualTo(network.Bits()));
            Assert.That(resumedResult.Steps, Is.EqualTo(result.Steps));
            Assert.That(resumedResult.Epochs.Select(WithoutTime), Is.EqualTo(result.Epochs.Select(WithoutTime)));
            Assert.That(resumedResult.Seconds, Is.Positive);
            using SafetensorsFile expected = SafetensorsFile.Open(whole.CheckpointPath!),
                actual = SafetensorsFile.Open(parts.CheckpointPath!);
            Assert.That(actual.Names, Is.EqualTo(expected.Names).And.Some.StartsWith("optimizer."));
            foreach (string tensor in expected.Names)
                Assert.That(actual[tensor].ReadFloats(), Is.EqualTo(expected[tensor].ReadFloats()), tensor);
        }

        static EpochResult WithoutTime(EpochResult epoch) => epoch with { Seconds = 0 };
    }

    [Test]
    public void ATrainingOfFewStepsGoesOnWhereItsEpochWasCut()
    {
        TrainerOptions whole = Options with { Schedule = Schedule.Constant },
            parts = whole with { Resume = true, CheckpointPath = folder["steps"] };
        (SmallNetwork network, TrainingResult result) = Train(whole);
        Assert.That(Train(parts with { MaxSteps = 41 }).Result.Epochs, Has.Count.EqualTo(2));
        (SmallNetwork resumed, TrainingResult resumedResult) = Train(parts);
        Assert.That(resumed.Bits(), Is.EqualTo(network.Bits()));
        Assert.That(resumedResult.Epochs.Select(epoch => epoch.TrainLoss), Is.EqualTo(result.Epochs.Select(epoch => epoch.TrainLoss)));
    }

    [Test]
    public void AFinishedTrainingHasNothingLeftToDo()
    {
        TrainerOptions options = Options with { Resume = true, CheckpointPath = folder["finished"], Epochs = 1 };
        (SmallNetwork network, TrainingResult result) = Train(options);
        (SmallNetwork again, TrainingResult none) = Train(options);
        Assert.That(again.Bits(), Is.EqualTo(network.Bits()));
        Assert.That((none.Steps, none.Epochs), Is.EqualTo((result.Steps, result.Epochs)));
    }

    [Test]
    public void WithoutTheWishToResumeACheckpointIsIgnored()
    {
        TrainerOptions options = Options with { Resume = true, CheckpointPath = folder["ignored"], Epochs = 1 };
        int[] bits = Train(options).Network.Bits();
        Assert.That(Train(options with { Resume = false }).Network.Bits(), Is.EqualTo(bits));
    }

    [Test]
    public void CheckpointsOfOtherTrainingsAreRefused()
    {
        TrainerOptions options = Options with { Resume = true, CheckpointPath = folder["other"], Epochs = 1 };
        Train(options);
        foreach (TrainerOptions other in new[]
        {
            options with { Seed = 6 }, options with { BatchSize = 30 },
                options with { Optimizer = new Sgd(0.03f, 0.9f) { WeightDecay = 1e-3f } },
            options with { Optimizer = new Sgd(0.02f, 0.9f) }, options with { Augmentation = Augmentation.None },
                options with { Schedule = Schedule.Constant },
        })
        {
            Assert.That(() => Train(other), Throws.InstanceOf<InvalidDataException>().With.Message.Contains(
                "other settings").And.Message.Contains(" there, ").And.Message.Contains(" here"));
        }
    }

    [Test]
    public void FilesThatAreNoCheckpointAreRefused()
    {
        var network = new SmallNetwork();
        network.Initialize(1);
        network.Save(folder["weights"]);
        Assert.That(() => Train(Options with { Resume = true, CheckpointPath = folder["weights"] }),
            Throws.InstanceOf<InvalidDataException>().With.Message.Contains("weights but no training state"));

        TrainerOptions options = Options with { Resume = true, CheckpointPath = folder["whole"], Epochs = 1 };
        Train(options);
        byte[] content = File.ReadAllBytes(folder["whole"]);
        foreach ((string name, byte[] damaged) in new[] { ("short", content[..^100]), ("empty", []),
            ("text", "no checkpoint at all"u8.ToArray()) })
            Assert.That(() => Train(options with { Resume = true, CheckpointPath = folder.Write(name, damaged) }),
                Throws.InstanceOf<SafetensorsException>().With.Message.Contains(folder[name]), name);
    }

    private (SmallNetwork Network, TrainingResult Result) Train(TrainerOptions options, int stopAfter = 0)
    {
        using var source = new CancellationTokenSource();
        var network = new SmallNetwork();
        using var trainer = new Trainer(network, device, options);
        return (network, trainer.Fit(SmallNetwork.Digits.Train, SmallNetwork.Digits.Test, new Stopper(source, stopAfter), source.Token));
    }

    private sealed class Stopper(CancellationTokenSource source, int after) : ITrainingObserver
    {
        public void StepEnded(in TrainingProgress progress)
        {
            if (progress.Step == after) source.Cancel();
        }
    }
}
