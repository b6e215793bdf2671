using Fovea.Execution;
using Fovea.Graph;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Ops;
using Fovea.Optimizers;
using Fovea.Training;

namespace Fovea.Core.Tests;

[NonParallelizable]
internal sealed class ExecutableTests
{
    private Device device = null!;

    [SetUp]
    public void OpenDevice() => device = Device.Open("cpu", threads: 2);

    [TearDown]
    public void CloseDevice()
    {
        Assert.That((device.Memory.InUse, device.Memory.Buffers), Is.EqualTo((0L, 0)), "the device's memory was not given back");
        device.Dispose();
    }

    [Test]
    public void AnInputThatWasNotWrittenIsNamed()
    {
        var graph = new ComputationGraph();
        Value a = graph.Input("a", new Shape(2)), b = graph.Input("b", new Shape(2));
        using Executable executable = device.Compile(graph, (a + b).Sum());
        Assert.That(executable.Run, Throws.InvalidOperationException.With.Message.Contains("Not written before this run: 'a', 'b'."));
        executable.Write("a", [1f, 2]);
        Assert.That(executable.Run, Throws.InvalidOperationException.With.Message.Contains("Not written before this run: 'b'."));
        executable.Write("b", [3f, 4]);
        executable.Run();
        Assert.That(executable.Read(0), Is.EqualTo(10));
        Assert.That(executable.Run, Throws.InvalidOperationException, "what was written is gone after a run");
        Assert.That(() => executable.Profile(() => executable.Write("b", [3f, 4]), runs: 1),
            Throws.InvalidOperationException.With.Message.Contains("'a'"));
    }

    [Test]
    public void AValueOfAnotherGraphIsRefused()
    {
        ComputationGraph graph = new(), other = new();
        Value own = graph.Input("x", new Shape(2)).Sum(), foreign = other.Input("x", new Shape(3)).Sum();
        foreach (Value[] fetches in new[] { new[] { foreign }, [own, foreign] })
            Assert.That(() => device.Compile(graph, fetches), Throws.ArgumentException.With.Message.StartsWith(
                $"Fetch {fetches.Length - 1}, {foreign.Spec}, is a value of another graph"));
    }

    [Test]
    public void TrainingStepsAllocateNothing()
    {
        var network = new LeNet5();
        network.Initialize(1);
        var options = new TrainerOptions { Optimizer = new Adam() };
        using BatchProgram program =
            BatchProgram.ForTraining(network, options, new OptimizerState(network, options.Optimizer), batch: 2, device);
        float[] pixels = [.. Enumerable.Range(0, 2 * 32 * 32).Select(i => MathF.Sin(i))], scalars = [1e-3f, 1];
        int[] labels = [3, 8];
        float first = 0, last = 0;
        int step = 0;
        for (; step < 50; step++) first = program.Run(pixels, labels, step, scalars);
        // All threads count, the test host's own too, which wakes up now and then. A step that allocates does so in every window.
        long least = long.MaxValue;
        for (int window = 0; window < 20 && least > 0; window++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            for (int end = step + 100; step < end; step++) last = program.Run(pixels, labels, step, scalars);
            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
        }
        Assert.That(least, Is.Zero);
        Assert.That(last, Is.LessThan(first), "the steps that were measured did train");
        Assert.That(device.Memory.InUse, Is.EqualTo(program.Executable.Plan.PeakBytes));
    }

    [Test]
    public void WrongNamesSizesAndTypesAreNamed()
    {
        var graph = new ComputationGraph();
        Value x = graph.Input("x", new Shape(2, 3)), labels = graph.Input("labels", new Shape(2), DType.Int32);
        using Executable executable = device.Compile(graph, graph.Add(new CorrectCountOp(), x, labels), x.Relu());
        Assert.That(executable.Inputs, Is.EquivalentTo(new[] { "x", "labels" }));
        Assert.That(() => executable.Write("y", new float[6]),
            Throws.ArgumentException.With.Message.Contains("'y'").And.Message.Contains("x, labels"));
        Assert.That(
            () => executable.Write("x", new float[5]), Throws.ArgumentException.With.Message.Contains("2×3 with 6 elements, but 5"));
        Assert.That(() => executable.Write("x", new int[6]), Throws.ArgumentException.With.Message.Contains("Float32, not Int32"));
        Assert.That(() => executable.Write("labels", new float[2]), Throws.ArgumentException.With.Message.Contains("Int32, not Float32"));
        Assert.That(() => executable.Read(1, new float[7]), Throws.ArgumentException.With.Message.Contains(
            "2×3 with 6 elements, but there is room for 7"));
        Assert.That(() => executable.Read(1), Throws.ArgumentException);
    }

    [Test]
    public void ADisposedExecutableSaysSo()
    {
        var graph = new ComputationGraph();
        Executable executable = device.Compile(graph, graph.Input("x", new Shape(2)).Relu());
        Assert.That(device.Memory.InUse, Is.Positive);
        executable.Dispose();
        executable.Dispose();
        Assert.That(executable.Run, Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => executable.Write("x", new float[2]), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => executable.Read(0, new float[2]), Throws.InstanceOf<ObjectDisposedException>());
    }

    [Test]
    public void WhatTheFetchesDoNotNeedIsLeftOut()
    {
        var graph = new ComputationGraph();
        Value x = graph.Input("x", new Shape(2)), _ = graph.Input("unused", new Shape(1000, 1000)).Relu();
        using Executable executable = device.Compile(graph, x.Relu());
        Assert.That(executable.Inputs, Is.EqualTo(new[] { "x" }));
        Assert.That(executable.Plan.PeakBytes, Is.LessThan(100_000), "a million elements that nobody reads");
    }

    [Test]
    public void NothingToComputeIsAnError() => Assert.That(() => device.Compile(new ComputationGraph()), Throws.ArgumentException);

    [Test]
    public void AnOperationThatTheDeviceLacksIsNamedWithItsLayer()
    {
        ComputationGraph graph = new Odd().Build();
        Assert.That(() => device.Compile(graph, graph.Named["output"]),
            Throws.InstanceOf<NotSupportedException>().With.Message.Contains("strange: ").And.Message.Contains("Unknown"));
    }

    [Test]
    public void MultiplyAddsAreThoseOfProductsAndConvolutions()
    {
        ComputationGraph graph = new LeNet5().Build(batch: 2);
        using Executable executable = device.Compile(graph, graph.Named["output"]);
        Assert.That(executable.MultiplyAdds, Is.EqualTo(2 * 416_520));
        Assert.That(executable.Variables.Select(variable => variable.Name), Does.Contain("fc3.bias").And.Exactly(10).Items);
    }

    private sealed class Odd() : Network(new Shape(3))
    {
        private readonly Strange strange = new();

        public override Value Forward(Value x) => strange.Apply(x);
    }

    private sealed class Strange : Module
    {
        public override Value Forward(Value x) => x.Graph.Add(new Unknown(), x);
    }

    private sealed record Unknown : Op
    {
        public override IReadOnlyList<TensorSpec> Infer(IReadOnlyList<TensorSpec> inputs) => inputs;
    }
}
