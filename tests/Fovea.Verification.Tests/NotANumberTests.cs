using Fovea.Execution;
using Fovea.Graph;
using Fovea.Ops;
using Fovea.Testing;

namespace Fovea.Verification.Tests;

/// <summary>A NaN must not be lost on its way: a diverged network would look healthy.</summary>
[TestFixtureSource(typeof(DeviceTests), nameof(DeviceTests.Names))]
internal sealed class NotANumberTests(string device) : DeviceTests(device)
{
    [Test]
    public void RectifiersKeepIt([Values("map", "convolution", "product", "row product")] string form)
    {
        var graph = new ComputationGraph();
        Value x = form == "convolution" ? graph.Input("x", new Shape(1, 5, 5, 1))
            : graph.Input("x", new Shape(form == "row product" ? 1 : 25, form == "row product" ? 25 : 1));
        Value y = form switch
        {
            "map" => x,
            "convolution" =>
                graph.Add(new ConvolutionOp(new ConvolutionGeometry(new Window())), x, graph.Constant(1, new Shape(3, 1, 1, 1))),
            "product" => graph.Add(new MatrixProductOp(false, false), x, graph.Constant(1, new Shape(1, 3))),
            _ => graph.Add(new MatrixProductOp(false, true), x, graph.Constant(1, new Shape(3, 25))),
        };
        using Executable executable = Device.Compile(graph, y.Relu());
        float[] values = new float[25], results = new float[y.Shape.Count];
        values[7] = float.NaN;
        executable.Write("x", values);
        executable.Run();
        executable.Read(0, results);
        Assert.That(results.Count(float.IsNaN), Is.EqualTo(form == "map" ? 1 : 3));
    }

    [Test]
    public void MaxPoolingKeepsIt([Values(1, 4, 6)] int channels)
    {
        var graph = new ComputationGraph();
        Value x = graph.Input("x", new Shape(1, 4, 4, channels));
        using Executable executable =
            Device.Compile(graph, graph.Add(new MaxPoolingOp(new PoolingGeometry(Window.Of(2, 0) with { R = 2, S = 2 })), x));
        float[] values = new float[16 * channels], results = new float[4 * channels];
        values[^1] = float.NaN;
        executable.Write("x", values);
        executable.Run();
        executable.Read(0, results);
        Assert.That(results.Count(float.IsNaN), Is.EqualTo(1));
        Assert.That(results[^1], Is.NaN);
    }

    [Test]
    public void IntegersAreNotReadAsFloats()
    {
        var graph = new ComputationGraph();
        Value labels = graph.Input("labels", new Shape(3), DType.Int32);
        using Executable executable = Device.Compile(graph, labels);
        Assert.That(() => executable.Read(0, new float[3]), Throws.ArgumentException.With.Message.Contains("Int32"));
    }
}
