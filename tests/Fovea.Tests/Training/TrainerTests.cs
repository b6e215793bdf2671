using Fovea.Data;
using Fovea.Losses;
using Fovea.Models;
using Fovea.Optimizers;
using Fovea.Schedules;
using Fovea.Testing;
using Fovea.Training;

namespace Fovea.Tests;

internal sealed class TrainerTests
{
    private static readonly TrainerOptions Options = new()
    {
        Optimizer = new Adam(3e-3f),
        BatchSize = 20,
        Epochs = 2,
        Seed = 5,
        Augmentation = Augmentation.Parse("shift:1,rotate:5"),
    };

    private Device device = null!;

    [OneTimeSetUp]
    public void OpenDevice() => device = Device.Open("cpu", threads: 2);

    [OneTimeTearDown]
    public void CloseDevice()
    {
        Assert.That(device.Memory.InUse, Is.Zero);
        device.Dispose();
    }

    [Test]
    public void ANetworkLearnsDigits()
    {
        var network = new LeNet5();
        using var trainer = new Trainer(network, device, new TrainerOptions { BatchSize = 25, Epochs = 10, Seed = 1 });
        double before = trainer.Evaluate(SmallNetwork.Digits.Test).Accuracy;
        TrainingResult result = trainer.Fit(SmallNetwork.Digits.Train, SmallNetwork.Digits.Test);
        Assert.That(before, Is.LessThan(0.3), "it knew before it learnt");
        Assert.That(result.TestAccuracy, Is.GreaterThan(0.5), "chance gives 0.1");
        Assert.That(result.Epochs[^1].TrainLoss, Is.LessThan(0.5 * result.Epochs[0].TrainLoss));
        Assert.That((result.Steps, result.Epochs.Count), Is.EqualTo((240L, 10)));
        Assert.That(trainer.Evaluate(SmallNetwork.Digits.Test).Accuracy, Is.EqualTo(result.TestAccuracy));
        Assert.That(result.PeakBytes, Is.EqualTo(trainer.PeakBytes).And.GreaterThan(
            trainer.Plan!.PeakBytes + (2 * 4 * network.ParameterCount) - 1));
    }

    [Test]
    public void TheSameSeedGivesTheSameBitsOnAnyNumberOfThreads()
    {
        int[] bits = Train(device, Options).Network.Bits();
        foreach (int threads in new[] { 1, 3 })
        {
            using Device other = Device.Open("cpu", threads);
            Assert.That(Train(other, Options).Network.Bits(), Is.EqualTo(bits), $"{threads} threads");
        }
        Assert.That(Train(device, Options with { Seed = 6 }).Network.Bits(), Is.Not.EqualTo(bits));
    }

    [Test]
    public void TrainingEndsAfterTheGivenSteps([Values(1, 29, 30, 31)] int steps)
    {
        (_, TrainingResult result) = Train(device, Options with { MaxSteps = steps });
        Assert.That((result.Steps, result.Epochs.Count), Is.EqualTo(((long)steps, steps > 30 ? 2 : 1)));
    }

    [Test]
    public void ATrainingThatDivergesSaysWhereAndWhatToTry()
    {
        using var trainer = new Trainer(new SmallNetwork(), device, Options with { Optimizer = new Sgd(1e18f) });
        Assert.That(() => trainer.Fit(SmallNetwork.Digits.Train), Throws.InstanceOf<TrainingDivergedException>()
            .With.Message.Match(
                "The loss became (NaN|∞|Infinity|-Infinity) at step \\d+ \\(epoch 1, batch \\d+\\). Try a learning rate below"));
    }

    [Test]
    public void SquaredErrorsTrainToo()
    {
        TrainerOptions options =
            Options with { Task = new Classification { Loss = new MeanSquaredErrorLoss() }, Epochs = 10, Augmentation = Augmentation.None };
        (_, TrainingResult result) = Train(device, options);
        Assert.That(result.Epochs[^1].TrainLoss, Is.LessThan(0.07), "the best constant answer gives 0.09");
        Assert.That(result.TestAccuracy, Is.GreaterThan(0.6), "chance gives 0.1");
    }

    [Test]
    public void ObserversSeeEveryStepWithItsRate()
    {
        var observer = new Recorder();
        using var trainer = new Trainer(new SmallNetwork(), device, Options with { Schedule = new StepSchedule(1, 0.5f) });
        TrainingResult result = trainer.Fit(SmallNetwork.Digits.Train, observer: observer);
        Assert.That(observer.Steps.Select(step => (step.Epoch, step.Batch, step.Step)),
            Is.EqualTo(Enumerable.Range(0, 60).Select(i => ((i / 30) + 1, (i % 30) + 1, i + 1L))));
        Assert.That(
            observer.Steps.Select(step => step.LearningRate), Is.EqualTo(Enumerable.Range(0, 60).Select(i => i < 30 ? 3e-3f : 1.5e-3f)));
        Assert.That(observer.Steps[29].MeanLoss, Is.EqualTo(observer.Steps.Take(30).Average(step => (double)step.Loss)).Within(1e-12));
        Assert.That(result.Epochs, Is.EqualTo(observer.Epochs));
        Assert.That(result.Epochs[0].TrainLoss, Is.EqualTo(observer.Steps[29].MeanLoss));
        Assert.That(result.Epochs[0].TestAccuracy, Is.NaN);
    }

    [Test]
    public void EvaluationCountsAPartialBatchToo()
    {
        var network = new SmallNetwork();
        network.Initialize(9);
        double[] losses = [.. new[] { 1, 37, 200, 1000 }.Select(batch =>
        {
            using var trainer = new Trainer(network, device, Options with { BatchSize = batch });
            EvaluationResult result = trainer.Evaluate(SmallNetwork.Digits.Test);
            Assert.That(result.Count, Is.EqualTo(200));
            return result.Loss;
        })];
        Assert.That(losses, Has.All.EqualTo(losses[0]).Within(1e-5 * losses[0]));
    }

    [Test]
    public void OptionsOutOfRangeAreRefused()
    {
        foreach (TrainerOptions wrong in new[]
        {
            Options with { BatchSize = 0 }, Options with { Epochs = 0 }, Options with { MaxSteps = -1 },
            Options with { Optimizer = new Sgd(0) }, Options with { Optimizer = new Sgd(float.NaN) },
        })
            Assert.That(() => new Trainer(new SmallNetwork(), device, wrong), Throws.InstanceOf<ArgumentException>());
        using var trainer = new Trainer(new LeNet5(classes: 5), device);
        Assert.That(() => trainer.Fit(SmallNetwork.Digits.Train),
            Throws.ArgumentException.With.Message.Contains("10 classes").And.Message.Contains("only 5"));
    }

    private static (SmallNetwork Network, TrainingResult Result) Train(Device device, TrainerOptions options)
    {
        var network = new SmallNetwork();
        using var trainer = new Trainer(network, device, options);
        return (network, trainer.Fit(SmallNetwork.Digits.Train, SmallNetwork.Digits.Test));
    }

    private sealed class Recorder : ITrainingObserver
    {
        public List<TrainingProgress> Steps { get; } = [];

        public List<EpochResult> Epochs { get; } = [];

        public void StepEnded(in TrainingProgress progress) => Steps.Add(progress);

        public void EpochEnded(EpochResult result) => Epochs.Add(result);
    }
}
