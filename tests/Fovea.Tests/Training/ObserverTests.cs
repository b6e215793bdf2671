using Fovea.Data;
using Fovea.Optimizers;
using Fovea.Testing;
using Fovea.Training;

namespace Fovea.Tests;

/// <summary>Observers act on training, remember across interruptions, and leave nothing half done when they fail.</summary>
internal sealed class ObserverTests
{
    private static readonly TrainerOptions Options = new()
    {
        Task = new Regression(),
        Optimizer = new Sgd(0.05f, 0.9f),
        BatchSize = 16,
        Epochs = 12,
        Seed = 3,
    };

    private static readonly TensorDataset Train = TaskData.Sine(64), Test = TaskData.Sine(33);

    private readonly TempFolder folder = new();
    private Device device = null!;

    [OneTimeSetUp]
    public void OpenDevice() => device = Device.Open("cpu", threads: 1);

    [OneTimeTearDown]
    public void CloseDevice()
    {
        device.Dispose();
        folder.Dispose();
    }

    [Test]
    public void EarlyStoppingWaitsForItsPatience()
    {
        // Falls until epoch 3, then rises.
        var stopping = new EarlyStopping("train_distance", patience: 4, higherIsBetter: false);
        TrainingResult result = Fit(Options with { Task = new Distance(3) }, stopping).Result;
        Assert.That(result.Epochs, Has.Count.EqualTo(7));
        Assert.That(result.StopReason, Does.StartWith("train_distance has not been better than").And.EndWith("for 4 epochs"));
        Assert.That(stopping.Best, Is.EqualTo(result.Epochs[2].TrainMetrics["distance"]));
        Assert.That(Fit(Options, null).Result.StopReason, Is.Null);
    }

    [Test]
    public void WhetherHigherIsBetterFollowsFromTheNameOrIsSaid()
    {
        Assert.That(Fit(Options with { Task = new Distance(3) },
            new EarlyStopping("train_distance", 2, higherIsBetter: false)).Result.Epochs, Has.Count.EqualTo(5));
        // 2, 1, 0, 1: nothing is higher than the first, and a distance is not known to be an error.
        Assert.That(
            Fit(Options with { Task = new Distance(3) }, new EarlyStopping("train_distance", 2)).Result.Epochs, Has.Count.EqualTo(3));
        Assert.That(Fit(Options, new EarlyStopping("train_rmse", 2)).Result.Epochs, Has.Count.GreaterThan(3),
            "an error falls while the network learns");
    }

    [Test]
    public void TheBestEpochsWeightsComeBack()
    {
        var snapshots = new Snapshots();
        var best = new BestWeights("train_distance", folder["best.safetensors"], higherIsBetter: false);
        (Perceptron network, TrainingResult result) = Fit(Options with { Task = new Distance(3) }, new ObserverGroup(best, snapshots));
        Assert.That(best.Epoch, Is.EqualTo(3));
        Assert.That(result.Epochs, Has.Count.EqualTo(12));
        Assert.That(network.Bits(), Is.EqualTo(snapshots.Bits[2]).And.Not.EqualTo(snapshots.Bits[11]));
        var loaded = new Perceptron(new Shape(1), 1);
        loaded.Load(folder["best.safetensors"]);
        Assert.That(loaded.Bits(), Is.EqualTo(network.Bits()));
    }

    [Test]
    public void ThePlateauLowersTheRate()
    {
        var rates = new Rates();
        Fit(Options with { Task = new Distance(3) },
            new ObserverGroup(new ReduceOnPlateau("train_distance", 0.5f, patience: 1, minimumFactor: 0.2f, higherIsBetter: false), rates));
        // Best after epoch 3; 4 and 5 are worse, so 6 begins with half the rate, 8 with a quarter, 10 with the least.
        float[] expected = [.. new[] { 1, 1, 1, 1, 1, 0.5f, 0.5f, 0.25f, 0.25f, 0.2f, 0.2f, 0.2f }.Select(factor => 0.05f * factor)];
        Assert.That(rates.OfEpochs, Is.EqualTo(expected).Within(1e-8f));
    }

    [TestCase(1)]
    [TestCase(19)]
    [TestCase(21, 26)]
    [TestCase(24)]
    public void AnInterruptedTrainingWithObserversEndsTheSame(params int[] interruptions)
    {
        string name = string.Join('-', interruptions);
        (Perceptron network, TrainingResult whole) = Fit(Decided("whole"), Observers());
        foreach (int step in interruptions)
            Assert.That(() => Fit(Decided("parts"), Observers(), stopAfter: step), Throws.InstanceOf<OperationCanceledException>());
        (Perceptron resumed, TrainingResult parts) = Fit(Decided("parts"), Observers());
        Assert.That(whole.StopReason, Is.Not.Null.And.EqualTo(parts.StopReason));
        Assert.That(parts.Epochs.Select(WithoutTime), Is.EqualTo(whole.Epochs.Select(WithoutTime)));
        Assert.That(resumed.Bits(), Is.EqualTo(network.Bits()));

        (Perceptron again, TrainingResult none) = Fit(Decided("parts"), Observers());
        Assert.That((none.Steps, none.StopReason), Is.EqualTo((parts.Steps, parts.StopReason)), "what was stopped stays stopped");
        Assert.That(again.Bits(), Is.EqualTo(network.Bits()));

        TrainerOptions Decided(string part) =>
            Options with { Task = new Distance(3), Resume = true, CheckpointPath = folder[$"{name}-{part}"] };

        static ITrainingObserver Observers() => new ObserverGroup(
            new EarlyStopping("train_distance", 5, higherIsBetter: false), new BestWeights("train_distance", higherIsBetter: false),
            new ReduceOnPlateau("train_distance", 0.5f, 1, higherIsBetter: false),
                new EarlyStopping("train_distance", 6, higherIsBetter: false));

        static EpochResult WithoutTime(EpochResult epoch) => epoch with { Seconds = 0 };
    }

    [Test]
    public void PeriodicCheckpointsCanBeResumedFrom()
    {
        (Perceptron network, _) = Fit(Options with { Epochs = 3 }, new PeriodicCheckpoint(5, folder["at-{step}"]));
        Assert.That(Directory.GetFiles(folder[""], "at-*").Select(Path.GetFileName), Is.EquivalentTo(new[] { "at-5", "at-10" }));
        foreach (string file in new[] { "at-5", "at-10" })
            Assert.That(
                Fit(Options with { Epochs = 3, Resume = true, CheckpointPath = folder[file] }, null).Network.Bits(),
                Is.EqualTo(network.Bits()), file);
        Assert.That(() => Fit(Options, new PeriodicCheckpoint(5)), Throws.ArgumentException.With.Message.Contains("CheckpointPath"));
    }

    [Test]
    public void StoppingWithinAnEpochKeepsItAsItStands()
    {
        var stopper = new Acting((trainer, progress) =>
        {
            if (progress.Step == 6) trainer.Stop("enough");
        });
        TrainerOptions options = Options with { Epochs = 3, Resume = true, CheckpointPath = folder["stopped"] };
        TrainingResult result = Fit(options, stopper).Result;
        Assert.That((result.Steps, result.Epochs.Count, result.StopReason), Is.EqualTo((6L, 2, "enough")));
        Assert.That(result.Epochs[1].TestLoss, Is.Not.NaN);
        Perceptron whole = Fit(options with { Resume = false, CheckpointPath = null }, null).Network;
        Assert.That(Fit(options, null).Network.Bits(), Is.EqualTo(whole.Bits()), "another run may end it");
    }

    [Test]
    public void AnObserverThatThrowsLeavesTheTrainerUsable(
        [Values("Started", "StepEnded", "Evaluating", "EpochEnded", "CheckpointWritten", "Ended")] string where)
    {
        TrainerOptions options = Options with { Epochs = 3, Resume = true, CheckpointPath = folder[$"thrown-{where}"] };
        var network = new Perceptron(new Shape(1), 1);
        using var trainer = new Trainer(network, device, options);
        var group = new ObserverGroup(new Acting((t, _) => t.LearningRateFactor = 0.5f), new Throwing(where));
        Assert.That(() => trainer.Fit(Train, Test, group), Throws.InvalidOperationException.With.Message.EqualTo(where));
        Assert.That(() => trainer.Stop("nothing runs"), Throws.InvalidOperationException.With.Message.Contains("No training runs"));
        int steps = where switch { "Started" => 0, "StepEnded" => 6, "Ended" => 12, _ => 4 };
        File.Delete(folder[$"thrown-{where}"]);

        // The parameters are those of the last whole step: the same as of a training that ends there.
        TrainerOptions sameSteps = options with { Resume = false, CheckpointPath = null, MaxSteps = Math.Max(1, steps) };
        int[] expected = steps == 0 ? Initial() : Fit(sameSteps, new Acting((t, _) => t.LearningRateFactor = 0.5f)).Network.Bits();
        Assert.That(network.Bits(), Is.EqualTo(expected));
        Assert.That(trainer.Fit(Train, Test).Steps, Is.EqualTo(12), "and it can train again");
        Assert.That(device.Memory.Leaked, Is.Zero);

        static int[] Initial()
        {
            var fresh = new Perceptron(new Shape(1), 1);
            fresh.Initialize(3);
            return fresh.Bits();
        }
    }

    [Test]
    public void WhatIsNotMeasuredCannotDecide()
    {
        Assert.That(() => Fit(Options, new EarlyStopping("test_accuracy", 3)),
            Throws.InstanceOf<KeyNotFoundException>().With.Message.Contains("test_rmse"));
        var network = new Perceptron(new Shape(1), 1);
        using var trainer = new Trainer(network, device, Options);
        Assert.That(() => trainer.Fit(Train, null, new EarlyStopping()),
            Throws.InvalidOperationException.With.Message.Contains("Give Fit a test set"));
        Assert.That(() => new EarlyStopping(patience: 0), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new ReduceOnPlateau(factor: 1), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new PeriodicCheckpoint(0), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void TheConsoleShowsTheTasksMetrics()
    {
        using var text = new StringWriter { NewLine = "\n" };
        Fit(Options with { Epochs = 1 }, new ConsoleObserver(text, interval: 0));
        string[] lines = text.ToString().TrimEnd().Split('\n');
        Assert.That(lines[0], Does.StartWith("training Perceptron (49 parameters) on cpu"));
        Assert.That(
            lines[1], Does.Match(@"^epoch 1/1  batch 1/4  loss \d\.\d{4}  mae \d\.\d{4}  rmse \d\.\d{4}  \d+ examples/s  00:00:00 left$"));
        const string Metrics = @"mae \d\.\d{4}  rmse \d\.\d{4}";
        Assert.That(lines[^1], Does.Match(@$"^epoch 1  train loss \d\.\d{{4}}  {Metrics}  test loss \d\.\d{{4}}  {Metrics}  \d+\.\d s$"));
    }

    private (Perceptron Network, TrainingResult Result) Fit(TrainerOptions options, ITrainingObserver? observer, int stopAfter = 0)
    {
        using var source = new CancellationTokenSource();
        var network = new Perceptron(new Shape(1), 1);
        using var trainer = new Trainer(network, device, options);
        if (options.Task is Distance distance) distance.Clock.Epoch = 0;
        var canceller = new Acting((_, progress) =>
        {
            if (progress.Step == stopAfter) source.Cancel();
        });
        ITrainingObserver[] observers = options.Task is Distance { Clock: var clock } ? [clock, canceller] : [canceller];
        return (network,
            trainer.Fit(Train, Test, new ObserverGroup([.. observers, .. observer is null ? [] : new[] { observer }]), source.Token));
    }

    /// <summary>
    /// A regression with a metric that says how far an epoch is from a given one: what observers decide by is then known.
    /// </summary>
    private sealed record Distance(int Best) : TrainingTask
    {
        public EpochClock Clock { get; } = new();

        public override TensorSpec Target(Shape output) => new(output);

        public override Fovea.Graph.Value AddLoss(TaskValues batch) => new Regression().AddLoss(batch);

        public override IReadOnlyList<StepMetric> AddMetrics(TaskValues batch) =>
            [new("distance", batch.Output.Graph.Constant(1, Shape.Scalar), _ => Math.Abs(Clock.Epoch - Best))];
    }

    /// <summary>Knows the number of the epoch that runs.</summary>
    private sealed class EpochClock : ITrainingObserver
    {
        public int Epoch { get; set; }

        public void StepEnded(in TrainingProgress progress) => Epoch = progress.Epoch;

        public void Evaluating(int epoch) => Epoch = epoch;
    }

    private sealed class Acting(Action<Trainer, TrainingProgress> act) : ITrainingObserver
    {
        private Trainer? trainer;

        public void Started(Trainer trainer, long step) => this.trainer = trainer;

        public void StepEnded(in TrainingProgress progress) => act(trainer!, progress);
    }

    private sealed class Throwing(string where) : ITrainingObserver
    {
        public void Started(Trainer trainer, long step) => Throw("Started");

        public void StepEnded(in TrainingProgress progress)
        {
            if (progress.Step == 6) Throw("StepEnded");
        }

        public void Evaluating(int epoch) => Throw("Evaluating");

        public void EpochEnded(EpochResult result) => Throw("EpochEnded");

        public void CheckpointWritten(string path) => Throw("CheckpointWritten");

        public void Ended(TrainingResult result) => Throw("Ended");

        private void Throw(string here)
        {
            if (here == where) throw new InvalidOperationException(here);
        }
    }

    private sealed class Snapshots : ITrainingObserver
    {
        private Trainer? trainer;

        public List<int[]> Bits { get; } = [];

        public void Started(Trainer trainer, long step) => this.trainer = trainer;

        public void EpochEnded(EpochResult result) => Bits.Add(((Perceptron)trainer!.Network).Bits());
    }

    private sealed class Rates : ITrainingObserver
    {
        public List<float> OfEpochs { get; } = [];

        public void StepEnded(in TrainingProgress progress)
        {
            if (progress.Batch == 1) OfEpochs.Add(progress.LearningRate);
        }
    }
}
