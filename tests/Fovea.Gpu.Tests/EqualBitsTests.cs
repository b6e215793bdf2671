using Fovea.Gpu.Product;
using Fovea.Graph;
using Fovea.Ops;
using Fovea.Testing;

namespace Fovea.Gpu.Tests;

/// <summary>Compiled, the tiled kernels give the bits that they give as plain .NET.</summary>
[TestFixtureSource(typeof(TestDevices), nameof(TestDevices.Compiled))]
internal sealed class EqualBitsTests(string device) : KernelDeviceTests(device)
{
    private static IEnumerable<TileInfo> Tiles => TileInfo.All;

    [Test]
    public void EveryTile([ValueSource(nameof(Tiles))] TileInfo tile)
    {
        var op = new MatrixProductOp(false, true, Activation.Relu);
        TensorSpec[] inputs = [new(new Shape(tile.Rows + 3, (2 * tile.Depth) + 4)), new(new Shape(tile.Columns - 4, (2 * tile.Depth) + 4)),
            new(new Shape(tile.Columns - 4))];
        float[] expected = StepRun.OnDebug("", debug => StepRun.Check(StepRun.Context(debug, TileInfo.Smallest), op, inputs));
        Assert.That(StepRun.Check(StepRun.Context(Device, tile), op, inputs), Is.EqualTo(expected));
    }

    [Test]
    public void DividedSums([Values(40, 41)] int columns, [Values(3, 33)] int parts)
    {
        var op = new MatrixProductOp(true, false);
        TensorSpec[] inputs = [new(new Shape(parts * 33, 3)), new(new Shape(parts * 33, columns))];
        Assert.That(StepRun.Check(StepRun.Context(Device, null, parts), op, inputs),
            Is.EqualTo(StepRun.OnDebug("", debug => StepRun.Check(StepRun.Context(debug, null, parts), op, inputs))));
    }

    [TestCase(8, 1)]
    [TestCase(3, 1)]
    [TestCase(5, 2)]
    public void Convolutions(int channels, int groups)
    {
        var geometry = new ConvolutionGeometry(new Window { StrideH = 2, PadTop = 1, PadBottom = 2, PadRight = 1, DilationW = 2 }, groups);
        TensorSpec x = new(new Shape(2, 9, 10, channels * groups)), w = new(new Shape(12 * groups, 3, 3, channels)),
            bias = new(new Shape(12 * groups));
        var forward = new ConvolutionOp(geometry, Activation.Relu);
        TensorSpec y = forward.Infer([x, w])[0];
        Same(forward, x, w, bias);
        Same(new ConvolutionInputGradientOp(geometry, x.Shape), y, w);
        Same(new ConvolutionWeightGradientOp(geometry, w.Shape), x, y);

        void Same(Op op, params TensorSpec[] inputs) =>
            Assert.That(StepRun.Check(StepRun.Context(Device), op, inputs),
                Is.EqualTo(StepRun.OnDebug(op.Name, debug => StepRun.Check(StepRun.Context(debug), op, inputs))), op.Name);
    }
}
