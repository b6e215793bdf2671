using Fovea.Core;
using Fovea.Execution;
using Fovea.Graph;
using Fovea.Losses;
using Fovea.Optimizers;
using Fovea.Testing;

namespace Fovea.Gpu.Tests;

/// <summary>Memory stays flat whatever shapes come by, and a full device says what filled it.</summary>
[TestFixtureSource(typeof(DeviceTests), nameof(Names))]
internal sealed class NetworkMemoryTests(string device) : DeviceTests(device, own: true)
{
    [Test]
    public void StepsOfChangingShapesTakeNoMoreMemoryThanTheFirst()
    {
        const int Shapes = 7;
        // Simulated devices are slow; their memory goes the same ways.
        int steps = Device.Info.Name switch { "cpu" => 1000, _ => 28 };
        var network = new SmallNetwork();
        network.Initialize(3);
        // What is kept for reuse goes up and down with the shapes, but no higher in the second half than in the first.
        long first = 0, second = 0;
        for (int step = 0; step < steps; step++)
        {
            int batch = 1 + (step % Shapes);
            using Executable executable = Compile(network, batch);
            executable.Write("input", new float[batch * 14 * 14]);
            executable.Write("labels", new int[batch]);
            executable.Write("rate", [1e-3f]);
            executable.Write("step", [step]);
            executable.Run();
            Assert.That(executable.Read(0), Is.InRange(0.1f, 10f));
            if (step < steps / 2) first = Math.Max(first, Device.Memory.Reserved);
            else second = Math.Max(second, Device.Memory.Reserved);
        }
        Assert.That((Device.Memory.InUse, Device.Memory.Buffers, Device.Memory.Leaked), Is.EqualTo((0L, 0, 0)));
        Assert.That(second, Is.LessThanOrEqualTo(first));
    }

    private Executable Compile(SmallNetwork network, int batch)
    {
        ComputationGraph graph = network.Build(batch, training: true, seed: 3);
        Value loss = new SoftmaxCrossEntropyLoss().Apply(graph.Named["output"], graph.Input("labels", new Shape(batch), DType.Int32));
        Value[] parameters = [.. network.Parameters.Select(graph.Read)];
        IReadOnlyList<Value> gradients = graph.Differentiate(loss, parameters);
        Value rate = graph.Input("rate", Shape.Scalar);
        for (int i = 0; i < parameters.Length; i++) new Sgd(1e-3f).AddUpdate(parameters[i], gradients[i], [], [rate]);
        return Device.Compile(graph, loss);
    }
}

/// <summary>A device whose memory is limited.</summary>
internal sealed class FullDeviceTests
{
    [Test]
    public void TheErrorNamesTheLargestTensorsOfThePlan()
    {
        using Device device = Device.Over(TestDevices.Open("opencl", limit: 4 << 20));
        ComputationGraph graph = new SmallNetwork().Build(4000);
        var exception = Assert.Throws<DeviceOutOfMemoryException>(() => device.Compile(graph, graph.Named["output"]));
        Assert.That(exception.Message, Does.Contain("The plan needs").And.Contain("conv (").And.Contain("smaller batch"));
        Assert.That(device.Memory.InUse, Is.Zero);
    }
}
