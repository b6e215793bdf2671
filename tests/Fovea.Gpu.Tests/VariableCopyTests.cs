using Fovea.Core;
using Fovea.Execution;
using Fovea.Graph;
using Fovea.Models;
using Fovea.Optimizers;
using Fovea.Testing;
using Fovea.Training;

namespace Fovea.Gpu.Tests;

/// <summary>A variable on devices with memory of their own: whoever looks sees the newest value, and nothing moves without need.</summary>
internal sealed class VariableCopyTests
{
    private readonly Variable variable = new("v", new Shape(5));
    private CountingDevice accelerator = null!;
    private Device device = null!;

    [SetUp]
    public void OpenDevice()
    {
        accelerator = new CountingDevice();
        device = Device.Over(accelerator);
        variable.Value.Span.Fill(10);
    }

    [TearDown]
    public void CloseDevice()
    {
        device.Dispose();
        accelerator.Dispose();
    }

    [Test]
    public void AnUpdateIsSeenOnTheHostAndAWriteOnTheDevice()
    {
        using Executable update = Update(device);
        Run(update);
        Run(update);
        Assert.That(variable.Value.Span.ToArray(), Has.All.EqualTo(8f));
        variable.Value.Span[2] = 100;
        Run(update);
        Assert.That(variable.Value.Span.ToArray(), Is.EqualTo(new[] { 7f, 7, 99, 7, 7 }));
    }

    [Test]
    public void NothingMovesThatIsUpToDate()
    {
        using Executable update = Update(device), read = Read(device);
        Run(update);
        int before = accelerator.Writes;
        for (int i = 0; i < 3; i++) Run(update);
        Assert.That(accelerator.Writes - before, Is.EqualTo(6), "each run's two inputs, and no variable");
        Assert.That(accelerator.Reads, Is.Zero);
        read.Run();
        read.Run();
        Assert.That(accelerator.Writes - before, Is.EqualTo(6), "the other executable has the same copy");

        Assert.That(variable.Read().ToArray(), Has.All.EqualTo(6f));
        Assert.That(variable.Read().ToArray(), Has.All.EqualTo(6f));
        read.Run();
        Assert.That(
            (accelerator.Reads, accelerator.Writes - before), Is.EqualTo((1, 6)), "one look is one transfer, and leaves the copy valid");
        _ = variable.Value;
        read.Run();
        Assert.That(accelerator.Writes - before, Is.EqualTo(7), "what was given away may have been written to");
    }

    [Test]
    public void DevicesTakeTurns([Values("cpu", "debug")] string name)
    {
        using Device other = TestDevices.OpenForNetworks(name, 1);
        using Executable here = Update(device), there = Update(other);
        foreach (Executable executable in new[] { here, there, there, here, there }) Run(executable);
        Assert.That(variable.Value.Span.ToArray(), Has.All.EqualTo(5f));
        variable.Value.Span.Fill(1);
        Run(there);
        Run(here);
        using Executable read = Read(other);
        Assert.That(Result(read), Has.All.EqualTo(-1f));
    }

    [Test]
    public void TheLastBindingBringsTheValueHomeAndGivesTheMemoryBack()
    {
        Executable update = Update(device), second = Update(device);
        Run(update);
        long both = device.Memory.InUse;
        Run(second);
        second.Dispose();
        Assert.That(device.Memory.InUse, Is.InRange(1, both - 1));
        Assert.That(accelerator.Reads, Is.Zero, "the value is still in use here");
        update.Dispose();
        update.Dispose();
        Assert.That((device.Memory.InUse, device.Memory.Buffers, accelerator.Reads), Is.EqualTo((0L, 0, 1)));
        Assert.That(variable.Value.Span.ToArray(), Has.All.EqualTo(8f));
        Assert.That(accelerator.Reads, Is.EqualTo(1));
    }

    [Test]
    public void ADeviceThatGoesFirstLosesNothing()
    {
        Device gone = Device.Over(TestDevices.OpenUnwatched("debug"));
        Executable update = Update(gone);
        Run(update);
        gone.Dispose();
        Assert.That(variable.Value.Span.ToArray(), Has.All.EqualTo(9f));
        Assert.That(update.Run, Throws.InstanceOf<ObjectDisposedException>());
        update.Dispose();
        using Device next = TestDevices.OpenForNetworks("debug");
        using Executable read = Read(next);
        Assert.That(Result(read), Has.All.EqualTo(9f));
    }

    [Test]
    public void ACompilationThatFailsLeavesNothingBehind()
    {
        var graph = new ComputationGraph();
        Value large = graph.Input("x", new Shape(1000, 5)) * graph.Read(variable);
        accelerator.Limit = 2000;
        Assert.That(() => device.Compile(graph, large), Throws.InstanceOf<DeviceOutOfMemoryException>());
        Assert.That(device.Memory.Buffers, Is.Zero);

        Value tooMuch = graph.Read(variable) * graph.Read(new Variable("w", new Shape(1000, 5)));
        Assert.That(() => device.Compile(graph, tooMuch), Throws.InstanceOf<DeviceOutOfMemoryException>());
        Assert.That(device.Memory.Buffers, Is.Zero);
        accelerator.Limit = long.MaxValue;
        using Executable read = Read(device);
        Assert.That(Result(read), Has.All.EqualTo(10f));
    }

    [Test]
    public void AKernelThatFailsLeavesTheDeviceFree()
    {
        using Executable update = Update(device);
        Run(update);
        accelerator.Failure = new DeviceFailureException("The card has fallen out.");
        Assert.That(() => Run(update), Throws.InstanceOf<DeviceFailureException>());
        accelerator.Failure = null;
        var thread = new Thread(() => _ = variable.Value);
        thread.Start();
        Assert.That(thread.Join(10_000), "the failed run still holds the device");
    }

    [Test]
    public void ARunAllocatesNothing()
    {
        using Device idle = Device.Over(new CountingDevice(idle: true));
        var network = new LeNet5();
        var options = new TrainerOptions { Optimizer = new Adam() };
        network.Initialize(1);
        using BatchProgram program =
            BatchProgram.ForTraining(network, options, new OptimizerState(network, options.Optimizer), batch: 2, idle);
        float[] pixels = new float[2 * 32 * 32], scalars = [1e-3f, 1];
        int[] labels = [3, 8];
        long least = long.MaxValue;
        for (int window = 0; window < 20 && least > 0; window++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int step = 0; step < 50; step++) program.Run(pixels, labels, step, scalars);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Assert.That(least, Is.Zero);
    }

    /// <summary>v −= 1 · 1.</summary>
    private Executable Update(Device on)
    {
        var graph = new ComputationGraph();
        new Sgd(1).AddUpdate(graph.Read(variable), graph.Input("g", variable.Shape), [], [graph.Input("rate", Shape.Scalar)]);
        return on.Compile(graph);
    }

    private Executable Read(Device on)
    {
        var graph = new ComputationGraph();
        return on.Compile(graph, graph.Read(variable));
    }

    private static void Run(Executable update)
    {
        update.Write("g", [1f, 1, 1, 1, 1]);
        update.Write("rate", [1f]);
        update.Run();
    }

    private static float[] Result(Executable read)
    {
        float[] values = new float[5];
        read.Run();
        read.Read(0, values);
        return values;
    }
}
