using Fovea.Gpu.Product;
using Fovea.Graph;
using Fovea.Ops;
using Fovea.Testing;
using Fovea.Verification;
using FsCheck;
using FsCheck.Fluent;

namespace Fovea.Gpu.Tests;

/// <summary>The three passes of a convolution by the tiled kernel, as patches and as matrices, and by the direct ones.</summary>
[TestFixtureSource(typeof(TestDevices), nameof(TestDevices.Watching))]
internal sealed class GpuConvolutionTests(string device) : KernelDeviceTests(device)
{
    private static readonly Gen<(ConvolutionGeometry Geometry, Shape Input, Shape Filters)> Convolutions =
        from groups in Gen.Choose(1, 3)
        from channels in Gen.Elements(1, 3, 4, 7, 8, 18)
        from filters in Gen.Elements(1, 2, 4, 5, 8)
        from batch in Gen.Choose(1, 3)
        from window in Gen.Choose(1, 4).Two()
        from stride in Gen.Choose(1, 4).Two()
        from dilation in Gen.Choose(1, 3).Two()
        from padding in Gen.Choose(0, 4).Four()
        from extra in Gen.Choose(0, 6).Two()
        select (
            new ConvolutionGeometry(new Window
            {
                StrideH = stride.Item1,
                StrideW = stride.Item2,
                PadTop = padding.Item1,
                PadLeft = padding.Item2,
                PadBottom = padding.Item3,
                PadRight = padding.Item4,
                DilationH = dilation.Item1,
                DilationW = dilation.Item2
            }, groups),
            new Shape(batch, Size(window.Item1, dilation.Item1, padding.Item1 + padding.Item3, extra.Item1),
                Size(window.Item2, dilation.Item2, padding.Item2 + padding.Item4, extra.Item2), groups * channels),
            new Shape(groups * filters, window.Item1, window.Item2, channels));

    private static IEnumerable<TileInfo> Tiles => TileInfo.All;

    private static IEnumerable<GraphCase> Cases =>
        AwkwardCases.All.Where(source => source.Name.StartsWith("conv", StringComparison.Ordinal));

    [TestCaseSource(nameof(Cases))]
    public void AwkwardShapes(GraphCase source)
    {
        ConvolutionAlgorithm[] algorithms = [ConvolutionAlgorithm.ImplicitGemm, ConvolutionAlgorithm.Direct];
        int passes = 0;
        foreach (Node node in GraphRun.Of(source).Graph.Nodes.Where(
            node => node.Op is ConvolutionOp or ConvolutionInputGradientOp or ConvolutionWeightGradientOp))
        {
            foreach (ConvolutionAlgorithm algorithm in algorithms)
                StepRun.Check(StepRun.Context(Device), algorithm, node.Op, [.. node.Inputs.Select(input => input.Spec)]);
            passes++;
        }
        Assert.That(passes, Is.EqualTo(3));
    }

    [Test, Pairwise]
    public void EveryTile([ValueSource(nameof(Tiles))] TileInfo tile, [Values(4, 3)] int channels, [Values(1, 3)] int size)
    {
        var geometry = new ConvolutionGeometry(Window.Of(1, (size - 1) / 2));
        Passes(geometry, new Shape(2, 9, 9, channels), new Shape(channels + 16, size, size, channels), tile);
    }

    [Test]
    public void EveryTileWithStrideAndGroups([ValueSource(nameof(Tiles))] TileInfo tile) =>
        Passes(new(new Window { StrideH = 2, StrideW = 3, PadTop = 1, PadLeft = 2, PadRight = 1, DilationH = 2 }, 2),
            new Shape(1, 11, 10, 16), new Shape(24, 3, 3, 8), tile);

    [Test]
    public void PointwiseInGroups([Values(4, 3)] int channels, [Values(8, 5)] int filters) =>
        Passes(new(new(), 3), new Shape(2, 5, 4, 3 * channels), new Shape(3 * filters, 1, 1, channels), null, 0,
            ConvolutionAlgorithm.ImplicitGemm, ConvolutionAlgorithm.Pointwise, ConvolutionAlgorithm.Direct);

    [Test]
    public void DividedSums([Values(2, 5)] int parts, [Values(8, 5)] int channels) =>
        Passes(new(Window.Of(2, 1), 2), new Shape(3, 17, 15, 2 * channels), new Shape(2 * channels, 3, 3, channels), TileInfo.Smallest,
            parts);

    [TestCase(1, 17, 4)]
    [TestCase(17, 1, 3)]
    [TestCase(15, 2, 4)]
    public void ManyTaps(int rows, int columns, int channels) =>
        Passes(new(new Window { StrideW = 2, PadTop = rows / 2, PadLeft = columns / 2, PadBottom = rows / 3, PadRight = columns / 3 }),
            new Shape(2, rows + 2, columns + 3, channels), new Shape(4, rows, columns, channels), null);

    [Test]
    public void RandomShapes() =>
        Prop.ForAll(Convolutions.ToArbitrary(), c => Passes(c.Geometry, c.Input, c.Filters, null, 0, ConvolutionAlgorithm.ImplicitGemm,
        ConvolutionAlgorithm.Direct))
        .Check(Config.QuickThrowOnFailure.WithMaxTest(RandomCases(60)).WithReplay(17, 31));

    /// <summary>An image just large enough for the window, and some more.</summary>
    private static int Size(int window, int dilation, int padding, int extra) =>
        Math.Max(1, (dilation * (window - 1)) + 1 - padding) + extra;

    private void Passes(
        ConvolutionGeometry geometry, Shape input, Shape filters, TileInfo? tile, int parts = 0, params ConvolutionAlgorithm[] algorithms)
    {
        TensorSpec x = new(input), w = new(filters), bias = new(new Shape(filters[0]));
        var forward = new ConvolutionOp(geometry, Activation.Relu);
        TensorSpec y = forward.Infer([x, w])[0];
        var context = StepRun.Context(Device, tile, parts);
        foreach (ConvolutionAlgorithm algorithm in algorithms is [] ? [ConvolutionAlgorithm.ImplicitGemm] : algorithms)
        {
            StepRun.Check(context, algorithm, forward, x, w, bias);
            StepRun.Check(context, algorithm, new ConvolutionInputGradientOp(geometry, input), y, w);
            StepRun.Check(context, algorithm, new ConvolutionWeightGradientOp(geometry, filters), x, y);
        }
    }
}
