using Fovea.Data;
using Fovea.Files;
using Fovea.Graph;
using Fovea.Initializers;
using Fovea.Layers;
using Fovea.Optimizers;
using Fovea.Testing;
using Fovea.Training;

namespace Fovea.Tests;

/// <summary>
/// Buffers are saved, loaded, resumed and summarised like parameters, and changed by updates instead of by the optimizer.
/// </summary>
internal sealed class BufferTests
{
    private static readonly ImageDataset Digits = SmallNetwork.Digits;

    [Test]
    public void TheyAreNamedAsInPyTorchAndNotTrained()
    {
        var network = new Normalized();
        network.Initialize(1);
        Assert.That(network.Parameters.Select(parameter => parameter.Name), Is.EqualTo(new[]
        {
            "conv.weight", "conv.bias", "norm.weight", "norm.bias", "last.weight", "last.bias", "output.weight", "output.bias",
        }));
        Assert.That(network.Buffers.Select(buffer => buffer.Name),
            Is.EqualTo(new[] { "norm.running_mean", "norm.running_var", "last.running_mean", "last.running_var" }));
        Assert.That(network.Buffers.First().Value.Span.ToArray(), Has.All.Zero);
        Assert.That(network.Buffers.Skip(1).First().Value.Span.ToArray(), Has.All.EqualTo(1));
        Assert.That(network.BufferCount, Is.EqualTo(2 * (6 + 96)));
    }

    [Test]
    public void TheSummaryCountsThem()
    {
        NetworkSummary summary = NetworkSummary.Of(new Normalized());
        Assert.That(summary.Layers.Single(layer => layer.Path == "norm"),
            Has.Property("Parameters").EqualTo(12).And.Property("Buffers").EqualTo(12));
        Assert.That((summary.Parameters, summary.Buffers), Is.EqualTo((new Normalized().ParameterCount, new Normalized().BufferCount)));
        Assert.That(summary.ToString(), Does.Contain("buffers").And.Contain("204"));
        Assert.That(NetworkSummary.Of(new SmallNetwork()).ToString(), Does.Not.Contain("buffers"));
    }

    [Test]
    public void ATrainedNetworkComputesTheSameAfterSavingAndLoading()
    {
        using var folder = new TempFolder();
        using Device device = Device.Open("cpu", 2);
        var network = new Normalized();
        EvaluationResult before = Train(network, device, 2);
        Assert.That(before.Accuracy, Is.GreaterThan(0.5));
        network.Save(folder["network.safetensors"]);

        var loaded = new Normalized();
        loaded.Load(folder["network.safetensors"]);
        Assert.That(Bits(loaded), Is.EqualTo(Bits(network)));
        using var trainer = new Trainer(loaded, device, Options);
        Assert.That(trainer.Evaluate(Digits.Test).Accuracy, Is.EqualTo(before.Accuracy));
        using SafetensorsFile file = SafetensorsFile.Open(folder["network.safetensors"]);
        Assert.That(file.Names, Is.SupersetOf(new[] { "norm.running_mean", "norm.running_var" }));
    }

    [Test]
    public void AResumedTrainingEndsWithTheSameBits()
    {
        using var folder = new TempFolder();
        using Device device = Device.Open("cpu", 2);
        Normalized whole = new(), first = new(), second = new();
        TrainerOptions options = Options with { MaxSteps = 23 };
        using (var trainer = new Trainer(whole, device, options)) trainer.Fit(Digits.Train);

        options = options with { CheckpointPath = folder["checkpoint.safetensors"], Resume = true };
        using (var trainer = new Trainer(first, device, options with { MaxSteps = 9 })) trainer.Fit(Digits.Train);
        Assert.That(Bits(first), Is.Not.EqualTo(Bits(whole)));
        using (var trainer = new Trainer(second, device, options)) trainer.Fit(Digits.Train);
        Assert.That(Bits(second), Is.EqualTo(Bits(whole)));
    }

    [Test]
    public void WhatAFlattenedImageIsNormalizedWithIsChannelFirstInFiles()
    {
        using var folder = new TempFolder();
        var network = new Normalized();
        network.Initialize(1);
        ModuleBuffer mean = network.Buffers.Single(buffer => buffer.Name == "last.running_mean");
        for (int i = 0; i < 96; i++) mean.Value.Span[i] = i;
        network.Save(folder["network.safetensors"]);
        using (SafetensorsFile file = SafetensorsFile.Open(folder["network.safetensors"]))
        {
            float[] stored = file["last.running_mean"].ReadFloats();
            // 4×4 pixels of 6 channels.
            Assert.That(stored, Is.EqualTo(Enumerable.Range(0, 96).Select(i => (float)((i % 16 * 6) + (i / 16)))));
        }
        var loaded = new Normalized();
        loaded.Load(folder["network.safetensors"]);
        Assert.That(Bits(loaded), Is.EqualTo(Bits(network)));
    }

    [Test]
    public void AFileWithoutABufferIsRefusedBeforeAnythingChanges()
    {
        using var folder = new TempFolder();
        var network = new Normalized();
        network.Initialize(1);
        int[] before = Bits(network);
        using (var writer = new SafetensorsWriter(folder["weights.safetensors"], network.Parameters.Select(parameter =>
            new SafetensorsEntry(parameter.Name, SafetensorsDType.F32, parameter.Layout.External(parameter.Shape).Dimensions))))
        {
            foreach (Parameter parameter in network.Parameters) writer.Write(parameter.Name, new float[parameter.Shape.Count]);
            writer.Commit();
        }
        Assert.That(() => network.Load(folder["weights.safetensors"]),
            Throws.InstanceOf<InvalidDataException>().With.Message.Contains("'norm.running_mean'"));
        Assert.That(Bits(network), Is.EqualTo(before));
    }

    // num_batches_tracked is a whole number in PyTorch's files.
    [Test]
    public void WholeNumbersAreReadFromFiles()
    {
        using var folder = new TempFolder();
        using (var writer = new SafetensorsWriter(folder["count.safetensors"], [new SafetensorsEntry("count", SafetensorsDType.I64)]))
        {
            writer.Write("count", [321L]);
            writer.Commit();
        }
        var network = new Counting();
        network.Load(folder["count.safetensors"]);
        Assert.That(network.Buffers.Single().Value.Span.ToArray(), Is.EqualTo(new[] { 321f }));
    }

    [Test]
    public void OneNameIsNotAParameterAndABuffer() =>
        Assert.That(() => new Both().Build(),
            Throws.InvalidOperationException.With.Message.Contains("Both asks for 'x' both as a parameter and as a buffer"));

    [Test]
    public void ParametersThatOnlyTrainingHasAreInitializedAndSaved()
    {
        using var folder = new TempFolder();
        var network = new Auxiliary();
        network.Initialize(3);
        Assert.That(network.Parameters.Select(parameter => parameter.Name),
            Is.EqualTo(new[] { "head.weight", "head.bias", "helper.weight", "helper.bias" }));
        Assert.That(network.Parameters.Single(parameter => parameter.Name == "helper.weight").Value.Span.ToArray(), Has.Some.Not.Zero);
        network.Save(folder["network.safetensors"]);
        var loaded = new Auxiliary();
        loaded.Load(folder["network.safetensors"]);
        Assert.That(Bits(loaded), Is.EqualTo(Bits(network)));
    }

    [Test]
    public void APartThatWasLoadedIsNotDrawnAnew()
    {
        using Device device = Device.Open("cpu", 2);
        var part = new Counting();
        part.Initialize();
        part.Buffers.Single().Value.Span[0] = 5;
        var whole = new Around(part);
        using var predictor = new Predictor(whole, device);
        Assert.That(part.Buffers.Single().Value.Span[0], Is.EqualTo(5));
        Assert.That(whole.Parameters.Single(parameter => parameter.Name == "head.weight").Value.Span.ToArray(), Has.Some.Not.Zero);
        Assert.That(whole.Buffers.Single().Name, Is.EqualTo("part.count"));
    }

    private static TrainerOptions Options => new() { Optimizer = new Sgd(0.02f, 0.9f), BatchSize = 30, Epochs = 2, Seed = 5 };

    private static EvaluationResult Train(Network network, Device device, int epochs)
    {
        using var trainer = new Trainer(network, device, Options with { Epochs = epochs });
        trainer.Fit(Digits.Train);
        return trainer.Evaluate(Digits.Test);
    }

    private static int[] Bits(Network network) =>
        [.. network.Stored.SelectMany(stored => stored.Variable.Value.Span.ToArray()).Select(BitConverter.SingleToInt32Bits)];

    private sealed class Normalized() : Network(new Shape(16, 16, 1))
    {
        private readonly Conv2d conv = new(6, kernel: 5, stride: 2, padding: 2);
        private readonly MaxPool2d pool = new(2);
        private readonly BatchNorm norm = new(), last = new();
        private readonly Linear output = new(10);

        public override Value Forward(Value x) => output.Apply(last.Apply(pool.Apply(norm.Apply(conv.Apply(x)).Relu()).Flatten()));
    }

    private sealed class Counting() : Network(new Shape(2))
    {
        public override Value Forward(Value x)
        {
            Value count = UseBuffer(x.Graph, "count", Shape.Scalar, Initializer.Zero);
            if (x.Graph.IsTraining) x.Graph.Update(count, old => old + 1f);
            return x + count;
        }
    }

    private sealed class Around(Counting part) : Network(new Shape(2))
    {
        private readonly Linear head = new(2);

        public override Value Forward(Value x) => head.Apply(part.Apply(x));
    }

    private sealed class Both() : Network(new Shape(2))
    {
        public override Value Forward(Value x) =>
            x + Use(x.Graph, "x", new Shape(2), Initializer.Zero) + UseBuffer(x.Graph, "x", new Shape(2), Initializer.Zero);
    }

    private sealed class Auxiliary() : Network(new Shape(4))
    {
        private readonly Linear head = new(2), helper = new(2);

        public override Value Forward(Value x) => x.Graph.IsTraining ? head.Apply(x) + helper.Apply(x) : head.Apply(x);
    }
}
