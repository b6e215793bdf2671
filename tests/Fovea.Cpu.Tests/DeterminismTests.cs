using Fovea.Cpu.Elementwise;
using Fovea.Cpu.Normalization;
using Fovea.Cpu.Pooling;
using Fovea.Cpu.Reduction;
using Fovea.Cpu.Softmax;
using Fovea.Cpu.Threads;
using Fovea.Ops;
using Fovea.Testing;

namespace Fovea.Cpu.Tests;

/// <summary>The other kernels give the same bits on one, two and three threads, and stay within their memory.</summary>
internal sealed unsafe class DeterminismTests
{
    private static readonly PoolingShape Windows =
        new() { N = 3, H = 13, W = 11, C = 7, P = 6, Q = 5, R = 3, S = 3, StrideH = 2, StrideW = 2 };

    private static readonly MapProgram Formula = new(
        [MapInputKind.Full, MapInputKind.Repeating], [0.5f],
        [new(MapOpcode.Multiply, 3, 0, 1), new(MapOpcode.Tanh, 4, 3), new(MapOpcode.Exp, 5, 4), new(MapOpcode.Power, 6, 5, 2),
            new(MapOpcode.Sigmoid, 7, 6)], [7]);

    // Elements beyond which one thread would cut its work elsewhere than several do; periods within and beyond a tile.
    [TestCase(300_000, 1500)]
    [TestCase(300_009, 27)]
    [TestCase(262_144, 1 << 16)]
    [TestCase(400_384, 1027 * 3 * 10)]
    [TestCase(501_000, 1002)]
    [TestCase(308_100, 1027)]
    public void Maps(int count, int period)
    {
        count = count / period * period;
        TestMemory x = TestMemory.Normal(count, 1), repeated = TestMemory.Normal(period, 2);
        Check(count, pool => new MapKernel(Formula, count, period, pool), kernel => kernel.WorkspaceBytes, (kernel, y, workspace) =>
        {
            kernel.SetInput(0, x.Pointer);
            kernel.SetInput(1, repeated.Pointer);
            kernel.SetOutput(0, y.Pointer);
            kernel.Run(workspace.Pointer);
        });
    }

    [TestCase(1, 100_003, 1)]
    [TestCase(3, 1000, 77)]
    [TestCase(7, 19, 5)]
    public void Sums(int outer, int reduced, int inner)
    {
        TestMemory x = TestMemory.Normal(outer * reduced * inner, 1);
        Check(outer * inner, pool => new SumReduction(outer, reduced, inner, pool), sum => sum.WorkspaceBytes,
            (sum, y, workspace) => sum.Run(x.Pointer, y.Pointer, workspace.Pointer));
    }

    [Test]
    public void Poolings()
    {
        TestMemory x = TestMemory.Normal(3 * 13 * 11 * 7, 1), dy = TestMemory.Normal(3 * 6 * 5 * 7, 2);
        Check(3 * 6 * 5 * 7, pool => new MaxPooling(Windows, pool), _ => 0, (max, y, _) => max.Forward(x.Pointer, y.Pointer));
        Check(3 * 13 * 11 * 7, pool => new MaxPooling(Windows, pool), _ => 0,
            (max, dx, _) => max.Backward(x.Pointer, dy.Pointer, dx.Pointer));
        Check(3 * 6 * 5 * 7, pool => new AveragePooling(Windows, pool), _ => 0, (mean, y, _) => mean.Forward(x.Pointer, y.Pointer));
        Check(3 * 13 * 11 * 7, pool => new AveragePooling(Windows, pool), _ => 0, (mean, dx, _) => mean.Backward(dy.Pointer, dx.Pointer));
    }

    [Test]
    public void Rows()
    {
        const int Count = 131, Channels = 19;
        TestMemory x = TestMemory.Normal(Count * Channels, 1), dy = TestMemory.Normal(Count * Channels, 2);
        Check(Count * Channels, pool => new SoftmaxKernel(Count, Channels, false, pool), _ => 0,
            (softmax, y, _) => softmax.Forward(x.Pointer, y.Pointer));
        Check(Count * Channels, pool => new LocalResponseNormalization(Count, Channels, 5, 0.1f, 0.75f, 2, pool),
            norm => norm.WorkspaceBytes,
            (norm, y, workspace) => norm.Forward(x.Pointer, y.Pointer, workspace.Pointer));
        Check(Count * Channels, pool => new LocalResponseNormalization(Count, Channels, 5, 0.1f, 0.75f, 2, pool),
            norm => norm.WorkspaceBytes,
            (norm, dx, workspace) => norm.Backward(x.Pointer, dy.Pointer, dx.Pointer, workspace.Pointer));
    }

    [Test]
    public void AMaximumThatIsNoNumberWinsInEveryChannel()
    {
        TestMemory x = TestMemory.Normal(3 * 13 * 11 * 7, 1), y = TestMemory.Dirty(3 * 6 * 5 * 7), dy = TestMemory.Normal(3 * 6 * 5 * 7, 2),
            dx = TestMemory.Dirty(3 * 13 * 11 * 7);
        // The first pixel, which only the first window holds.
        for (int c = 0; c < 7; c++) x.Span[c] = float.NaN;
        var pooling = new MaxPooling(Windows, Settings.Pools[1]);
        pooling.Forward(x.Pointer, y.Pointer);
        pooling.Backward(x.Pointer, dy.Pointer, dx.Pointer);
        Assert.That(y.Span[..7].ToArray(), Has.All.NaN);
        Assert.That(y.Span[7..].ToArray(), Has.None.NaN);
        Assert.That(dx.Span[..7].ToArray(), Is.EqualTo(dy.Span[..7].ToArray()));
    }

    private static void Check<T>(
        int count, Func<WorkerPool, T> prepare, Func<T, long> workspaceBytes, Action<T, TestMemory, TestMemory> run)
    {
        int[]? bits = null;
        foreach (WorkerPool pool in Settings.Pools)
        {
            T kernel = prepare(pool);
            TestMemory result = TestMemory.Dirty(count), workspace = TestMemory.Workspace(workspaceBytes(kernel));
            run(kernel, result, workspace);
            result.AssertMargin();
            workspace.AssertMargin();
            Assert.That(result.Span.ToArray(), Has.None.NaN);
            bits ??= result.Bits();
            Assert.That(result.Bits().AsSpan().SequenceEqual(bits), $"{pool.ThreadCount} threads give other bits than one");
        }
    }
}
