using Fovea.Gpu.Convolution;
using Fovea.Gpu.Product;
using Fovea.Ops;
using Fovea.Testing;

namespace Fovea.Gpu.Tests;

/// <summary>Every tile of the matrix product, with sizes that fit it and sizes that do not.</summary>
[TestFixtureSource(typeof(TestDevices), nameof(TestDevices.Watching))]
internal sealed class GpuProductTests(string device) : KernelDeviceTests(device)
{
    private static IEnumerable<TileInfo> Tiles => TileInfo.All;

    [Test]
    public void TilesObeyTheirRules([ValueSource(nameof(Tiles))] TileInfo tile)
    {
        int quads = tile.Depth / 4;
        Assert.Multiple(() =>
        {
            foreach (int size in new[] { tile.Rows, tile.Columns, tile.Depth }) Assert.That(int.IsPow2(size), $"{size}");
            Assert.That(tile.ThreadRows % 4 + tile.ThreadColumns % 4, Is.Zero);
            Assert.That(tile.Rows * quads % tile.Threads + (tile.Columns * quads % tile.Threads), Is.Zero,
                "the same number of quads for each thread");
            Assert.That(Math.Max(tile.Rows, tile.Columns) * quads / tile.Threads, Is.LessThanOrEqualTo(4), "places for quads");
            Assert.That(tile.Threads, Is.GreaterThanOrEqualTo(Math.Max(tile.Rows, Math.Max(tile.Columns, tile.Depth)) / 4),
                "threads fill a row of quads");
            Assert.That(TileInfo.DepthGrain % tile.Depth, Is.Zero);
            Assert.That(tile.SharedBytes, Is.LessThanOrEqualTo(48 << 10));
        });
    }

    [Test, Pairwise]
    public void EveryTileAndTransposition([ValueSource(nameof(Tiles))] TileInfo tile, [Values] bool transposeA, [Values] bool transposeB)
    {
        var op = new MatrixProductOp(transposeA, transposeB, Activation.Relu);
        Product(tile, op, tile.Rows + 4, tile.Columns - 8, (2 * tile.Depth) + 4);
        Product(tile, op, tile.Rows - 3, tile.Columns + 5, (3 * tile.Depth) - 1);
    }

    [Test]
    public void SmallAndNarrowSizes([Values] bool transposeA, [Values] bool transposeB)
    {
        foreach ((int rows, int columns, int depth) in new[] { (1, 1, 1), (1, 67, 43), (70, 1, 5), (4, 19, 3), (5, 2, 71), (33, 17, 8),
            (16, 16, 16), (8, 4, 12) })
            Product(TileInfo.Smallest, new(transposeA, transposeB), rows, columns, depth);
    }

    [Test]
    public void DividedSums([Values(2, 3, 7)] int parts, [Values] bool transposeA, [Values] bool transposeB)
    {
        var op = new MatrixProductOp(transposeA, transposeB, Activation.Relu);
        Product(TileInfo.Smallest, op, 20, 24, 228, parts);
        Product(TileInfo.Smallest, op, 19, 23, 227, parts);
        // Fewer pieces than parts.
        Product(TileInfo.Smallest, op, 5, 7, 33, parts);
    }

    [Test]
    public void ManyParts()
    {
        Product(TileInfo.Smallest, new MatrixProductOp(true, false, Activation.Relu), 5, 7, 36 * 32, 36);
        Product(TileInfo.Smallest, new MatrixProductOp(true, false), 3, 4, (33 * 32) - 1, 40);
    }

    [Test]
    public void AllTilesGiveTheSameBits([Values(0, 3)] int parts)
    {
        var op = new MatrixProductOp(false, true);
        TensorSpec[] inputs = [new(new Shape(37, 101)), new(new Shape(29, 101)), new(new Shape(29))];
        float[] expected = StepRun.Check(StepRun.Context(Device, null, parts), op, inputs);
        foreach (TileInfo tile in Tiles)
            Assert.That(StepRun.Check(StepRun.Context(Device, tile, parts), op, inputs), Is.EqualTo(expected), tile.Name);
    }

    [Test]
    public void NaNPassesTheRectifier()
    {
        TensorSpec[] inputs = [new(new Shape(2, 3)), new(new Shape(3, 2))];
        float[] c = StepRun.Run(StepRun.Context(Device), new MatrixProductOp(false, false, Activation.Relu), inputs,
            [[float.NaN, 0, 0, -1, 0, 0], [1, 1, 0, 0, 0, 0]]);
        Assert.That(c, Is.EqualTo(new[] { float.NaN, float.NaN, 0, 0 }));
    }

    [Test]
    public void WhatLiesPastTheEndDoesNotSpread()
    {
        // Columns of A beyond the depth would meet these infinities as zeros times infinity.
        TensorSpec[] inputs = [new(new Shape(1, 5)), new(new Shape(5, 3))];
        float[] c = StepRun.Run(StepRun.Context(Device), new MatrixProductOp(false, false), inputs,
            [[1, 1, 1, 1, 1], [.. Enumerable.Repeat(float.PositiveInfinity, 15)]]);
        Assert.That(c, Is.All.EqualTo(float.PositiveInfinity));
    }

    [Test]
    public void IndicesPastTheLargestIntegerCountAsPastTheEnd() => Assert.Multiple(() =>
    {
        Assert.That(Quads.Clamp(unchecked(int.MaxValue + 100), int.MaxValue), Is.EqualTo(int.MaxValue - 1));
        Assert.That(Quads.ClampQuad(unchecked(int.MaxValue + 100), int.MaxValue - 3), Is.EqualTo(int.MaxValue - 7));
        // The last pixel of an image of almost 2³¹ elements: (32766 · 32768 + 32767) · 2.
        Assert.That(new PhaseTarget(32767, 32768, 2, 2, 16384, 16384, 2, 2, 0, 1).Row((16384 * 16384) - 1, 0, 0), Is.EqualTo(2147418110));
    });

    private void Product(TileInfo tile, MatrixProductOp op, int rows, int columns, int depth, int parts = 0) =>
        StepRun.Check(StepRun.Context(Device, tile, parts), op,
        new(op.TransposeA ? new Shape(depth, rows) : new Shape(rows, depth)),
            new(op.TransposeB ? new Shape(columns, depth) : new Shape(depth, columns)), new(new Shape(columns)));
}
