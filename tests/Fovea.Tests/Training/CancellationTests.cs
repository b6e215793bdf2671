using Fovea.Compilation;
using Fovea.Data;
using Fovea.Execution;
using Fovea.Optimizers;
using Fovea.Testing;
using Fovea.Training;

namespace Fovea.Tests;

/// <summary>What may take long says how far it is, and ends when it is told to, with nothing half changed.</summary>
[TestFixture]
internal sealed class CancellationTests : FolderTests
{
    private readonly Device device = Device.Open("cpu", threads: 2);

    [OneTimeTearDown]
    public void Close()
    {
        Assert.That(device.Memory.InUse, Is.Zero);
        device.Dispose();
    }

    private TrainerOptions Tuned => new()
    {
        Optimizer = new Sgd(0.02f),
        Epochs = 2,
        BatchSize = 16,
        CheckpointPath = Folder["checkpoint.safetensors"],
        Compile = new CompileOptions { Tuning = Compilation.Tuning.Always, ChoiceFile = Folder["choices.json"] },
    };

    [Test]
    public void ATrainingThatIsCancelledWhileItIsPreparedHasChangedNothing()
    {
        using var source = new CancellationTokenSource();
        var network = new SmallNetwork();
        using var trainer = new Trainer(network, device, Tuned);
        var observer = new Watcher { OnPreparing = progress => progress.Phase == PreparationPhase.Measuring, Source = source };
        Assert.That(() => trainer.Fit(SmallNetwork.Digits.Train, SmallNetwork.Digits.Test, observer, source.Token),
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That(observer.Events, Has.No.Member("started").And.No.Member("checkpoint"));
        Assert.That(File.Exists(Folder["checkpoint.safetensors"]), Is.False);
        Assert.That(network.Normalization, Is.Null);
        Assert.That(network.Task, Is.Null);
        Assert.That(network.ClassNames, Is.Empty);
        Assert.That(device.Memory.InUse, Is.Zero, "memory of what was prepared");
        trainer.Fit(SmallNetwork.Digits.Train, SmallNetwork.Digits.Test);
        Assert.That(File.Exists(Folder["checkpoint.safetensors"]), "the same trainer goes on");
    }

    [Test]
    public void AnObserverHearsOfPreparationTestsAndCheckpoints()
    {
        var heard = new List<PreparationProgress>();
        var observer = new Watcher();
        device.Progress = new Listener<PreparationProgress>(heard.Add);
        try
        {
            using var trainer = new Trainer(new SmallNetwork(), device, Tuned with { Epochs = 1 });
            trainer.Fit(SmallNetwork.Digits.Train, SmallNetwork.Digits.Test, new ObserverGroup(observer));
        }
        finally
        {
            device.Progress = null;
        }
        int tested = SmallNetwork.Digits.Test.Count, first = Math.Min(16, tested);
        Assert.That(observer.Events,
            Does.Contain("preparing").And.Contain($"tested {first} of {tested}").And.Contain($"tested {tested} of {tested}"));
        Assert.That(observer.Events.IndexOf("preparing"), Is.LessThan(observer.Events.IndexOf("started")));
        Assert.That(observer.Events.IndexOf("checkpoint begun"), Is.EqualTo(observer.Events.IndexOf("checkpoint") - 1));
        Assert.That(heard.Select(value => value.Phase), Does.Contain(PreparationPhase.Lowering).And.Contain(PreparationPhase.Measuring));
        Assert.That(heard.Select(value => value.Done), Has.All.GreaterThanOrEqualTo(0));
        Assert.That(heard.All(value => value.Done < value.Total));
    }

    [Test]
    public void ATestThatIsCancelledLeavesACheckpointToGoOnFrom()
    {
        using var source = new CancellationTokenSource();
        var observer = new Watcher { OnTested = _ => true, Source = source };
        using var trainer = new Trainer(new SmallNetwork(), device, Tuned with { Compile = CompileOptions.Default });
        Assert.That(() => trainer.Fit(SmallNetwork.Digits.Train, SmallNetwork.Digits.Test, observer, source.Token),
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That(observer.Events.Count(item => item.StartsWith("tested", StringComparison.Ordinal)), Is.EqualTo(1));
        Assert.That(observer.Events[^1], Is.EqualTo("checkpoint"));
    }

    [Test]
    public void APredictorThatIsCancelledServesTheNextCaller()
    {
        var network = new SmallNetwork();
        network.Initialize(1);
        using var predictor = new Predictor(network, device, new PredictorOptions { MaxPlans = 1 });
        float[] input = new float[predictor.InputLength];
        Assert.That(() => predictor.Predict(input, new CancellationToken(canceled: true)), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(
            () => predictor.PredictBatch(input, 1, new CancellationToken(canceled: true)), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(predictor.Plans, Is.Zero);
        Assert.That(predictor.Predict(input).Values, Is.Not.Empty);
    }

    [Test]
    public void ReadingTellsHowFarItIsAndEnds()
    {
        byte[] records = new byte[3073 * 1000];
        Folder.Write("data_batch_1.bin", records);
        Folder.Write("test_batch.bin.gz", TempFolder.Gzip(records));
        var told = new List<ReadingProgress>();
        Assert.That(Cifar10.Load(Folder.Path, new Listener<ReadingProgress>(told.Add)).Train.Count, Is.EqualTo(1000));
        ReadingProgress[] plain = [.. told.Where(value => value.File == "data_batch_1.bin")];
        Assert.That(plain.Select(value => value.TotalBytes), Is.All.EqualTo(records.Length));
        Assert.That(plain.Select(value => value.BytesRead), Is.Ordered.And.Contain(0).And.Contain(1 << 20).And.Contain(records.Length));
        long packed = new FileInfo(Folder["test_batch.bin.gz"]).Length;
        IEnumerable<ReadingProgress> ofPacked = told.Where(value => value.File == "test_batch.bin.gz");
        Assert.That(ofPacked.Select(value => value.TotalBytes), Is.Not.Empty.And.All.EqualTo(packed));

        using var source = new CancellationTokenSource();
        var stopping = new Listener<ReadingProgress>(_ => source.Cancel());
        Assert.That(() => DatasetCatalog.Load(Folder.Path, progress: stopping, cancellationToken: source.Token),
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That(() => Digits.Generate(1000, 10, cancellationToken: source.Token), Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public void TheConsolesObserverSaysWhatIsPrepared()
    {
        using var writer = new StringWriter { NewLine = "\n" };
        ITrainingObserver observer = new ConsoleObserver(writer, interval: 0);
        observer.Preparing(new PreparationProgress(PreparationPhase.Compiling, 2, 17));
        Assert.That(writer.ToString(), Is.Empty, "it takes no time yet");
        Thread.Sleep(2100);
        observer.Preparing(new PreparationProgress(PreparationPhase.Compiling, 3, 17));
        observer.BatchEvaluated(2, new EvaluationProgress(64, 1000));
        Assert.That(writer.ToString(), Is.EqualTo("compiling kernels: 3 of 17\nepoch 2  testing  64 of 1000\n"));
    }

    private sealed class Listener<T>(Action<T> told) : IProgress<T>
    {
        public void Report(T value) => told(value);
    }

    private sealed class Watcher : ITrainingObserver
    {
        public List<string> Events { get; } = [];

        public Func<PreparationProgress, bool> OnPreparing { get; init; } = _ => false;

        public Func<EvaluationProgress, bool> OnTested { get; init; } = _ => false;

        public CancellationTokenSource? Source { get; init; }

        public void Preparing(in PreparationProgress progress)
        {
            Events.Add("preparing");
            if (OnPreparing(progress)) Source!.Cancel();
        }

        public void Started(Trainer trainer, long step) => Events.Add("started");

        public void BatchEvaluated(int epoch, in EvaluationProgress progress)
        {
            Events.Add($"tested {progress.Done} of {progress.Total}");
            if (OnTested(progress)) Source!.Cancel();
        }

        public void CheckpointBegun(string path) => Events.Add("checkpoint begun");

        public void CheckpointWritten(string path) => Events.Add("checkpoint");
    }
}
