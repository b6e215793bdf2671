using Fovea.Core.Memory;
using Fovea.Cpu.Convolution;
using Fovea.Cpu.Threads;
using Fovea.Cpu.Vectors;
using Fovea.Ops;
using Fovea.Testing;
using Fovea.Verification.Float64;

namespace Fovea.Cpu.Tests;

/// <summary>The three passes of a convolution at every vector width and thread count.</summary>
internal sealed unsafe class ConvolutionTests
{
    private static readonly ConvolutionShape[] Shapes =
    [
        new() { N = 1, H = 1, W = 1, C = 1, K = 1, R = 1, S = 1 },
        new() { N = 2, H = 9, W = 11, C = 3, K = 17, R = 3, S = 3, PadTop = 1, PadLeft = 1, PadBottom = 1, PadRight = 1 },
        new() { N = 1, H = 23, W = 19, C = 3, K = 33, R = 11, S = 11, StrideH = 4, StrideW = 4, PadTop = 2, PadRight = 2 },
        new() { N = 2, H = 7, W = 8, C = 12, K = 18, R = 3, S = 2, StrideH = 2, StrideW = 3, PadLeft = 3, DilationH = 2, Groups = 3 },
        new() { N = 2, H = 10, W = 7, C = 9, K = 9, R = 3, S = 3, PadTop = 1, PadLeft = 1, PadBottom = 1, PadRight = 1, DilationW = 2,
            Groups = 9 },
        // Enough pixels to be divided by rows, and among splits in the gradient of the filters.
        new() { N = 3, H = 31, W = 29, C = 5, K = 13, R = 3, S = 3, PadTop = 1, PadLeft = 1, PadBottom = 1, PadRight = 1 },
        // Many channels, and strides and dilations that leave pixels out.
        new() { N = 2, H = 13, W = 14, C = 17, K = 6, R = 3, S = 3, StrideH = 3, StrideW = 2, PadTop = 2, PadBottom = 1, PadRight = 4,
            DilationH = 2, DilationW = 3 },
        new() { N = 1, H = 12, W = 15, C = 32, K = 8, R = 3, S = 2, StrideH = 2, StrideW = 6, PadLeft = 2, PadTop = 1, DilationH = 2,
            DilationW = 4, Groups = 2 },
        new() { N = 2, H = 9, W = 7, C = 21, K = 21, R = 3, S = 3, StrideW = 2, PadTop = 1, PadLeft = 2, PadRight = 1, DilationW = 2,
            Groups = 21 },
        new() { N = 2, H = 9, W = 7, C = 34, K = 35, R = 1, S = 1 },
        // Patches deeper than a panel.
        new() { N = 1, H = 6, W = 5, C = 70, K = 31, R = 2, S = 3, StrideW = 2, PadBottom = 1 },
    ];

    [TestCaseSource(nameof(Shapes))]
    public void Forward(ConvolutionShape s)
    {
        TestMemory x = Input(s), w = Filters(s), bias = TestMemory.Normal(s.K, 3);
        (double[] expected, double[] magnitudes) = Reference(s, Outputs(s), x, w, (i, j, o) => (o, i, j));
        for (int i = 0; i < expected.Length; i++)
        {
            expected[i] = Math.Max(0, expected[i] + bias.Span[i % s.K]);
            magnitudes[i] += Math.Abs(bias.Span[i % s.K]);
        }
        Try((pool, level) => new ConvolutionForward(s, pool, level));
        Try((pool, level) => new DirectForward(s, pool, level));
        if (PointwiseForward.Supports(s)) Try((pool, level) => new PointwiseForward(s, pool, level));

        void Try(Func<WorkerPool, SimdLevel, IForwardConvolution> prepare) =>
            Check(expected, magnitudes, s.FilterSize + 1, prepare, pass => pass.WorkspaceBytes,
            (pass, y, workspace) => pass.Run(x.Pointer, w.Pointer, bias.Pointer, y.Pointer, true, workspace.Pointer));
    }

    [TestCaseSource(nameof(Shapes))]
    public void InputGradient(ConvolutionShape s)
    {
        TestMemory dy = TestMemory.Normal(Outputs(s), 4), w = Filters(s);
        (double[] expected, double[] magnitudes) = Reference(s, (long)s.N * s.H * s.W * s.C, dy, w, (i, j, o) => (i, o, j));
        Try((pool, level) => new ConvolutionInputGradient(s, pool, level));
        Try((pool, level) => new DirectInputGradient(s, pool, level));
        if (PointwiseInputGradient.Supports(s)) Try((pool, level) => new PointwiseInputGradient(s, pool, level));

        void Try(Func<WorkerPool, SimdLevel, IConvolutionGradient> prepare) =>
            Check(expected, magnitudes, s.R * s.S * s.GroupK, prepare, pass => pass.WorkspaceBytes,
            (pass, dx, workspace) => pass.Run(dy.Pointer, w.Pointer, dx.Pointer, workspace.Pointer));
    }

    [TestCaseSource(nameof(Shapes))]
    public void WeightGradient(ConvolutionShape s)
    {
        TestMemory x = Input(s), dy = TestMemory.Normal(Outputs(s), 4);
        (double[] expected, double[] magnitudes) = Reference(s, (long)s.K * s.FilterSize, x, dy, (i, j, o) => (j, i, o));
        Try((pool, level) => new ConvolutionWeightGradient(s, pool, level));
        Try((pool, level) => new DirectWeightGradient(s, pool, level));
        if (PointwiseWeightGradient.Supports(s)) Try((pool, level) => new PointwiseWeightGradient(s, pool, level));

        void Try(Func<WorkerPool, SimdLevel, IConvolutionGradient> prepare) =>
            Check(expected, magnitudes, s.N * s.P * s.Q, prepare, pass => pass.WorkspaceBytes,
            (pass, dw, workspace) => pass.Run(x.Pointer, dy.Pointer, dw.Pointer, workspace.Pointer));
    }

    [Test]
    public void PaddingStaysZeroWhenGarbageIsCollected()
    {
        ConvolutionShape s = Shapes[1] with { C = 4 };
        TestMemory x = Input(s), w = Filters(s);
        var pass = new ConvolutionForward(s, Settings.Pools[0]);
        TestMemory before = TestMemory.Dirty(Outputs(s)), after = TestMemory.Dirty(Outputs(s)),
            workspace = TestMemory.Workspace(pass.WorkspaceBytes);
        pass.Run(x.Pointer, w.Pointer, null, before.Pointer, false, workspace.Pointer);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        // Whatever was freed is now given out again and overwritten.
        HostBuffer[] others = [.. Enumerable.Range(1, 64).Select(i => new HostBuffer(64 * i))];
        foreach (HostBuffer other in others) new Span<byte>(other.Pointer, (int)other.Length).Fill(77);
        pass.Run(x.Pointer, w.Pointer, null, after.Pointer, false, workspace.Pointer);
        foreach (HostBuffer other in others) other.Dispose();
        Assert.That(after.Bits(), Is.EqualTo(before.Bits()));
    }

    private static TestMemory Input(ConvolutionShape s) => TestMemory.Normal((long)s.N * s.H * s.W * s.C, 1);

    private static TestMemory Filters(ConvolutionShape s) => TestMemory.Normal((long)s.K * s.FilterSize, 2);

    private static int Outputs(ConvolutionShape s) => s.N * s.P * s.Q * s.K;

    /// <summary>
    /// Sums over all products of the convolution; <paramref name="places"/> says which place is the result's and which the factors'.
    /// </summary>
    private static (double[] Values, double[] Magnitudes) Reference(
        ConvolutionShape s, long count, TestMemory left, TestMemory right, Func<int, int, int, (int Result, int Left, int Right)> places)
    {
        double[] values = new double[count], magnitudes = new double[count], a = left.ToDoubles(), b = right.ToDoubles();
        Float64Products.ForEachProduct(s, (input, weight, output) =>
        {
            (int result, int i, int j) = places(input, weight, output);
            values[result] += a[i] * b[j];
            magnitudes[result] += Math.Abs(a[i] * b[j]);
        });
        return (values, magnitudes);
    }

    private static void Check<T>(
        double[] expected, double[] magnitudes, int terms, Func<WorkerPool, SimdLevel, T> prepare, Func<T, long> workspaceBytes,
            Action<T, TestMemory, TestMemory> run)
    {
        foreach (SimdLevel level in Settings.Levels)
        {
            int[]? bits = null;
            foreach (WorkerPool pool in Settings.Pools)
            {
                T pass = prepare(pool, level);
                TestMemory result = TestMemory.Dirty(expected.Length), workspace = TestMemory.Workspace(workspaceBytes(pass));
                run(pass, result, workspace);
                result.AssertMargin();
                workspace.AssertMargin();
                if (bits is null) Settings.AssertClose(result.Span, expected, magnitudes, terms, $"{level}");
                else Assert.That(result.Bits(), Is.EqualTo(bits), $"{level}, {pool.ThreadCount} threads");
                bits ??= result.Bits();
            }
        }
    }
}
