using Fovea.Cpu.Product;
using Fovea.Cpu.Threads;
using Fovea.Cpu.Vectors;
using Fovea.Testing;

namespace Fovea.Cpu.Tests;

internal sealed unsafe class MatrixProductTests
{
    // Around the register tiles (12×32, 12×16, 6×16, 8×8), the depth of a panel (256, 384), a block's rows (192), the division by rows
    // (from 96 rows a thread on, if there are not sixteen times as many columns), the columns that threads share (2048), few rows (16)
    // and rows shorter than a vector.
    private static readonly (int Rows, int Columns, int Depth)[] Sizes =
    [
        (1, 1, 1), (2, 31, 7), (4, 33, 65), (5, 15, 3), (6, 16, 1), (7, 17, 2), (8, 8, 5), (9, 9, 4), (11, 32, 8), (12, 33, 9),
            (13, 16, 256),
        (25, 31, 255), (24, 48, 257), (12, 16, 383), (13, 17, 384), (5, 12, 385), (6, 40, 513), (95, 33, 21), (96, 16, 19), (97, 100, 13),
            (191, 8, 31), (193, 65, 30),
        (289, 7, 260), (31, 130, 771), (300, 2049, 3), (130, 2081, 5), (97, 1553, 4), (2, 300, 129), (400, 1, 50),
        (15, 5, 9), (16, 35, 40), (17, 6, 300), (97, 3, 20), (193, 5, 33), (576, 11, 64),
    ];

    [Test, Combinatorial]
    public void EveryWidthAndThreadCountGivesTheProduct(
        [ValueSource(nameof(Sizes))] (int Rows, int Columns, int Depth) size, [Values] bool transposeA, [Values] bool transposeB)
    {
        (int rows, int columns, int depth) = size;
        bool relu = transposeA ^ transposeB, biased = transposeB;
        TestMemory a = TestMemory.Normal((long)rows * depth, 1), b = TestMemory.Normal((long)depth * columns, 2),
            bias = TestMemory.Normal(columns, 3);
        (double[] expected, double[] magnitudes) =
            Reference(size, a.ToDoubles(), b.ToDoubles(), biased ? bias.ToDoubles() : new double[columns], transposeA, transposeB, relu);
        foreach (SimdLevel level in Settings.Levels)
        {
            int[]? bits = null;
            foreach (WorkerPool pool in Settings.Pools)
            {
                var product = new MatrixProduct(rows, columns, depth, transposeA, transposeB, pool, level);
                TestMemory c = TestMemory.Dirty((long)rows * columns), workspace = TestMemory.Workspace(product.WorkspaceBytes);
                product.Run(a.Pointer, b.Pointer, c.Pointer, biased ? bias.Pointer : null, relu, workspace.Pointer);
                c.AssertMargin();
                workspace.AssertMargin();
                if (bits is null) Settings.AssertClose(c.Span, expected, magnitudes, depth + 1, $"{level}");
                else Assert.That(c.Bits().AsSpan().SequenceEqual(bits), $"{level}: {pool.ThreadCount} threads give other bits than one");
                bits ??= c.Bits();
            }
        }
    }

    [Test]
    public void DividingThePixelsGivesTheSameSumAndTheSameBitsOnAnyThreads([Values(2, 5)] int splits, [Values] bool relu)
    {
        (int rows, int columns, int depth) = (13, 37, 2100);
        TestMemory a = TestMemory.Normal(rows * depth, 1), b = TestMemory.Normal(depth * columns, 2), bias = TestMemory.Normal(columns, 3);
        (double[] expected, double[] magnitudes) =
            Reference((rows, columns, depth), a.ToDoubles(), b.ToDoubles(), bias.ToDoubles(), false, false, relu);
        foreach (SimdLevel level in Settings.Levels)
        {
            int[]? bits = null;
            foreach (WorkerPool pool in Settings.Pools)
            {
                var product =
                    new BlockedGemm<StridedPanels, StridedPanels, DenseTarget>(rows, columns, depth, pool.ThreadCount, level, splits);
                TestMemory c = TestMemory.Dirty(rows * columns), workspace = TestMemory.Workspace(product.WorkspaceBytes);
                product.Run(pool, new(a.Pointer, depth, true), new(b.Pointer, columns, false), new(c.Pointer, columns), bias.Pointer, relu,
                    workspace.Pointer);
                c.AssertMargin();
                workspace.AssertMargin();
                if (bits is null) Settings.AssertClose(c.Span, expected, magnitudes, depth + 1, $"{level}");
                else Assert.That(c.Bits(), Is.EqualTo(bits), $"{level}, {pool.ThreadCount} threads");
                bits ??= c.Bits();
            }
        }
    }

    [TestCase(5, 4)]
    [TestCase(300, 33)]
    public void WhatIsNoNumberStaysSoThroughTheRectifier(int rows, int columns)
    {
        TestMemory a = TestMemory.Normal(rows * 3, 1), b = TestMemory.Normal(3 * columns, 2);
        a.Span[^1] = float.NaN;
        foreach (SimdLevel level in Settings.Levels)
        {
            var product = new MatrixProduct(rows, columns, 3, false, false, Settings.Pools[1], level);
            TestMemory c = TestMemory.Dirty(rows * columns), workspace = TestMemory.Workspace(product.WorkspaceBytes);
            product.Run(a.Pointer, b.Pointer, c.Pointer, null, true, workspace.Pointer);
            Assert.That(c.Span[^columns..].ToArray(), Has.All.NaN);
            Assert.That(c.Span[..^columns].ToArray(), Has.All.GreaterThanOrEqualTo(0f));
        }
    }

    [Test]
    public void SizesMustBePositive([Values(0, -1)] int size)
    {
        Assert.That(() => new MatrixProduct(size, 1, 1, false, false, Settings.Pools[0]), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new MatrixProduct(1, size, 1, false, false, Settings.Pools[0]), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new MatrixProduct(1, 1, size, false, false, Settings.Pools[0]), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    private static (double[] Values, double[] Magnitudes) Reference(
        (int Rows, int Columns, int Depth) size, double[] a, double[] b, double[] bias, bool transposeA, bool transposeB, bool relu)
    {
        double[] values = new double[size.Rows * size.Columns], magnitudes = new double[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            (int row, int column) = Math.DivRem(i, size.Columns);
            (values[i], magnitudes[i]) = (bias[column], Math.Abs(bias[column]));
            for (int k = 0; k < size.Depth; k++)
            {
                double term = a[transposeA ? (k * size.Rows) + row : (row * size.Depth) + k]
                    * b[transposeB ? (column * size.Depth) + k : (k * size.Columns) + column];
                values[i] += term;
                magnitudes[i] += Math.Abs(term);
            }
            if (relu) values[i] = Math.Max(values[i], 0);
        }
        return (values, magnitudes);
    }
}
