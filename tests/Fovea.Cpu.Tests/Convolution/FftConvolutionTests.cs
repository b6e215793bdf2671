using Fovea.Cpu.Convolution.Fft;
using Fovea.Cpu.Threads;
using Fovea.Cpu.Vectors;
using Fovea.Ops;
using Fovea.Testing;
using Fovea.Verification.Float64;
using FsCheck;
using FsCheck.Fluent;

namespace Fovea.Cpu.Tests;

/// <summary>The three passes of a convolution by Fourier transforms at every vector width and thread count, against float64.</summary>
internal sealed unsafe class FftConvolutionTests
{
    /// <summary>The largest error over the largest value of the result, on normally distributed data.</summary>
    private const double Tolerance = 2e-6;

    private static readonly ConvolutionShape[] Shapes =
    [
        new() { N = 1, H = 1, W = 1, C = 1, K = 1, R = 1, S = 1 },
        new() { N = 2, H = 9, W = 11, C = 3, K = 17, R = 3, S = 3, PadTop = 1, PadLeft = 1, PadBottom = 1, PadRight = 1 },
        // Filters larger than the image, which padding makes room for; a filter as large as the padded image.
        new() { N = 3, H = 2, W = 3, C = 5, K = 4, R = 5, S = 7, PadTop = 2, PadLeft = 3, PadBottom = 3, PadRight = 2 },
        new() { N = 1, H = 7, W = 5, C = 2, K = 3, R = 7, S = 5 },
        // Prime sizes, channels of no multiple, several tiles, unequal padding, also more than a filter reaches.
        new() { N = 2, H = 31, W = 29, C = 19, K = 37, R = 5, S = 2, PadTop = 3, PadLeft = 0, PadBottom = 1, PadRight = 6 },
        new() { N = 1, H = 4, W = 4, C = 1, K = 1, R = 2, S = 2, PadTop = 5, PadLeft = 3, PadBottom = 4, PadRight = 6 },
        new() { N = 1, H = 1, W = 50, C = 33, K = 9, R = 1, S = 9, PadLeft = 4, PadRight = 4 },
        new() { N = 5, H = 17, W = 16, C = 16, K = 32, R = 11, S = 11, PadTop = 5, PadLeft = 5, PadBottom = 5, PadRight = 5 },
    ];

    private static readonly Gen<ConvolutionShape> Convolutions =
        from batch in Gen.Choose(1, 3)
        from channels in Gen.Choose(1, 20).Two()
        from filter in Gen.Choose(1, 8).Two()
        from padding in Gen.Choose(0, 4).Four()
        from extra in Gen.Choose(0, 24).Two()
        select new ConvolutionShape
        {
            N = batch,
            H = Math.Max(1, filter.Item1 - padding.Item1 - padding.Item3 + extra.Item1),
            W = Math.Max(1, filter.Item2 - padding.Item2 - padding.Item4 + extra.Item2),
            C = channels.Item1,
            K = channels.Item2,
            R = filter.Item1,
            S = filter.Item2,
            PadTop = padding.Item1,
            PadLeft = padding.Item2,
            PadBottom = padding.Item3,
            PadRight = padding.Item4,
        };

    [TestCaseSource(nameof(Shapes))]
    public void EveryPass(ConvolutionShape shape) => Check(shape, null);

    // Small tiles, so that there are many, of sizes with every butterfly.
    [TestCase(4, 6)]
    [TestCase(7, 10)]
    [TestCase(9, 14)]
    [TestCase(16, 24)]
    [TestCase(64, 36)]
    public void EveryTile(int height, int width) =>
        Check(new() { N = 3, H = 19, W = 23, C = 18, K = 21, R = 3, S = 4, PadTop = 1, PadLeft = 2, PadBottom = 1, PadRight = 1 },
            (height, width));

    [Test]
    public void AnyShape() => Prop.ForAll(Convolutions.ToArbitrary(), shape => Check(shape, null))
        .Check(Config.QuickThrowOnFailure.WithMaxTest(40).WithReplay(17, 31));

    [Test]
    public void TilesInGroups() =>
        Check(new() { N = 8, H = 36, W = 36, C = 70, K = 40, R = 2, S = 2, PadTop = 1, PadRight = 1 }, (32, 32),
            [SimdLevel.Vector128, CpuFeatures.Simd]);

    [Test]
    public void FiltersInSlices() =>
        Check(new() { N = 1, H = 20, W = 20, C = 70, K = 40, R = 3, S = 3, PadTop = 1, PadLeft = 1, PadBottom = 1, PadRight = 1 },
            (128, 128), [SimdLevel.Vector128]);

    [Test]
    public void TilingsOfTheseTestsHaveSeveralGroupsAndSlices()
    {
        Assert.That(FftTiling.Of(32, 32, 8, 36, 36, 2, 2, 70, 40, 4).Groups, Is.GreaterThan(1));
        Assert.That(FftTiling.Of(128, 128, 1, 20, 20, 3, 3, 70, 40, 4).Slice, Is.LessThan(FftTiling.Blocks(40, 4)));
    }

    [Test]
    public void PreparedWeightsGiveTheSameBits()
    {
        ConvolutionShape s = Shapes[4];
        TestMemory x = TestMemory.Normal((long)s.N * s.H * s.W * s.C, 1), w = TestMemory.Normal((long)s.K * s.FilterSize, 2);
        var pass = new FftForward(s, Settings.Pools[1]);
        TestMemory y = TestMemory.Dirty(Outputs(s)), same = TestMemory.Dirty(Outputs(s)),
            workspace = TestMemory.Workspace(pass.WorkspaceBytes),
            prepared = TestMemory.Workspace(pass.PreparedBytes);
        pass.Run(x.Pointer, w.Pointer, null, y.Pointer, false, workspace.Pointer);
        pass.PrepareWeights(w.Pointer, prepared.Pointer);
        pass.RunPrepared(x.Pointer, prepared.Pointer, null, same.Pointer, false, workspace.Pointer);
        prepared.AssertMargin();
        Assert.That(same.Bits(), Is.EqualTo(y.Bits()));
    }

    [Test]
    public void LargeFiltersStayWithinMemoryAndError()
    {
        var s = new ConvolutionShape
        {
            N = 8,
            H = 64,
            W = 64,
            C = 64,
            K = 64,
            R = 11,
            S = 11,
            PadTop = 5,
            PadLeft = 5,
            PadBottom = 5,
            PadRight = 5
        };
        const long limit = 64L << 20;
        Assert.That(new FftForward(s, Settings.Pools[1]).WorkspaceBytes, Is.LessThan(limit));
        Assert.That(new FftInputGradient(s, Settings.Pools[1]).WorkspaceBytes, Is.LessThan(limit));
        Assert.That(new FftWeightGradient(s, Settings.Pools[1]).WorkspaceBytes, Is.LessThan(limit));
    }

    [Test]
    public void OthersAreNotSupported()
    {
        ConvolutionShape plain = Shapes[1];
        Assert.That(FftForward.Supports(plain) && FftInputGradient.Supports(plain) && FftWeightGradient.Supports(plain));
        foreach (ConvolutionShape other in (ConvolutionShape[])[
            plain with { StrideH = 2 }, plain with { StrideW = 2 }, plain with { DilationH = 2 }, plain with { DilationW = 2 },
            plain with { C = 4, K = 6, Groups = 2 }])
        {
            Assert.That(FftForward.Supports(other), Is.False);
            Assert.That(() => new FftForward(other, Settings.Pools[0]), Throws.InstanceOf<NotSupportedException>());
        }
    }

    private static int Outputs(ConvolutionShape s) => s.N * s.P * s.Q * s.K;

    private static void Check(ConvolutionShape s, (int, int)? tile, SimdLevel[]? levels = null)
    {
        TestMemory x = TestMemory.Normal((long)s.N * s.H * s.W * s.C, 1), w = TestMemory.Normal((long)s.K * s.FilterSize, 2),
            bias = TestMemory.Normal(s.K, 3), dy = TestMemory.Normal(Outputs(s), 4);
        double[] y64 = [.. Enumerable.Range(0, Outputs(s)).Select(i => (double)bias.Span[i % s.K])], dx64 = new double[x.Span.Length],
            dw64 = new double[w.Span.Length];
        double[] x64 = x.ToDoubles(), w64 = w.ToDoubles(), dy64 = dy.ToDoubles();
        Float64Products.ForEachProduct(s, (input, weight, output) =>
        {
            y64[output] += x64[input] * w64[weight];
            dx64[input] += dy64[output] * w64[weight];
            dw64[weight] += dy64[output] * x64[input];
        });
        double largest = y64.Max(Math.Abs);
        for (int i = 0; i < y64.Length; i++) y64[i] = Math.Max(0, y64[i]);

        foreach (SimdLevel level in levels ?? Settings.Levels)
        {
            int[][]? bits = null;
            foreach (WorkerPool pool in Settings.Pools)
            {
                ICorrelation forward = FftPasses.Correlation(s, pool, false, level, tile),
                    backward = FftPasses.Correlation(s, pool, true, level, tile);
                IFilterGradient gradient = FftPasses.FilterGradient(s, pool, level, tile);
                TestMemory y = TestMemory.Dirty(y64.Length), dx = TestMemory.Dirty(dx64.Length), dw = TestMemory.Dirty(dw64.Length);
                TestMemory first = TestMemory.Workspace(forward.WorkspaceBytes), second = TestMemory.Workspace(backward.WorkspaceBytes),
                    third = TestMemory.Workspace(gradient.WorkspaceBytes);
                forward.Run(x.Pointer, w.Pointer, null, bias.Pointer, y.Pointer, true, first.Pointer);
                backward.Run(dy.Pointer, w.Pointer, null, null, dx.Pointer, false, second.Pointer);
                gradient.Run(x.Pointer, dy.Pointer, dw.Pointer, third.Pointer);
                foreach (TestMemory memory in (TestMemory[])[y, dx, dw, first, second, third]) memory.AssertMargin();
                AssertClose(y, y64, largest, $"output, {level}, {s}");
                AssertClose(dx, dx64, dx64.Max(Math.Abs), $"gradient of the input, {level}, {s}");
                AssertClose(dw, dw64, dw64.Max(Math.Abs), $"gradient of the weights, {level}, {s}");
                bits ??= [y.Bits(), dx.Bits(), dw.Bits()];
                Assert.That(y.Bits().AsSpan().SequenceEqual(bits[0]) && dx.Bits().AsSpan().SequenceEqual(bits[1])
                    && dw.Bits().AsSpan().SequenceEqual(bits[2]),
                    $"{level}: {pool.ThreadCount} threads give other bits than one");
            }
        }
    }

    private static void AssertClose(TestMemory actual, double[] expected, double largest, string what)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            if (!(Math.Abs(actual.Span[i] - expected[i]) <= Tolerance * largest))
                Assert.Fail($"{what}: element {i} is {actual.Span[i]}, not {expected[i]}; the largest is {largest}.");
        }
    }
}
