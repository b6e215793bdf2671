using Fovea.Compilation;
using Fovea.Core.Random;
using Fovea.Execution;
using Fovea.Graph;
using Fovea.Ops;
using Fovea.Testing;

namespace Fovea.Core.Tests;

/// <summary>Transformed filters are kept between runs, and made anew when the filters change.</summary>
internal sealed class KeptWeightsTests
{
    [Test]
    public void AChangeOfTheFiltersIsSeen(
        [Values("cpu", "debug")] string name,
        [Values(ConvolutionAlgorithm.Winograd4, ConvolutionAlgorithm.Direct, ConvolutionAlgorithm.Fft)] ConvolutionAlgorithm algorithm)
    {
        using Device device = TestDevices.OpenForNetworks(name, 1);
        Variable weights = Filters();
        using Executable executable = Compile(device, weights, algorithm);
        float[] image = Normals(2 * 8 * 8 * 4, 2), first = Run(executable, image), again = Run(executable, image);
        Assert.That(again, Is.EqualTo(first));
        Assert.That(executable.KeptInputs, Is.EqualTo(1));
        foreach (ref float weight in weights.Value.Span) weight *= -2;
        // Doubling and negating is exact in every algorithm.
        Assert.That(Run(executable, image), Is.EqualTo(Array.ConvertAll(first, value => -2 * value)));
    }

    [Test]
    public void FiltersThatARunReplacesAreNotKept()
    {
        using Device device = TestDevices.OpenForNetworks("cpu", 1);
        Variable weights = Filters();
        var graph = new ComputationGraph();
        Value w = graph.Read(weights),
            y = graph.Add(new ConvolutionOp(new ConvolutionGeometry(Window.Of(1, 1))), graph.Input("x", new Shape(2, 8, 8, 4)), w);
        graph.AddNode(new UpdateOp([2f * Expression.Input(0)]), [w]);
        using Executable executable =
            device.Compile(graph, new CompileOptions { ConvolutionAlgorithm = ConvolutionAlgorithm.Winograd2 }, y);
        float[] image = Normals(2 * 8 * 8 * 4, 2), first = Run(executable, image);
        Assert.That(Run(executable, image), Is.EqualTo(Array.ConvertAll(first, value => 2 * value)));
    }

    private static Executable Compile(Device device, Variable weights, ConvolutionAlgorithm algorithm)
    {
        var graph = new ComputationGraph();
        Value y = graph.Add(new ConvolutionOp(new ConvolutionGeometry(Window.Of(1, 1))), graph.Input("x", new Shape(2, 8, 8, 4)),
            graph.Read(weights));
        Executable executable = device.Compile(graph, new CompileOptions { ConvolutionAlgorithm = algorithm }, y);
        Assert.That(executable.Convolutions.Single().Algorithm, Is.EqualTo(algorithm));
        return executable;
    }

    private static float[] Run(Executable executable, float[] image)
    {
        float[] result = new float[2 * 8 * 8 * 6];
        executable.Write("x", image);
        executable.Run();
        executable.Read(0, result);
        return result;
    }

    private static Variable Filters()
    {
        var weights = new Variable("w", new Shape(6, 3, 3, 4));
        Normals(6 * 3 * 3 * 4, 1).CopyTo(weights.Value.Span);
        return weights;
    }

    private static float[] Normals(int count, ulong stream)
    {
        var random = new RandomStream(5, stream);
        float[] values = new float[count];
        foreach (ref float value in values.AsSpan()) value = random.NextNormal();
        return values;
    }
}
