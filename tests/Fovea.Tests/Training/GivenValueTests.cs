using Fovea.Data;
using Fovea.Execution;
using Fovea.Graph;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Testing;
using Fovea.Training;

namespace Fovea.Tests;

/// <summary>What a program gives wrongly is refused before anything changes, and the message says what, where and what to do.</summary>
[TestFixture]
internal sealed class GivenValueTests
{
    private Device device = null!;

    [SetUp]
    public void Open() => device = Device.Open("cpu", 1);

    [TearDown]
    public void Close() => device.Dispose();

    [Test]
    public void NothingToMeasureOnIsRefused()
    {
        using var trainer = new Trainer(new Perceptron(new Shape(2), 3), device, new TrainerOptions { Task = new MultiLabel() });
        Assert.That(() => trainer.Evaluate(new Made(0, 0)), Throws.ArgumentException.With.Message.Contains("no examples"));
    }

    [TestCase(7f, "7")]
    [TestCase(-3f, "-3")]
    [TestCase(float.NaN, "NaN")]
    public void ALabelShareOutsideOf0To1IsRefused(float target, string text)
    {
        float[] targets = [0, 1, 0.5f, 0, 1, target];
        var network = new Perceptron(new Shape(2), 3);
        using var trainer = new Trainer(network, device, new TrainerOptions { Task = new MultiLabel(), BatchSize = 2 });
        int[] before = network.Bits();
        Assert.That(() => trainer.Fit(Numbers(targets, 3)), Throws.ArgumentException.With.Message.Contains(
            $"Example 1 has target {text} at label 2, but multi-label takes a number from 0 to 1."));
        Assert.That(network.Bits(), Is.EqualTo(before));
        Assert.That(() => trainer.Evaluate(Numbers(targets, 3)), Throws.ArgumentException);
        targets[5] = 1;
        Assert.That(trainer.Fit(Numbers(targets, 3)).Steps, Is.EqualTo(5));
    }

    [TestCase(float.NaN, "NaN")]
    [TestCase(float.PositiveInfinity, "Infinity")]
    public void ANumberThatIsNoneIsRefused(float target, string text)
    {
        using var trainer =
            new Trainer(new Perceptron(new Shape(2), 1), device, new TrainerOptions { Task = new Regression(), BatchSize = 2 });
        Assert.That(() => trainer.Fit(Numbers([7, -3, target, 0], 1)), Throws.ArgumentException.With.Message.Contains(
            $"Example 2 has target {text}, but regression takes a finite number."));
    }

    [Test]
    public void ASetThatMakesItsExamplesIsCheckedByBatchWithTheNumberInTheSet()
    {
        using var trainer =
            new Trainer(new Perceptron(new Shape(2), 3), device, new TrainerOptions { Task = new MultiLabel(), BatchSize = 4 });
        Assert.That(() => trainer.Fit(new Made(20, wrong: 13)), Throws.ArgumentException.With.Message.Contains(
            "Example 13 has target 2 at label 1, but multi-label takes a number from 0 to 1."));
    }

    [Test]
    public void ALabelThatIsNoClassIsRefusedBeforeAnythingChanges()
    {
        var network = new Perceptron(new Shape(2), 3);
        using var trainer = new Trainer(network, device, new TrainerOptions { BatchSize = 2 });
        int[] before = network.Bits();
        var set = new TensorDataset(new Tensor(new Shape(5, 2), new float[10]), [0, 1, 2, 0, 3]) { Name = "five" };
        Assert.That(() => trainer.Fit(set), Throws.InstanceOf<ArgumentException>().With.Message.Contains(
            "five: Example 4 has label 3, but the network has classes 0 to 2."));
        Assert.That(network.Bits(), Is.EqualTo(before));
    }

    [Test]
    public void ResumingNeedsACheckpointPath() => Assert.That(
        () => new Trainer(new LeNet5(), device, new TrainerOptions { Resume = true }),
        Throws.ArgumentException.With.Message.Contains("TrainerOptions.CheckpointPath"));

    [Test]
    public void AFileThatCannotBeWrittenIsAnErrorBeforeTraining()
    {
        using var folder = new TempFolder();
        folder.Write("file", [1]);
        string bad = folder["file/checkpoint.safetensors"];
        var observers = new (string? Checkpoint, ITrainingObserver? Observer)[]
        {
            (bad, null), (folder.Path, null), (null, new BestWeights("train_loss", bad)), (null, new PeriodicCheckpoint(100, bad)),
        };
        foreach ((string? checkpoint, ITrainingObserver? observer) in observers)
        {
            var network = new Perceptron(new Shape(2), 1);
            using var trainer = new Trainer(
                network, device, new TrainerOptions { Task = new Regression(), BatchSize = 2, CheckpointPath = checkpoint });
            int[] before = network.Bits();
            Assert.That(() => trainer.Fit(Numbers([1, 2, 3, 4], 1), observer: observer),
                Throws.InstanceOf<IOException>().With.Message.Contains(folder.Path));
            Assert.That(network.Bits(), Is.EqualTo(before));
        }
        Assert.That(Directory.GetFiles(folder.Path), Has.Length.EqualTo(1), "the attempt leaves nothing");
    }

    [TestCase(400, 1000, 400, 1, 0, "the batch size is 400, all examples that there are, and not 1,000: an epoch is a single step")]
    [TestCase(70, 32, 32, 2, 6, "each epoch leaves out 6 of 70 examples, which do not fill a batch of 32")]
    [TestCase(64, 32, 32, 2, 0, null)]
    public void WhatBecomesOfTheBatchSizeIsSaid(int examples, int wanted, int size, int count, int leftOut, string? notice)
    {
        using var trainer = new Trainer(new Perceptron(new Shape(2), 1), device,
            new TrainerOptions { Task = new Regression(), BatchSize = wanted, Epochs = 1 });
        using var text = new StringWriter();
        TrainingResult result = trainer.Fit(Numbers(new float[examples], 1), observer: new ConsoleObserver(text));
        EpochBatches batches = trainer.EpochBatches!;
        Assert.That((batches.BatchSize, batches.Count, batches.LeftOut, batches.Notice), Is.EqualTo((size, count, leftOut, notice)));
        Assert.That(result.Steps, Is.EqualTo(count));
        Assert.That(text.ToString(), notice is null ? Does.Not.Contain("batch") : Does.Contain(notice));
        Assert.That(text.ToString(), Does.Not.Contain("NaN").And.Not.Contain("test"), "no test was made");
    }

    [Test]
    public void NumbersThatAreTooSmallAreNamed()
    {
        Assert.That(() => new Trainer(new LeNet5(), device, new TrainerOptions { Epochs = 0 }),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains("TrainerOptions.Epochs is 0. Give 1 or more."));
        Assert.That(() => new EarlyStopping(patience: 0),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains("EarlyStopping's patience is 0. Give 1 or more."));
        Assert.That(() => new Predictor(new LeNet5(), device, new PredictorOptions { MaxBatch = -1 }),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains("PredictorOptions.MaxBatch is -1."));
    }

    [TestCase(-1)]
    [TestCase(100_000)]
    public void AnAbsurdNumberOfThreadsIsRefused(int threads) => Assert.That(
        () => Device.Open("cpu", threads),
        Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains($"1 to {Device.MaxThreads} threads").And.Message.Contains(
            $"not on {threads}"));

    [Test]
    public void ADeviceSaysHowManyThreadsItUses()
    {
        using Device three = Device.Open("cpu", Environment.ProcessorCount + 1), all = Device.Open("cpu");
        Assert.That(three.ToString(), Does.EndWith($", {Environment.ProcessorCount + 1} threads)"));
        Assert.That(all.ToString(), Does.Not.Contain("thread"));
    }

    [TestCase("gpu")]
    [TestCase("cuda:x")]
    public void AnUnknownDeviceIsNotSaidToNeedTheJit(string name)
    {
        AppContext.SetSwitch("Fovea.Gpu.IsSupported", false);
        try
        {
            Assert.That(() => Device.Open(name),
                Throws.TypeOf<DeviceException>().With.Message.EqualTo(
                    $"There is no device '{name}'. This machine has: cpu; auto takes the best."));
            Assert.That(() => Device.Open("cuda"), Throws.TypeOf<DeviceException>().With.Message.Contains("just-in-time"));
        }
        finally
        {
            AppContext.SetSwitch("Fovea.Gpu.IsSupported", true);
        }
    }

    [Test]
    public void ADisposedDeviceIsNamed()
    {
        Device gone = Device.Open("cpu", 1);
        using var trainer = new Trainer(
            new Perceptron(new Shape(2), 1), gone, new TrainerOptions { Task = new Regression(), BatchSize = 2 });
        TensorDataset data = Numbers([1, 2, 3, 4], 1);
        var graph = new ComputationGraph();
        using Executable executable = gone.Compile(graph, graph.Input("x", new Shape(2)).Relu());
        gone.Dispose();
        foreach (Action use in new Action[] { () => trainer.Fit(data), executable.Run, () => executable.Write("x", [1f, 2]),
            () => executable.Read(0, new float[2]), gone.Synchronize })
            Assert.That(() => use(), Throws.TypeOf<ObjectDisposedException>().With.Message.Contains("The device cpu ("));
    }

    [Test]
    public void NamesAndNumbersOfAGraphThatAreNotThereAreListed()
    {
        var graph = new ComputationGraph();
        Value logits = graph.Input("logits", new Shape(2, 3)), labels = graph.Input("labels", new Shape(2), DType.Int32);
        Value loss = graph.Add(new Fovea.Ops.CrossEntropyOp(), logits, labels).Named("loss");
        Assert.That(() => graph.Named["outputs"], Throws.InstanceOf<KeyNotFoundException>().With.Message.EqualTo(
            "The graph has no value named 'outputs'. It has logits, labels, loss."));
        using Executable executable = device.Compile(graph, loss);
        Assert.That(() => executable.Read(5),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains(
                "There is no fetch 5: they are numbered as when compiling, here from 0 to 0."));
        executable.Write("logits", new float[6]);
        executable.Write("labels", [0, 9]);
        Assert.That(executable.Run,
            Throws.InstanceOf<ArgumentException>().With.Message.Contains("label 9").And.Message.Not.Contains("written"));
        executable.Write("labels", [0, 1]);
        executable.Run();
        executable.Write("labels", [0, 9]);
        Assert.That(executable.Run, Throws.InvalidOperationException.With.Message.Contains("Not written before this run: 'logits'."));
    }

    [TestCase(10, 1, 7, 1, "'fc3.weight' is 10×84 in the file, but 7×84 in this network. Check how many outputs")]
    [TestCase(10, 1, 10, 3, "'conv1.weight' is 6×1×5×5 in the file, but 6×3×5×5 in this network. Check how many channels")]
    public void OtherWeightsAreToldByTheFirstTensorThatDiffers(
        int classes, int channels, int otherClasses, int otherChannels, string expected)
    {
        using var folder = new TempFolder();
        new LeNet5(classes, new Shape(32, 32, channels)).Save(folder["weights.safetensors"]);
        Assert.That(() => new LeNet5(otherClasses, new Shape(32, 32, otherChannels)).Load(folder["weights.safetensors"]),
            Throws.InstanceOf<InvalidDataException>().With.Message.Contains(expected));
    }

    [Test]
    public void ANetworkOfTheCatalogueNamesItselfInItsFile()
    {
        using var folder = new TempFolder();
        string file = folder["weights.safetensors"];
        foreach ((Network network, string name) in new (Network, string)[]
        {
            (new LeNet5(7), "lenet5"), (new AlexNet(3, new Shape(67, 67, 3)), "alexnet"),
            (new AlexNet(3, new Shape(67, 67, 3), grouped: true), "alexnet-grouped"), (new Vgg(13, 3, new Shape(32, 32, 3)), "vgg13"),
        })
            Assert.That(network.CatalogName, Is.EqualTo(name));
        foreach (ModelInfo model in ModelCatalog.Models) Assert.That(model.Make(2, model.Input).CatalogName, Is.EqualTo(model.Name));
        new LeNet5(7).Save(file);
        Assert.That((ModelCatalog.Open(file).CatalogName, ModelCatalog.Open(file).Classes), Is.EqualTo(("lenet5", 7)));
        new Perceptron(new Shape(2), 1).Save(file);
        Assert.That(() => ModelCatalog.Open(file), Throws.ArgumentException.With.Message.Contains("does not say which network"));
    }

    [Test]
    public void ResultsHaveATextForm()
    {
        Assert.That(new PredictedLabel(3, null, 0.5f).ToString(), Does.Match(@"^label 3 \(50\.0 ?%\)$"));
        Assert.That(new PredictedLabel(3, "cat", 0.5f).ToString(), Does.StartWith("cat ("));
        var matrix = new ConfusionMatrix(2);
        matrix.Add(new EvaluatedBatch(3, new Shape(2), [1, 0, 0, 1, 0, 1], [0, 1, 0], []));
        Assert.That(matrix.ToString().ReplaceLineEndings("\n"), Is.EqualTo("label  0  1\n    0  1  1\n    1  0  1"));
        Assert.That(new ConfusionMatrix(100).ToString(), Does.StartWith("100 classes  precision 0.0000"));
    }

    [Test]
    public void AnOperationOfOnesOwnThatFailsIsNamedWithItsLayer()
    {
        var network = new OwnNetwork();
        ComputationGraph graph = network.Build();
        using Executable executable = device.Compile(graph, graph.Named["output"]);
        executable.Write("input", [1f, 2]);
        Assert.That(executable.Run, Throws.TypeOf<Core.DeviceFailureException>().With.Message.EqualTo(
            "layer: Failing: OnCpu failed: nothing works").And.InnerException.TypeOf<InvalidOperationException>());
        Assert.That(() => graph.Differentiate(graph.Named["output"].Sum(), graph.Named["input"]),
            Throws.TypeOf<NotSupportedException>().With.Message.StartsWith(
                "layer: Failing has no gradient. Override Gradient in FailingOp"));
    }

    private static TensorDataset Numbers(float[] targets, int perExample)
    {
        int count = targets.Length / perExample;
        return new TensorDataset(new Tensor(new Shape(count, 2), new float[count * 2]), new Tensor(new Shape(count, perExample), targets));
    }

    private sealed record FailingOp : KernelOp
    {
        public override IReadOnlyList<TensorSpec> Infer(IReadOnlyList<TensorSpec> inputs) => inputs;

        protected internal override Action<Cpu.CpuTensors> OnCpu => _ => throw new InvalidOperationException("nothing works");
    }

    private sealed class FailingLayer : Module
    {
        public override Value Forward(Value x) => x.Graph.Add(new FailingOp(), x);
    }

    private sealed class OwnNetwork() : Network(new Shape(2))
    {
        private readonly FailingLayer layer = new();

        public override Value Forward(Value x) => layer.Apply(x);
    }

    /// <summary>Examples made when they are asked for, one of which has a wrong target.</summary>
    private sealed class Made(int count, int wrong) : IDataset
    {
        public int Count => count;

        public Shape InputShape => new(2);

        public TensorSpec Target => new(new Shape(3));

        public void Fill(int index, ExampleBuffer example) => example.Targets[1] = index == wrong ? 2 : 1;
    }
}
