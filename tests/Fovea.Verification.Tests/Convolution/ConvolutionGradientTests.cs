using Fovea.Core.Tuning;
using Fovea.Graph;
using Fovea.Ops;
using Fovea.Testing;

namespace Fovea.Verification.Tests;

/// <summary>
/// Gradients of a loss behind a convolution, by every algorithm of a device, against central differences of the loss in double precision;
/// and that the same algorithm computes the output that the loss is made of.
/// </summary>
[TestFixtureSource(typeof(DeviceTests), nameof(Names))]
internal sealed class ConvolutionGradientTests(string name) : DeviceTests(name)
{
    /// <summary>The loss is of the second degree, so that central differences err by rounding alone: some 10⁻¹².</summary>
    private const double Step = 1e-2;

    private static readonly (string Name, Shape Input, Shape Filters, ConvolutionGeometry Geometry)[] Shapes =
    [
        ("3×3, padded", new(2, 5, 4, 3), new(2, 3, 3, 3), new(Window.Of(1, 1))),
        ("3×3, no padding", new(1, 7, 6, 2), new(5, 3, 3, 2), new(Window.Of(1, 0))),
        ("1×1", new(2, 3, 4, 5), new(4, 1, 1, 5), new(Window.Of(1, 0))),
        ("uneven", new(1, 6, 5, 2), new(3, 4, 2, 2), new(new Window { PadTop = 2, PadBottom = 1, PadRight = 1 })),
        ("stride", new(1, 7, 8, 3), new(2, 3, 2, 3), new(new Window { StrideH = 2, StrideW = 3, PadTop = 1, PadLeft = 1, PadRight = 2 })),
        ("groups and dilation", new(1, 6, 7, 4), new(6, 2, 3, 2),
            new(new Window { PadTop = 1, PadLeft = 2, PadRight = 1, DilationH = 2, DilationW = 2 }, Groups: 2)),
    ];

    public static IEnumerable<TestCaseData> Cases() =>
        from shape in Shapes
        select new TestCaseData(shape.Input, shape.Filters, shape.Geometry).SetArgDisplayNames(shape.Name);

    [TestCaseSource(nameof(Cases))]
    public void AreDifferencesOfTheLoss(Shape input, Shape filters, ConvolutionGeometry geometry)
    {
        var run = new GraphRun();
        Value x = run.Input(input), w = run.Input(filters), bias = run.Input(filters[0]),
            y = run.Graph.Add(new ConvolutionOp(geometry), x, w, bias);
        // Every element of the output has a gradient of its own, which depends on the output.
        Value loss = (y * y * run.Input(y.Shape)).Sum();
        Value[] variables = [x, w, bias];
        run.Fetch("output", y);
        foreach (Value gradient in run.Graph.Differentiate(loss, variables)) run.Fetch("gradient", gradient);
        double[] output = run.Interpreter().Run([y])[0];
        double[][] differences = [.. variables.Select(variable => Enumerable.Range(0, (int)variable.Shape.Count)
            .Select(i => (Loss(variable, i, Step) - Loss(variable, i, -Step)) / (2 * Step)).ToArray())];

        var tried = new List<ConvolutionAlgorithm>();
        foreach (ConvolutionMethod method in ((IConvolutionBackend)Device.Backend).Convolutions.Methods)
        {
            if (!Enum.GetValues<ConvolutionPass>().All(pass => method.Supports(geometry.Shape(input, filters), pass))) continue;
            tried.Add(method.Algorithm);
            // Throws if any of the three passes is computed another way.
            float[][] actual = run.On(Device, method.Algorithm);
            double tolerance = method.Algorithm == ConvolutionAlgorithm.Winograd4 ? 1e-4 : 1e-5;
            AssertClose(actual[0], output, tolerance, $"{method.Algorithm.Name()}, output");
            for (int i = 0; i < variables.Length; i++)
                AssertClose(actual[i + 1], differences[i], tolerance, $"{method.Algorithm.Name()}, gradient of {variables[i].Name}");
        }
        ConvolutionAlgorithm[] everywhere = geometry.Window == Window.Of(1, 1)
            ? [ConvolutionAlgorithm.Winograd2, ConvolutionAlgorithm.Winograd4, ConvolutionAlgorithm.Fft] : [];
        Assert.That(everywhere.Append(ConvolutionAlgorithm.ImplicitGemm), Is.SubsetOf(tried));

        double Loss(Value changed, int index, double by) => run.Interpreter()
            .Feed(changed.Name!, run.Feeds[changed.Name!].Select((value, i) => value + (i == index ? by : 0))).Run([loss])[0][0];
    }

    private static void AssertClose(float[] actual, double[] expected, double share, string what)
    {
        double largest = expected.Max(Math.Abs);
        Assert.That((actual.Length, largest > 0.1), Is.EqualTo((expected.Length, true)), what);
        for (int i = 0; i < expected.Length; i++)
            Assert.That(actual[i], Is.EqualTo(expected[i]).Within(share * largest), $"{what}, element {i}");
    }
}
