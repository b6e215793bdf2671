using System.Reflection;
using System.Text.RegularExpressions;
using Fovea.Execution;
using Fovea.Gpu.Convolution.Fft;
using Fovea.Gpu.Devices;
using Fovea.Gpu.Devices.Compilation;
using Fovea.Graph;
using Fovea.Ops;
using Fovea.Testing;
using FsCheck;
using FsCheck.Fluent;

namespace Fovea.Gpu.Tests;

/// <summary>The three passes of a convolution by Fourier transforms on devices, against float64 and against the debugging device.</summary>
[TestFixtureSource(typeof(TestDevices), nameof(TestDevices.Watching))]
internal sealed class GpuFftTests(string device) : KernelDeviceTests(device)
{
    /// <summary>The largest error over the largest value of the result.</summary>
    private const double Tolerance = 2e-6;

    private static readonly Gen<(Window Window, Shape Input, Shape Filters, int Side)> Convolutions =
        from batch in Gen.Choose(1, 3)
        from channels in Gen.Choose(1, 9).Two()
        from filter in Gen.Choose(1, 8).Two()
        from padding in Gen.Choose(0, 4).Four()
        from extra in Gen.Choose(0, 12).Two()
        from side in Gen.Elements(0, 8, 16)
        select (
            new Window { PadTop = padding.Item1, PadLeft = padding.Item2, PadBottom = padding.Item3, PadRight = padding.Item4 },
            new Shape(batch, Math.Max(1, filter.Item1 - padding.Item1 - padding.Item3) + extra.Item1,
                Math.Max(1, filter.Item2 - padding.Item2 - padding.Item4) + extra.Item2, channels.Item1),
            new Shape(channels.Item2, filter.Item1, filter.Item2, channels.Item1), side);

    // A single pixel; a filter larger than the image without padding; primes; one tile and many; padding beyond the filter.
    [TestCase(1, 1, 1, 1, 1, 1, 1, 0, 0, 8)]
    [TestCase(2, 3, 2, 3, 5, 5, 7, 3, 4, 8)]
    [TestCase(2, 11, 13, 4, 8, 3, 3, 1, 1, 8)]
    [TestCase(1, 13, 11, 3, 5, 4, 2, 5, 3, 16)]
    [TestCase(1, 12, 9, 1, 2, 11, 9, 5, 4, 32)]
    [TestCase(1, 16, 16, 4, 4, 5, 5, 2, 2, 0)]
    public void EveryPass(int n, int h, int w, int c, int k, int r, int s, int padY, int padX, int side) =>
        Passes(new Window { PadTop = padY, PadLeft = padX, PadBottom = padY, PadRight = padX }, new Shape(n, h, w, c),
            new Shape(k, r, s, c), side, compare: true);

    [Test]
    public void RandomShapes() =>
        Prop.ForAll(Convolutions.ToArbitrary(), shape => Passes(shape.Window, shape.Input, shape.Filters, shape.Side))
        .Check(Config.QuickThrowOnFailure.WithMaxTest(RandomCases(24)).WithReplay(17, 31));

    [Test]
    public void TilesInGroups() =>
        Passes(Window.Of(1, 1), new Shape(2, 14, 13, 5), new Shape(3, 3, 3, 5), 8, groupBytes: 7 * 3 * 34 * 8 * sizeof(float));

    [Test]
    public void TransformsStayInRegisters([Values(8, 16, 32)] int side, [Values] bool inverse)
    {
        Type type = side == 8 ? typeof(Side8) : side == 16 ? typeof(Side16) : typeof(Side32);
        MethodInfo method = typeof(TileTransform)
            .GetMethod(inverse ? nameof(TileTransform.Inverse) : nameof(TileTransform.Forward))!.MakeGenericMethod(type);
        int lanes = 256 / side;
        var source = new KernelSource(method, new Dim3(lanes * side / 2), lanes);
        using var compiler = new PtxCompiler(80);
        string text = compiler.Compile(source).Text;
        Assert.That(text, Does.Not.Contain(".local").And.Contains("bar.sync"));
        // Two sequences of n·log n/2 butterflies; those with factors other than 1, −i and their mean have two fused operations.
        int turned = 0;
        for (int half = side / 2; half > 0; half /= 2)
        {
            for (int k = 0; k < half; k++) turned += k * (16 / half) % 4 == 0 ? 0 : side / (2 * half);
        }
        Assert.That(Regex.Count(text, @"fma\.rn\.f32"), Is.EqualTo((4 * turned) + (inverse ? 2 * side : 0)));
    }

    [Test]
    public void OthersAreNotSupported()
    {
        var plain = new ConvolutionShape { N = 1, H = 50, W = 50, C = 4, K = 4, R = 32, S = 32 };
        Assert.That(FftTiles.Supports(plain));
        foreach (ConvolutionShape other in (ConvolutionShape[])[
            plain with { R = 33 }, plain with { StrideW = 2 }, plain with { DilationH = 2 }, plain with { Groups = 2 },
            plain with { C = 4096, K = 4096 }])
            Assert.That(FftTiles.Supports(other), Is.False, other.ToString());
    }

    private void Passes(Window window, Shape input, Shape filters, int side, bool compare = false, long groupBytes = 64 << 20)
    {
        var geometry = new ConvolutionGeometry(window);
        TensorSpec x = new(input), w = new(filters), bias = new(new Shape(filters[0]));
        var forward = new ConvolutionOp(geometry, Activation.Relu);
        TensorSpec y = forward.Infer([x, w])[0];
        ConvolutionShape s = geometry.Shape(input, filters);
        Check(forward, compare, (inputs, context) => new FftForwardStep(
            forward, inputs, context, FftTiles.OfForward(s, side) with { GroupBytes = groupBytes }), x, w, bias);
        var inputGradient = new ConvolutionInputGradientOp(geometry, input);
        Check(inputGradient, compare,
            (inputs, context) => new FftInputGradientStep(inputGradient, inputs, context,
            FftTiles.OfInputGradient(s, side) with { GroupBytes = groupBytes }), y, w);
        var weightGradient = new ConvolutionWeightGradientOp(geometry, filters);
        Check(weightGradient, compare,
            (inputs, context) => new FftWeightGradientStep(weightGradient, inputs, context,
            FftTiles.OfWeightGradient(s, side) with { GroupBytes = groupBytes }), x, y);
    }

    private void Check(Op op, bool compare, Func<TensorSpec[], GpuContext, IStep> step, params TensorSpec[] inputs)
    {
        float[][] values = [.. inputs.Select((spec, i) => StepRun.Normals(spec.Shape.Count, (ulong)i))];
        double[] expected = StepRun.Reference(op, inputs, values).Expected;
        double largest = expected.Max(Math.Abs);
        // Where the rectifier leaves nothing, errors are measured by what it was given.
        if (largest == 0) largest = 1;
        float[] actual = compare && Device.Info.IsDebug ? StepRun.OnDebug(op.Name, Run) : Run(Device);
        for (int i = 0; i < expected.Length; i++)
        {
            if (!(Math.Abs(actual[i] - expected[i]) <= Tolerance * largest))
                Assert.Fail($"{op} of {string.Join(", ", inputs.AsEnumerable())}: element {i} is {actual[i]}, not {expected[i]}.");
        }
        if (!compare || Device.Info.IsDebug) return;
        Assert.That(actual, Is.EqualTo(StepRun.OnDebug(op.Name, Run)), op.Name);

        float[] Run(KernelDevice device)
        {
            GpuContext context = StepRun.Context(device);
            return StepRun.Run(context, step(inputs, context), op, inputs, values);
        }
    }
}
