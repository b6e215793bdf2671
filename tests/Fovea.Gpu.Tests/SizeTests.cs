using Fovea.Gpu.Devices;
using Fovea.Graph;
using Fovea.Ops;
using Fovea.Testing;

namespace Fovea.Gpu.Tests;

/// <summary>What kernels cannot number in 32 bits is refused by name, before any memory is asked for.</summary>
internal sealed class SizeTests
{
    private static readonly (string Name, Func<ComputationGraph, Value> Build, string[] Message)[] Refused =
    [
        ("constant", g => g.Constant(2, new Shape(65536, 65537)), ["output 0, 65536×65537", "4,295,032,832"]),
        ("mean", g => g.Input("x", new Shape(65536, 65537)).Mean(), ["Sum", "input 0, 65536×65537", "4,295,032,832"]),
        ("pooling", g => g.Add(new MaxPoolingOp(new(Window.Of(2) with { R = 2, S = 2 })), g.Input("x", new Shape(9, 16384, 16384, 1))),
            ["MaxPooling", "input 0, 9×16384×16384×1", "2,415,919,104"]),
        ("convolution", g => g.Add(new ConvolutionOp(new(new())), g.Input("x", new Shape(1, 16384, 16384, 1)),
            g.Input("w", new Shape(9, 1, 1, 1))), ["Convolution", "output 0, 1×16384×16384×9", "2,415,919,104"]),
        ("softmax", g => g.Input("x", new Shape(1 << 16, 1 << 15)).Softmax(), ["Softmax", "2,147,483,648"]),
    ];

    [TestCaseSource(nameof(Refused))]
    public void WhatIsTooLargeIsRefusedByName((string Name, Func<ComputationGraph, Value> Build, string[] Message) refused)
    {
        var graph = new ComputationGraph();
        Value value = refused.Build(graph);
        using Device device = Device.Over(TestDevices.Open(GpuDevices.Debug));
        var exception = Assert.Throws<NotSupportedException>(() => device.Compile(graph, value).Dispose())!;
        foreach (string part in refused.Message.Append(GpuDevices.Debug)) Assert.That(exception.Message, Does.Contain(part));
    }
}
