using Fovea.Compute;
using Fovea.Graph;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Optimizers;
using Fovea.Tests.Ptx;
using Fovea.Tests.TrainingTests;
using Fovea.Training;
using static Fovea.Tests.ComputeTests.Cuda.CudaFixture;

namespace Fovea.Tests.ComputeTests.Cuda;

/// <summary>The engine on a card whose kernels are executed from their PTX.</summary>
internal sealed class CudaEngineTests
{
    [Test]
    public void TheSecondRunIsRecordedAndLaterOnesAreOneLaunch()
    {
        FakeCudaDriver driver = Driver();
        using (var device = Device.Over(Open(driver)))
        {
            using var step = new Step(device);
            float[] first = step.Run(0);
            int launches = driver.Count("cuLaunchKernel");
            Assert.That((step.Executable.IsRecorded, driver.GraphLaunches), Is.EqualTo((false, 0)));
            step.Run(1);
            Assert.That((step.Executable.IsRecorded, driver.GraphLaunches, driver.Count("cuLaunchKernel")), Is.EqualTo((true, 1, 2 * launches)));
            for (int i = 2; i < 5; i++) step.Run(i);
            Assert.That((driver.GraphLaunches, driver.Count("cuLaunchKernel"), driver.LaunchesRun), Is.EqualTo((4, 2 * launches, 5 * launches)));
            Assert.That(step.Executable.RecordingProblem, Is.Null);
            // The host may change a variable between two runs, and asks for it after them.
            step.Restore();
            Assert.That(step.Run(0), Is.EqualTo(first));
        }
        Assert.That(driver.Faults, Is.Empty);
        Assert.That(driver.Leaks, Is.Empty);
    }

    [TestCase("cuStreamBeginCapture")]
    [TestCase("cuStreamEndCapture")]
    [TestCase("cuGraphInstantiateWithFlags")]
    public void RunsThatCannotBeRecordedGoOnOneByOne(string call)
    {
        FakeCudaDriver recorded = Driver(), plain = Driver();
        plain.Fail(call, FakeCudaDriver.NotSupported, always: true);
        using Device first = Device.Over(Open(recorded)), second = Device.Over(Open(plain));
        using Step one = new(first), other = new(second);
        for (int i = 0; i < 4; i++) Assert.That(other.Run(i), Is.EqualTo(one.Run(i)), $"run {i}, bit for bit");
        Assert.That(other.Weights, Is.EqualTo(one.Weights));
        Assert.That((other.Executable.IsRecorded, other.Executable.RecordingProblem, plain.Count(call)),
            Is.EqualTo((false, $"cuda:0: {call} failed with CUDA_ERROR_NOT_SUPPORTED.", 1)), "it is tried once");
        Assert.That((recorded.GraphLaunches, plain.GraphLaunches), Is.EqualTo((3, 0)));
        Assert.That(recorded.Faults.Concat(plain.Faults), Is.Empty);
    }

    [Test]
    public void ProfilingRunsStepByStep()
    {
        FakeCudaDriver driver = Driver();
        using var device = Device.Over(Open(driver));
        using var step = new Step(device);
        for (int i = 0; i < 3; i++) step.Run(i);
        int replays = driver.GraphLaunches;
        IReadOnlyList<StepTiming> times = step.Executable.Profile(() => step.Write(7), runs: 2);
        Assert.That(times, Has.Count.GreaterThan(2));
        Assert.That(driver.GraphLaunches, Is.EqualTo(replays));
        step.Run(8);
        Assert.That(driver.GraphLaunches, Is.EqualTo(replays + 1));
    }

    [Test]
    public void TwoThreadsReplayTheirOwn()
    {
        FakeCudaDriver driver = Driver();
        using var device = Device.Over(Open(driver));
        float[][] expected = new float[2][], actual = new float[2][];
        for (int i = 0; i < 2; i++) expected[i] = Losses(i);
        Parallel.For(0, 2, i => actual[i] = Losses(i));
        Assert.That(actual, Is.EqualTo(expected));
        Assert.That(driver.Faults, Is.Empty);

        float[] Losses(int seed)
        {
            using var step = new Step(device);
            return [.. Enumerable.Range(0, 12).SelectMany(i => step.Run(i + (100 * seed)))];
        }
    }

    [Test]
    public void ARunAllocatesNothing([Values] bool recorded)
    {
        FakeCudaDriver driver = Driver();
        if (!recorded) driver.Fail("cuStreamBeginCapture", FakeCudaDriver.NotSupported);
        using var device = Device.Over(Open(driver));
        using var step = new Step(device);
        for (int i = 0; i < 3; i++) step.Run(i);
        Assert.That(step.Executable.IsRecorded, Is.EqualTo(recorded));
        driver.IsIdle = true;
        long least = long.MaxValue;
        for (int window = 0; window < 20 && least > 0; window++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 5; i++) step.Executable.Run();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Assert.That(least, Is.Zero);
        driver.IsIdle = false;
    }

    [Test]
    public void TrainingFollowsTheProcessor([Values] bool lenet)
    {
        FakeCudaDriver driver = Driver();
        using Device cpu = Device.Open("cpu", 2), cuda = Device.Over(Open(driver));
        Assert.That(Train(cuda), Is.EqualTo(Train(cpu)).Within(1e-4f));
        Assert.That(driver.GraphLaunches, Is.EqualTo(3));
        Assert.That(driver.Faults, Is.Empty);

        float[] Train(Device device)
        {
            Network network = lenet ? new LeNet5() : new SmallNetwork();
            var options = new TrainerOptions { Optimizer = lenet ? new Sgd(0.01f, 0.9f) : new Adam(3e-3f), BatchSize = 4, Epochs = 1, Seed = 5, MaxSteps = 4 };
            using var trainer = new Trainer(network, device, options);
            trainer.Fit(SmallNetwork.Digits.Train);
            return [.. network.Parameters.SelectMany(parameter => parameter.Value.Span.ToArray())];
        }
    }

    [Test]
    public void ASmallCardSaysWhatTheNetworkNeeds()
    {
        var driver = new FakeCudaDriver { Cards = { [0] = new FakeCard("Tiny", 7, 0) { Memory = 1 << 20 } } };
        using var device = Device.Over(Open(driver));
        var graph = new ComputationGraph();
        Value x = graph.Input("x", new Shape(1024, 1024));
        var full = Assert.Throws<DeviceOutOfMemoryException>(() => device.Compile(graph, x.Relu().Sum()));
        Assert.That(full.Message, Does.Contain("cuda:0 (Tiny").And.Contain("smaller batch"));
    }

    // Vectors of four reach into the padding behind tensors, where nobody wrote.
    private static FakeCudaDriver Driver() => new() { Machine = new PtxMachine(new PtxOptions { CheckUninitialised = false }), Poison = 0xFF };

    /// <summary>A training step on a small product.</summary>
    private sealed class Step : IDisposable
    {
        private readonly Variable weights = new("weights", new Shape(16, 12));

        public Step(Device device)
        {
            Restore();
            var graph = new ComputationGraph();
            Value x = graph.Input("x", new Shape(8, 16)), read = graph.Read(weights), rate = graph.Input("rate", Shape.Scalar);
            Value loss = x.MatMul(read).Tanh().Sum();
            var optimizer = new Sgd(0.01f);
            optimizer.AddUpdate(read, graph.Differentiate(loss, read)[0], [], [.. Enumerable.Repeat(rate, optimizer.ScalarCount)]);
            Executable = device.Compile(graph, loss);
        }

        public Executable Executable { get; }

        public float[] Weights => [.. weights.Value.Span];

        public void Restore()
        {
            for (int i = 0; i < weights.Value.Span.Length; i++) weights.Value.Span[i] = MathF.Sin(i);
        }

        public void Write(int run)
        {
            Executable.Write("x", [.. Enumerable.Range(0, 128).Select(i => MathF.Cos(i + run))]);
            Executable.Write("rate", [0.05f]);
        }

        public float[] Run(int run)
        {
            Write(run);
            Executable.Run();
            return [Executable.Read(0)];
        }

        public void Dispose() => Executable.Dispose();
    }
}
