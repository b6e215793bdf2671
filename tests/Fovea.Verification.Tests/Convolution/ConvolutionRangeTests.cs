using Fovea.Compilation;
using Fovea.Core.Random;
using Fovea.Execution;
using Fovea.Graph;
using Fovea.Ops;
using Fovea.Testing;

namespace Fovea.Verification.Tests;

/// <summary>One huge pixel in a small image: how far its rounding reaches, as docs/convolution.md states it.</summary>
[TestFixtureSource(typeof(DeviceTests), nameof(Names))]
internal sealed class ConvolutionRangeTests(string device) : DeviceTests(device)
{
    private const int Size = 15, Channels = 16, Filters = 5, Taps = 9;

    private float[] image = null!, weights = null!;

    [SetUp]
    public void Draw()
    {
        var random = new RandomStream(7, 0);
        image = [.. Enumerable.Range(0, Size * Size * Channels).Select(_ => 0.01f * random.NextSingle())];
        image[((6 * Size) + 7) * Channels] = 1e4f;
        weights = [.. Enumerable.Range(0, Filters * Taps * Channels).Select(_ => random.NextSingle() - 0.5f)];
    }

    [Test]
    public void ErrorsKeepToTheirBounds([Values] ConvolutionAlgorithm algorithm)
    {
        (_, double ofLargest) = Errors(new CompileOptions { ConvolutionAlgorithm = algorithm, Tuning = Tuning.Never });
        Assert.That(ofLargest, Is.LessThan(algorithm is ConvolutionAlgorithm.Auto or ConvolutionAlgorithm.Winograd4 ? 2e-6 : 4e-7));
    }

    [TestCase(ConvolutionAlgorithm.Direct)]
    [TestCase(ConvolutionAlgorithm.ImplicitGemm)]
    [TestCase(ConvolutionAlgorithm.Winograd2)]
    public void OutputsThatDoNotSeeThePixelAreNotTouched(ConvolutionAlgorithm algorithm)
    {
        (double ofTerms, _) = Errors(new CompileOptions { ConvolutionAlgorithm = algorithm });
        Assert.That(ofTerms, Is.LessThan(1e-3));
    }

    [Test]
    public void NeitherAreThoseOfReproducibleRuns()
    {
        (double ofTerms, _) = Errors(new CompileOptions { Reproducible = true });
        Assert.That(ofTerms, Is.LessThan(1e-3));
    }

    /// <summary>The largest errors, as shares of what an output adds up in size, and of the largest number times the weights.</summary>
    private (double OfTerms, double OfLargest) Errors(CompileOptions options)
    {
        var graph = new ComputationGraph();
        Value x = graph.Input("x", new Shape(1, Size, Size, Channels)), w = graph.Input("w", new Shape(Filters, 3, 3, Channels));
        var window = new Window { R = 3, S = 3, PadTop = 1, PadLeft = 1, PadBottom = 1, PadRight = 1 };
        using Executable executable = Device.Compile(graph, options, graph.Add(new ConvolutionOp(new ConvolutionGeometry(window)), x, w));
        float[] y = new float[Size * Size * Filters];
        executable.Write("x", image);
        executable.Write("w", weights);
        executable.Run();
        executable.Read(0, y);
        (double ofTerms, double ofLargest) = (0, 0);
        for (int i = 0; i < y.Length; i++)
        {
            (int row, int column, int filter) = (i / Filters / Size, i / Filters % Size, i % Filters);
            (double sum, double terms, double size) = (0, 0, 0);
            for (int tap = 0; tap < Taps * Channels; tap++)
            {
                int pixelRow = row + (tap / Channels / 3) - 1, pixelColumn = column + (tap / Channels % 3) - 1;
                double weight = weights[(filter * Taps * Channels) + tap];
                size += Math.Abs(weight);
                if (pixelRow < 0 || pixelColumn < 0 || pixelRow >= Size || pixelColumn >= Size) continue;
                double term = weight * image[(((pixelRow * Size) + pixelColumn) * Channels) + (tap % Channels)];
                sum += term;
                terms += Math.Abs(term);
            }
            ofTerms = Math.Max(ofTerms, Math.Abs(y[i] - sum) / terms);
            ofLargest = Math.Max(ofLargest, Math.Abs(y[i] - sum) / (1e4 * size));
        }
        return (ofTerms, ofLargest);
    }
}
