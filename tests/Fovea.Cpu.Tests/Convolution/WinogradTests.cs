using Fovea.Cpu.Convolution.Winograd;
using Fovea.Cpu.Threads;
using Fovea.Cpu.Vectors;
using Fovea.Ops;
using Fovea.Testing;
using Fovea.Verification.Float64;
using FsCheck;
using FsCheck.Fluent;

namespace Fovea.Cpu.Tests;

/// <summary>The three passes of a convolution by Winograd's method at every tile size, vector width and thread count.</summary>
internal sealed unsafe class WinogradTests
{
    private static readonly ConvolutionShape[] Shapes =
    [
        Shape(1, 1, 1, 1, 1, 1),
        Shape(2, 1, 1, 17, 5, 1),
        Shape(1, 1, 9, 3, 18, 1),
        Shape(1, 3, 3, 4, 1, 0),
        Shape(2, 7, 11, 13, 19, 1),
        Shape(1, 23, 19, 3, 33, 1),
        Shape(3, 8, 12, 16, 32, 1),
        // Padding beyond what filters need, for which the input gradient looks inside of the output.
        Shape(1, 5, 4, 6, 7, 4),
        Shape(2, 6, 7, 35, 9, 0) with { PadTop = 3, PadLeft = 1, PadRight = 2 },
        // Filters larger than the image, which only padding makes room for.
        Shape(2, 2, 1, 5, 3, 1) with { PadBottom = 2 },
        // Deeper than one panel either way, and more tiles than one block or chunk.
        Shape(1, 5, 9, 401, 34, 1),
        Shape(1, 9, 5, 34, 401, 1),
        Shape(2, 33, 45, 21, 34, 1),
    ];

    private static readonly Gen<ConvolutionShape> AnyShapes =
        from images in Gen.Choose(1, 3)
        from size in Gen.Choose(1, 14).Two()
        from channels in Gen.Choose(1, 40).Two()
        from padding in Gen.Choose(0, 4).Four()
        select Shape(images, Math.Max(size.Item1, 3 - padding.Item1 - padding.Item2),
            Math.Max(size.Item2, 3 - padding.Item3 - padding.Item4), channels.Item1, channels.Item2, 0)
            with
        { PadTop = padding.Item1, PadBottom = padding.Item2, PadLeft = padding.Item3, PadRight = padding.Item4 };

    [Test]
    public void Forward([ValueSource(nameof(Shapes))] ConvolutionShape s, [Values(2, 4)] int outputs) => CheckForward(s, outputs);

    [Test]
    public void InputGradient([ValueSource(nameof(Shapes))] ConvolutionShape s, [Values(2, 4)] int outputs) =>
        CheckInputGradient(s, outputs);

    [Test]
    public void WeightGradient([ValueSource(nameof(Shapes))] ConvolutionShape s, [Values(2, 4)] int outputs) =>
        CheckWeightGradient(s, outputs);

    [Test]
    public void AnySize([Values(2, 4)] int outputs) => Prop.ForAll(AnyShapes.ToArbitrary(), s =>
    {
        CheckForward(s, outputs);
        CheckInputGradient(s, outputs);
        CheckWeightGradient(s, outputs);
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(25).WithReplay(23, 57));

    [Test]
    public void PreparedWeightsGiveTheSameBits([Values(2, 4)] int outputs)
    {
        ConvolutionShape s = Shapes[5];
        TestMemory x = Input(s), w = Filters(s), y = TestMemory.Dirty(Outputs(s)), again = TestMemory.Dirty(Outputs(s));
        var pass = new WinogradForward(s, Settings.Pools[1], outputs);
        TestMemory workspace = TestMemory.Workspace(pass.WorkspaceBytes), prepared = TestMemory.Workspace(pass.PreparedBytes);
        TestMemory less = TestMemory.Workspace(pass.WorkspaceBytes - pass.PreparedBytes);
        pass.Run(x.Pointer, w.Pointer, null, y.Pointer, false, workspace.Pointer);
        pass.PrepareWeights(w.Pointer, prepared.Pointer);
        prepared.AssertMargin();
        w.Span.Clear();
        pass.RunPrepared(x.Pointer, prepared.Pointer, null, again.Pointer, false, less.Pointer);
        less.AssertMargin();
        Assert.That(again.Bits(), Is.EqualTo(y.Bits()));
    }

    [Test]
    public void RunsAllocateNothing()
    {
        ConvolutionShape s = Shapes[^1];
        TestMemory x = Input(s), w = Filters(s), y = TestMemory.Normal(Outputs(s), 3);
        var forward = new WinogradForward(s, Settings.Pools[0], 4);
        var inputs = new WinogradInputGradient(s, Settings.Pools[0], 4);
        var weights = new WinogradWeightGradient(s, Settings.Pools[0], 4);
        TestMemory workspace =
            TestMemory.Workspace(Math.Max(forward.WorkspaceBytes, Math.Max(inputs.WorkspaceBytes, weights.WorkspaceBytes)));
        Run();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Run();
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);

        void Run()
        {
            forward.Run(x.Pointer, w.Pointer, null, y.Pointer, true, workspace.Pointer);
            inputs.Run(y.Pointer, w.Pointer, x.Pointer, workspace.Pointer);
            weights.Run(x.Pointer, y.Pointer, w.Pointer, workspace.Pointer);
        }
    }

    [Test]
    public void SaysWhatItCannotDo()
    {
        ConvolutionShape s = Shapes[4];
        Assert.That(WinogradForward.Supports(s) && WinogradInputGradient.Supports(s) && WinogradWeightGradient.Supports(s));
        ConvolutionShape[] others =
        [
            s with { R = 1 }, s with { S = 5 }, s with { StrideH = 2 }, s with { StrideW = 2 }, s with { DilationH = 2 },
                s with { DilationW = 2 },
            s with { C = 12, K = 20, Groups = 2 },
        ];
        foreach (ConvolutionShape other in others)
        {
            Assert.That(WinogradForward.Supports(other) || WinogradInputGradient.Supports(other) || WinogradWeightGradient.Supports(other),
                Is.False, $"{other}");
            Assert.That(() => new WinogradForward(other, Settings.Pools[0], 2), Throws.ArgumentException);
            Assert.That(() => new WinogradInputGradient(other, Settings.Pools[0], 2), Throws.ArgumentException);
            Assert.That(() => new WinogradWeightGradient(other, Settings.Pools[0], 2), Throws.ArgumentException);
        }
        Assert.That(() => new WinogradForward(s, Settings.Pools[0], 3), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    /// <summary>A number that is none stays none, and reaches what depends on it.</summary>
    [Test]
    public void NotANumberSpreads([Values(2, 4)] int outputs)
    {
        ConvolutionShape s = Shapes[4];
        TestMemory x = Input(s), w = Filters(s), y = TestMemory.Dirty(Outputs(s));
        x.Span[(((3 * s.W) + 5) * s.C) + 2] = float.NaN;
        var pass = new WinogradForward(s, Settings.Pools[0], outputs);
        TestMemory workspace = TestMemory.Workspace(pass.WorkspaceBytes);
        pass.Run(x.Pointer, w.Pointer, null, y.Pointer, true, workspace.Pointer);
        for (int p = 2; p <= 4; p++)
        {
            for (int q = 4; q <= 6; q++) Assert.That(y.Span.Slice(((p * s.Q) + q) * s.K, s.K).ToArray(), Has.All.NaN);
        }
        Assert.That(y.Span[(Outputs(s) / s.N)..].ToArray(), Has.None.NaN, "another image");
    }

    private static void CheckForward(ConvolutionShape s, int outputs)
    {
        TestMemory x = Input(s), w = Filters(s), bias = TestMemory.Normal(s.K, 3);
        double[] expected = Reference(s, Outputs(s), x, w, (i, j, o) => (o, i, j));
        double largest = expected.Max(Math.Abs);
        for (int i = 0; i < expected.Length; i++) expected[i] = Math.Max(0, expected[i] + bias.Span[i % s.K]);
        Check(expected, largest, outputs, (pool, level) => new WinogradForward(s, pool, outputs, level), pass => pass.WorkspaceBytes,
            (pass, y, workspace) => pass.Run(x.Pointer, w.Pointer, bias.Pointer, y.Pointer, true, workspace.Pointer));
    }

    private static void CheckInputGradient(ConvolutionShape s, int outputs)
    {
        TestMemory dy = TestMemory.Normal(Outputs(s), 4), w = Filters(s);
        double[] expected = Reference(s, s.N * s.H * s.W * s.C, dy, w, (i, j, o) => (i, o, j));
        Check(expected, expected.Max(Math.Abs), outputs, (pool, level) => new WinogradInputGradient(s, pool, outputs, level),
            pass => pass.WorkspaceBytes,
            (pass, dx, workspace) => pass.Run(dy.Pointer, w.Pointer, dx.Pointer, workspace.Pointer));
    }

    private static void CheckWeightGradient(ConvolutionShape s, int outputs)
    {
        TestMemory x = Input(s), dy = TestMemory.Normal(Outputs(s), 4);
        double[] expected = Reference(s, s.K * s.FilterSize, x, dy, (i, j, o) => (j, i, o));
        Check(expected, expected.Max(Math.Abs), outputs, (pool, level) => new WinogradWeightGradient(s, pool, outputs, level),
            pass => pass.WorkspaceBytes,
            (pass, dw, workspace) => pass.Run(x.Pointer, dy.Pointer, dw.Pointer, workspace.Pointer));
    }

    private static void Check<T>(
        double[] expected, double largest, int outputs, Func<WorkerPool, SimdLevel, T> prepare, Func<T, long> workspaceBytes,
            Action<T, TestMemory, TestMemory> run)
    {
        // What the methods promise, relative to the largest result.
        double tolerance = largest * (outputs == 2 ? 1e-5 : 1e-4);
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
                if (bits is not null)
                {
                    Assert.That(result.Bits(), Is.EqualTo(bits), $"{level}, {pool.ThreadCount} threads");
                    continue;
                }
                bits = result.Bits();
                for (int i = 0; i < expected.Length; i++)
                {
                    if (!(Math.Abs(result.Span[i] - expected[i]) <= tolerance))
                        Assert.Fail($"{level}: element {i} is {result.Span[i]}, not {expected[i]} within {tolerance}.");
                }
            }
        }
    }

    private static ConvolutionShape Shape(int n, int h, int w, int c, int k, int pad) =>
        new() { N = n, H = h, W = w, C = c, K = k, R = 3, S = 3, PadTop = pad, PadLeft = pad, PadBottom = pad, PadRight = pad };

    private static TestMemory Input(ConvolutionShape s) => TestMemory.Normal((long)s.N * s.H * s.W * s.C, 1);

    private static TestMemory Filters(ConvolutionShape s) => TestMemory.Normal((long)s.K * s.FilterSize, 2);

    private static int Outputs(ConvolutionShape s) => s.N * s.P * s.Q * s.K;

    private static double[] Reference(
        ConvolutionShape s, int count, TestMemory left, TestMemory right, Func<int, int, int, (int Result, int Left, int Right)> places)
    {
        double[] values = new double[count], a = left.ToDoubles(), b = right.ToDoubles();
        Float64Products.ForEachProduct(s, (input, weight, output) =>
        {
            (int result, int i, int j) = places(input, weight, output);
            values[result] += a[i] * b[j];
        });
        return values;
    }
}
