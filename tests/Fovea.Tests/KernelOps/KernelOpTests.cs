using Fovea.Execution;
using Fovea.Gpu;
using Fovea.Gpu.Devices;
using Fovea.Gpu.Mathematics;
using Fovea.Graph;
using Fovea.Initializers;
using Fovea.Layers;
using Fovea.Optimizers;
using Fovea.Training;
using Fovea.Verification.Float64;
using ILGPU;

namespace Fovea.Tests;

/// <summary>Operations of a host application's own, with kernels of its own, on every device.</summary>
[NonParallelizable]
internal sealed class KernelOpTests
{
    private static readonly string[] Devices = ["cpu", "debug", "opencl"];

    [Test]
    public void ForwardAndGradientsAreThoseOfTheDefinition([ValueSource(nameof(Devices))] string name)
    {
        using Device device = Open(name);
        // More rows than a group has threads, and three channels, which divide no group.
        float[] x = [.. Enumerable.Range(0, 700 * 3).Select(i => 3 * MathF.Sin(i))], beta = [0.5f, 1, -2];
        var variable = new Variable("beta", new Shape(3));
        beta.CopyTo(variable.Value.Span);
        var graph = new ComputationGraph();
        Value input = graph.Input("x", new Shape(700, 3)), b = graph.Read(variable), y = graph.Add(new ChannelSwish(), input, b);
        IReadOnlyList<Value> gradients = graph.Differentiate((y * y).Sum(), input, b);
        using Executable executable = device.Compile(graph, y, gradients[0], gradients[1]);
        executable.Write("x", x);
        executable.Run();

        double[] expectedY = new double[x.Length], expectedX = new double[x.Length], expectedBeta = new double[3];
        for (int i = 0; i < x.Length; i++)
        {
            double v = x[i], c = beta[i % 3], s = 1 / (1 + Math.Exp(-c * v));
            expectedY[i] = v * s;
            expectedX[i] = 2 * expectedY[i] * (s + (c * v * s * (1 - s)));
            expectedBeta[i % 3] += 2 * expectedY[i] * v * v * s * (1 - s);
        }
        AssertClose(Read(executable, 0, x.Length), expectedY, 1e-6);
        AssertClose(Read(executable, 1, x.Length), expectedX, 1e-5);
        AssertClose(Read(executable, 2, 3), expectedBeta, 1e-5);
    }

    [Test]
    public void TrainingGivesTheSameLossesOnEveryDevice([Values("debug", "opencl")] string name)
    {
        float[] expected = Losses("cpu"), losses = Losses(name);
        for (int i = 0; i < expected.Length; i++) Assert.That(losses[i], Is.EqualTo(expected[i]).Within(1e-4), $"step {i}");
        Assert.That(expected[^1], Is.LessThan(expected[0]));
    }

    [Test]
    public void WhatWasSavedIsLoadedAndPredictsTheSame()
    {
        using Device device = Open("cpu");
        var network = new SwishNet();
        network.Initialize(3);
        network.Parameters.Single(parameter => parameter.Name == "act.beta").Value.Span.Fill(0.25f);
        string path = Path.Combine(TestContext.CurrentContext.WorkDirectory, "swish.safetensors");
        network.Save(path);
        var loaded = new SwishNet();
        loaded.Load(path);
        File.Delete(path);
        string[] names = [.. network.Parameters.Select(parameter => parameter.Name)];
        Assert.That(loaded.Parameters.Select(parameter => parameter.Name), Is.EqualTo(names));
        Assert.That(Output(device, loaded), Is.EqualTo(Output(device, network)));
    }

    [Test]
    public void ScratchMemoryGoesFromOneLaunchToTheNext([Values("debug", "opencl")] string name)
    {
        using Device device = Open(name);
        var graph = new ComputationGraph();
        Value y = graph.Add(new TwoLaunches(), graph.Input("x", new Shape(33)));
        using Executable executable = device.Compile(graph, y);
        executable.Write("x", [.. Enumerable.Range(0, 33).Select(i => (float)i)]);
        executable.Run();
        Assert.That(Read(executable, 0, 33), Is.EqualTo(Enumerable.Range(0, 33).Select(i => (2f * i) + 5)));
        Assert.That(executable.Plan.ToString(), Does.Contain("TwoLaunches").And.Contain("workspace"));
    }

    [Test]
    public void KernelsNeedNotBePublic([Values("debug", "opencl")] string name)
    {
        using Device device = Open(name);
        Assert.That(Run(device, new Broken(Fault.None)), Is.EqualTo(new float[] { 1, 2, 3, 4 }));
    }

    [Test]
    public void RunsAllocateNothing([Values("cpu", "opencl")] string name)
    {
        using Device device = Open(name);
        var network = new SwishNet();
        network.Initialize(1);
        ComputationGraph graph = network.Build(2);
        using Executable executable = device.Compile(graph, graph.Named["output"]);
        float[] numbers = new float[2 * network.InputShape.Count];
        for (int i = 0; i < 5; i++) Allocated();
        long least = long.MaxValue;
        for (int window = 0; window < 20 && least > 0; window++)
        {
            long sum = 0;
            for (int i = 0; i < 20; i++) sum += Allocated();
            least = Math.Min(least, sum);
        }
        Assert.That(least, Is.Zero);

        long Allocated()
        {
            executable.Write("input", numbers);
            long before = GC.GetAllocatedBytesForCurrentThread();
            executable.Run();
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    [Test]
    public void TheInterpreterUsesTheMethodForTheCpu()
    {
        var graph = new ComputationGraph();
        Value x = graph.Input("x", new Shape(4)), y = graph.Add(new ChannelSwish(), x, graph.Constant(1, new Shape(4)));
        double[] result = new Float64Interpreter().Feed("x", 1, 2, 3, 4).Run(y)[0];
        AssertClose([.. result.Select(value => (float)value)], [.. new double[] { 1, 2, 3, 4 }.Select(v => v / (1 + Math.Exp(-v)))], 1e-6);

        var other = new ComputationGraph();
        Value unknown = other.Add(new Broken(Fault.None), other.Input("x", new Shape(4)));
        Assert.That(
            () => new Float64Interpreter().Feed("x", 1, 2, 3, 4).Run(unknown),
            Throws.TypeOf<NotSupportedException>().With.Message.Contains("Broken"));
    }

    [TestCase(Fault.Count, "it takes 3 arguments, but 2 were given")]
    [TestCase(Fault.ValueType, "the parameter 'count' is of type Int32, but a value of Single was given")]
    [TestCase(Fault.ElementType, "the parameter 'x' is a view of Int32, but one of Single was given")]
    [TestCase(Fault.ViewForValue, "the parameter 'count' is of type Int32, but a view of Single was given")]
    [TestCase(Fault.Nothing, "the parameter 'count' was given nothing")]
    [TestCase(Fault.Fours, "the parameter 'y' is a view of Float4 with 16 bytes each, but 12 bytes were given")]
    [TestCase(Fault.Group, "groups of 256 at most")]
    [TestCase(Fault.MissingInput, "Broken has no input 1")]
    [TestCase(Fault.Lambda, "is no kernel")]
    public void WrongLaunchesNameOperationAndLayer(Fault fault, string words)
    {
        using Device device = Open("debug");
        Assert.That(() => Run(device, new Broken(fault), fault == Fault.Fours ? 3 : 4),
            Throws.TypeOf<ArgumentException>().With.Message.StartsWith("layer: Broken").And.Message.Contains(words));
        Assert.That(device.Memory.InUse, Is.Zero);
    }

    [Test]
    public void ARefusedKernelNamesOperationAndLayer([Values("debug", "opencl")] string name)
    {
        using Device device = Open(name);
        Assert.That(() => Run(device, new Broken(Fault.Refused)),
            Throws.TypeOf<KernelCompilationException>().With.Message.StartsWith("layer: Broken").And.Message.Contains("Refused"));
        Assert.That(device.Memory.InUse, Is.Zero);
        Assert.That(Run(device, new Broken(Fault.None)), Is.EqualTo(new float[] { 1, 2, 3, 4 }), "the device goes on");
    }

    [TestCase("cpu", Fault.None, "has no method for the CPU")]
    [TestCase("debug", Fault.NoKernels, "has no kernels for debug")]
    public void WhatIsMissingIsSaid(string name, Fault fault, string words)
    {
        using Device device = Open(name);
        Assert.That(
            () => Run(device, new Broken(fault)),
            Throws.TypeOf<NotSupportedException>().With.Message.StartsWith("layer: Broken").And.Message.Contains(words));
    }

    [Test]
    public void TooFewInputsAreAShapeException() =>
        Assert.That(
            () => new BrokenNet(new Broken(Fault.Shape), 4).Build(),
            Throws.TypeOf<ShapeException>().With.Message.StartsWith("layer: Broken"));

    private static float[] Losses(string name)
    {
        using Device device = Open(name);
        var network = new SwishNet();
        network.Initialize(5);
        var options = new TrainerOptions { Optimizer = new Sgd(0.1f, 0.9f) };
        var state = new OptimizerState(network, options.Optimizer);
        using BatchProgram program = BatchProgram.ForTraining(network, options, state, batch: 4, device);
        float[] pixels = [.. Enumerable.Range(0, 4 * 64).Select(i => MathF.Sin(i * i))], scalars = [0.1f];
        return [.. Enumerable.Range(0, 6).Select(step => program.Run(pixels, [0, 1, 2, 1], step, scalars))];
    }

    private static float[] Output(Device device, Network network)
    {
        ComputationGraph graph = network.Build();
        using Executable executable = device.Compile(graph, graph.Named["output"]);
        executable.Write("input", [.. Enumerable.Range(0, 64).Select(i => MathF.Cos(i))]);
        executable.Run();
        return Read(executable, 0, 3);
    }

    private static float[] Run(Device device, Broken op, int size = 4)
    {
        ComputationGraph graph = new BrokenNet(op, size).Build();
        using Executable executable = device.Compile(graph, graph.Named["output"]);
        executable.Write("input", [.. Enumerable.Range(1, size).Select(i => (float)i)]);
        executable.Run();
        return Read(executable, 0, size);
    }

    private static float[] Read(Executable executable, int fetch, int count)
    {
        float[] values = new float[count];
        executable.Read(fetch, values);
        return values;
    }

    private static void AssertClose(float[] values, double[] expected, double tolerance)
    {
        double largest = expected.Max(Math.Abs);
        Assert.That(values, Has.Length.EqualTo(expected.Length));
        for (int i = 0; i < values.Length; i++)
            Assert.That(values[i], Is.EqualTo(expected[i]).Within(tolerance * largest), $"element {i}");
    }

    private static Device Open(string name)
    {
        if (name == "opencl" && !Device.List().Any(device => device.Name.StartsWith(name, StringComparison.Ordinal)))
        {
            string why = string.Join(" ", Device.Missing());
            if (Environment.GetEnvironmentVariable("CI") == "true") Assert.Fail(why);
            Assert.Ignore(why);
        }
        return Device.Open(name, threads: name == "cpu" ? 2 : 0);
    }

    /// <summary>What is wrong with <see cref="Broken"/>.</summary>
    public enum Fault
    {
        None,
        Count,
        ValueType,
        ElementType,
        ViewForValue,
        Nothing,
        Fours,
        Group,
        MissingInput,
        Lambda,
        Refused,
        NoKernels,
        Shape,
    }

    private sealed class BrokenNet(Broken op, int size) : Network(new Shape(size))
    {
        private readonly BrokenLayer layer = new(op);

        public override Value Forward(Value x) => layer.Apply(x);
    }

    private sealed class BrokenLayer(Broken op) : Module
    {
        public override Value Forward(Value x) => x.Graph.Add(op, x);
    }

    private sealed record Broken(Fault Fault) : KernelOp
    {
        public override IReadOnlyList<TensorSpec> Infer(IReadOnlyList<TensorSpec> inputs) => [inputs[Fault == Fault.Shape ? 1 : 0]];

        protected internal override Action<KernelLaunches>? OnGpu => Fault == Fault.NoKernels ? null : Describe;

        private void Describe(KernelLaunches gpu)
        {
            int count = (int)gpu.Inputs[0].Shape.Count;
            switch (Fault)
            {
                case Fault.None:
                    gpu.Launch(Copy, count, gpu.Input(0), gpu.Output(0), count);
                    break;
                case Fault.Count:
                    gpu.Launch(Copy, count, gpu.Input(0), gpu.Output(0));
                    break;
                case Fault.ValueType:
                    gpu.Launch(Copy, count, gpu.Input(0), gpu.Output(0), 4f);
                    break;
                case Fault.ElementType:
                    gpu.Launch(CopyIntegers, count, gpu.Input(0), gpu.Output(0), count);
                    break;
                case Fault.ViewForValue:
                    gpu.Launch(Copy, count, gpu.Input(0), gpu.Output(0), gpu.Input(0));
                    break;
                case Fault.Nothing:
                    gpu.Launch(Copy, count, gpu.Input(0), gpu.Output(0), default(LaunchArgument));
                    break;
                case Fault.Fours:
                    gpu.Launch(Fill, count, gpu.Output(0));
                    break;
                case Fault.Group:
                    gpu.Launch(Copy, new Dim3(1), new Dim3(100_000), gpu.Input(0), gpu.Output(0), count);
                    break;
                case Fault.MissingInput:
                    gpu.Launch(Copy, count, gpu.Input(1), gpu.Output(0), count);
                    break;
                case Fault.Lambda:
                    gpu.Launch((ArrayView<float> y) => y[0] = count, 1, gpu.Output(0));
                    break;
                case Fault.Refused:
                    gpu.Launch(Refused, count, gpu.Input(0), gpu.Output(0));
                    break;
                default:
                    break;
            }
        }

        internal static void Copy(ArrayView<float> x, ArrayView<float> y, int count)
        {
            int i = Grid.GlobalIndex.X;
            if (i < count) y[i] = x[i];
        }

        internal static void CopyIntegers(ArrayView<int> x, ArrayView<int> y, int count)
        {
            int i = Grid.GlobalIndex.X;
            if (i < count) y[i] = x[i];
        }

        internal static void Fill(ArrayView<Float4> y) => y[0] = new Float4(1, 2, 3, 4);

        internal static void Refused(ArrayView<float> x, ArrayView<float> y) => y[0] = x.ToString()!.Length;
    }

    private sealed class SwishNet() : Network(new Shape(8, 8, 1))
    {
        private readonly Conv2d conv = new(4, kernel: 3, padding: 1);
        private readonly SwishLayer act = new();
        private readonly Linear head = new(3);

        public override Value Forward(Value x) => head.Apply(act.Apply(conv.Apply(x)).Flatten());
    }

    private sealed class SwishLayer : Module
    {
        public override Value Forward(Value x) =>
            x.Graph.Add(new ChannelSwish(), x, Use(x.Graph, "beta", new Shape(x.Shape[^1]), new ConstantInitializer(1)));
    }
}
