using Fovea.Core.Tuning;
using Fovea.Cpu.Convolution;
using Fovea.Execution;
using Fovea.Ops;
using Fovea.Testing;
using Fovea.Verification.Float64;

namespace Fovea.Verification.Tests;

/// <summary>Every algorithm of the processor's table at every pass that it says it can do, at sizes at which mistakes show.</summary>
internal sealed unsafe class ConvolutionAlgorithmTests
{
    private static readonly (string Name, ConvolutionShape Shape)[] Shapes =
    [
        ("size 1 everywhere", Of(1, 1, 1, 1, 1, 1, 1)),
        ("1×1 images", Of(3, 1, 1, 5, 7, 1, 1)),
        ("1×1 images, padded", Of(3, 1, 1, 5, 7, 3, 3, padding: 1)),
        ("1×1 filters", Of(2, 7, 6, 19, 37, 1, 1)),
        ("1×1 filters in groups", Of(2, 7, 6, 12, 9, 1, 1) with { Groups = 3 }),
        ("1×1 filters with stride", Of(2, 7, 6, 5, 3, 1, 1, stride: 2)),
        ("1×1 filters with padding", Of(2, 4, 5, 5, 3, 1, 1, padding: 1)),
        ("3×3", Of(2, 9, 11, 3, 17, 3, 3, padding: 1)),
        ("3×3, even", Of(2, 8, 12, 16, 32, 3, 3, padding: 1)),
        ("3×3 without padding", Of(1, 17, 13, 6, 5, 3, 3)),
        ("3×3 on 2×2", Of(2, 2, 2, 9, 10, 3, 3, padding: 1)),
        ("primes", Of(2, 13, 11, 7, 5, 3, 5)),
        ("wide", Of(1, 3, 67, 1, 6, 3, 5, padding: 1)),
        ("one channel and one filter", Of(3, 31, 29, 1, 1, 5, 5, padding: 2)),
        ("large filters", Of(1, 23, 19, 3, 33, 11, 11, padding: 5)),
        ("large filters with stride", Of(1, 23, 19, 3, 33, 11, 11, stride: 4, padding: 2)),
        ("stride beyond the filter", Of(2, 11, 13, 3, 4, 2, 2, stride: 3)),
        ("padding on one side only", Of(2, 5, 6, 3, 4, 3, 3) with { PadTop = 2, PadRight = 1 }),
        ("more padding than image", Of(1, 2, 1, 3, 4, 4, 3) with { PadTop = 5, PadLeft = 4, PadBottom = 3, PadRight = 6 }),
        ("filter larger than the image", Of(2, 2, 3, 4, 3, 5, 5, padding: 2)),
        ("dilation", Of(1, 13, 14, 3, 4, 3, 3) with { PadTop = 2, PadLeft = 1, PadBottom = 2, PadRight = 1, DilationH = 3, DilationW = 2 }),
        ("dilation and stride", Of(2, 13, 14, 17, 6, 3, 3) with { StrideH = 3, StrideW = 2, PadTop = 2, PadBottom = 1, PadRight = 4,
            DilationH = 2, DilationW = 3 }),
        ("groups", Of(2, 7, 8, 12, 18, 3, 2) with { StrideH = 2, StrideW = 3, PadLeft = 3, DilationH = 2, Groups = 3 }),
        ("depthwise", Of(2, 10, 7, 37, 37, 3, 3, padding: 1) with { Groups = 37 }),
        ("depthwise with stride and dilation", Of(2, 15, 14, 9, 9, 3, 5, stride: 2, padding: 3) with { DilationW = 2, Groups = 9 }),
        ("depthwise, two filters each", Of(2, 7, 5, 5, 10, 3, 3, stride: 2, padding: 1) with { Groups = 5 }),
        ("many channels", Of(2, 3, 3, 67, 65, 3, 3, padding: 1)),
        ("long lines of many channels, stride and dilation",
            Of(1, 9, 53, 20, 24, 3, 3) with { StrideW = 2, PadTop = 1, PadLeft = 3, PadRight = 2, DilationW = 2 }),
        ("long lines of many channels in groups", Of(2, 6, 31, 36, 48, 3, 3, padding: 1) with { Groups = 2 }),
        ("long lines of many channels, wide padding", Of(1, 5, 27, 16, 19, 5, 5, padding: 4)),
        ("long lines of many channels, stride beyond the filter", Of(1, 7, 61, 18, 33, 2, 2, stride: 3) with { PadLeft = 2 }),
        ("a stride of 2³¹ − 1 that no second position uses", Of(1, 8, 8, 1, 1, 3, 3, stride: int.MaxValue, padding: 1)),
        ("the same with channels, along one axis", Of(2, 6, 7, 17, 18, 3, 2) with { StrideW = int.MaxValue, PadLeft = 2, S = 5 }),
        ("a dilation of 2³¹ − 1 that no second tap uses", Of(2, 5, 6, 3, 4, 1, 2) with { DilationH = int.MaxValue }),
        ("pixels divided among parts", Of(3, 31, 29, 5, 13, 3, 3, padding: 1)),
        ("channels longer than a line of scratch memory", Of(1, 6, 5, 531, 31, 2, 3) with { PadBottom = 1 }),
    ];

    public static IEnumerable<TestCaseData> Cases() =>
        from method in ConvolutionAlgorithms.On(Settings.Pools[0])
        from entry in Shapes
        from pass in Enum.GetValues<ConvolutionPass>()
        where method.Supports(entry.Shape, pass)
        select new TestCaseData(method.Algorithm, pass, entry.Shape).SetArgDisplayNames(method.Algorithm.Name(), pass.Name(), entry.Name);

    [TestCaseSource(nameof(Cases))]
    public void GivesTheSameAsFloat64(ConvolutionAlgorithm algorithm, ConvolutionPass pass, ConvolutionShape shape)
    {
        ConvolutionProblem problem = ConvolutionProblem.Of(shape, pass);
        TestMemory[] inputs = [.. problem.Inputs.Select((spec, i) => TestMemory.Normal(spec.Shape.Count, (ulong)i + 1))];
        int count = (int)problem.Op.Infer(problem.Inputs)[0].Shape.Count;
        double[] expected = new double[count], magnitudes = new double[count];
        Float64Products.ForEachProduct(shape, (input, weight, output) =>
        {
            (int result, int left, int right) = pass switch
            {
                ConvolutionPass.Forward => (output, input, weight),
                ConvolutionPass.InputGradient => (input, output, weight),
                _ => (weight, input, output),
            };
            double product = (double)inputs[0].Span[left] * inputs[1].Span[right];
            expected[result] += product;
            magnitudes[result] += Math.Abs(product);
        });
        // Sums err by a share of what they sum up. Transforms mix the numbers of a tile, so there it is a share of the largest sum.
        double share = algorithm switch
        {
            ConvolutionAlgorithm.Winograd4 => 1e-4,
            ConvolutionAlgorithm.Winograd2 or ConvolutionAlgorithm.Fft => 1e-5,
            _ =>
            Settings.Gamma(1 + (pass == ConvolutionPass.WeightGradient ? shape.N * shape.P * shape.Q
            : shape.R * shape.S * Math.Max(shape.GroupC, shape.GroupK)))
        };
        bool local = algorithm is ConvolutionAlgorithm.Direct or ConvolutionAlgorithm.ImplicitGemm or ConvolutionAlgorithm.Pointwise;
        double largest = magnitudes.Max();
        int[]? bits = null;
        foreach (Fovea.Cpu.Threads.WorkerPool pool in Settings.Pools)
        {
            IStep step = ConvolutionAlgorithms.On(pool).Single(method => method.Algorithm == algorithm).Create(problem);
            TestMemory result = TestMemory.Dirty(count), workspace = TestMemory.Workspace(step.WorkspaceBytes);
            step.Run(new StepBuffers([.. inputs.Select(View)], [View(result)], View(workspace)));
            result.AssertMargin();
            workspace.AssertMargin();
            for (int i = 0; i < count; i++)
            {
                double tolerance = share * (local ? magnitudes[i] : largest);
                if (!(Math.Abs(result.Span[i] - expected[i]) <= tolerance))
                    Assert.Fail($"element {i} is {result.Span[i]}, not {expected[i]} within {tolerance}");
            }
            bits ??= result.Bits();
            Assert.That(result.Bits().AsSpan().SequenceEqual(bits), $"{pool.ThreadCount} threads give other bits than one");
        }
    }

    [TestCaseSource(nameof(Prepared))]
    public void TransformedWeightsGiveTheSameBits(ConvolutionAlgorithm algorithm, ConvolutionShape shape)
    {
        ConvolutionProblem problem = ConvolutionProblem.Of(shape, ConvolutionPass.Forward);
        TestMemory[] inputs = [.. problem.Inputs.Select((spec, i) => TestMemory.Normal(spec.Shape.Count, (ulong)i + 1))];
        int count = (int)problem.Op.Infer(problem.Inputs)[0].Shape.Count;
        int[][] bits = new int[2][];
        for (int i = 0; i < 2; i++)
        {
            var step = (IKeepingStep)ConvolutionAlgorithms.On(Settings.Pools[1]).Single(method => method.Algorithm == algorithm)
                .Create(problem);
            TestMemory result = TestMemory.Dirty(count), workspace = TestMemory.Workspace(step.WorkspaceBytes),
                kept = TestMemory.Workspace(step.KeptBytes);
            var buffers = new StepBuffers([.. inputs.Select(View)], [View(result)], View(workspace));
            if (i == 1)
            {
                step.Keep(buffers, View(kept));
                kept.AssertMargin();
                // What was kept is used, and the weights themselves no longer.
                inputs[1].Span.Fill(float.NaN);
            }
            step.Run(buffers);
            bits[i] = result.Bits();
        }
        Assert.That(bits[1], Is.EqualTo(bits[0]));
    }

    [Test]
    public void EveryAlgorithmIsInTheTableOnce() => Assert.That(
        ConvolutionAlgorithms.On(Settings.Pools[0]).Select(method => method.Algorithm).Prepend(ConvolutionAlgorithm.Auto).Order(),
            Is.EqualTo(Enum.GetValues<ConvolutionAlgorithm>()));

    [Test]
    public void WhatAnAlgorithmCannotDoItSays()
    {
        ConvolutionShape plain = Of(2, 12, 12, 8, 8, 3, 3, padding: 1);
        Assert.Multiple(() =>
        {
            Assert.That(Able(plain), Is.EquivalentTo(new[] { ConvolutionAlgorithm.Direct, ConvolutionAlgorithm.ImplicitGemm,
                ConvolutionAlgorithm.Winograd2, ConvolutionAlgorithm.Winograd4, ConvolutionAlgorithm.Fft }));
            Assert.That(Able(plain with { StrideH = 2, StrideW = 2 }),
                Is.EquivalentTo(new[] { ConvolutionAlgorithm.Direct, ConvolutionAlgorithm.ImplicitGemm }));
            Assert.That(Able(plain with { DilationH = 2 }), Has.No.Member(ConvolutionAlgorithm.Winograd2).And.No.Member(
                ConvolutionAlgorithm.Pointwise));
            Assert.That(Able(plain with { R = 5, S = 5 }), Has.No.Member(ConvolutionAlgorithm.Winograd2).And.No.Member(
                ConvolutionAlgorithm.Winograd4).And.Member(ConvolutionAlgorithm.Fft));
            Assert.That(
                Able(Of(2, 12, 12, 8, 8, 1, 1)), Has.Member(ConvolutionAlgorithm.Pointwise).And.No.Member(ConvolutionAlgorithm.Winograd2));
            Assert.That(Able(Of(2, 12, 12, 8, 8, 1, 1, padding: 1)), Has.No.Member(ConvolutionAlgorithm.Pointwise));
        });
    }

    private static IEnumerable<TestCaseData> Prepared() =>
        from method in ConvolutionAlgorithms.On(Settings.Pools[0])
        from entry in Shapes
        where (entry.Name is "3×3" or "large filters" or "groups") && method.Supports(entry.Shape, ConvolutionPass.Forward)
            && ((IKeepingStep)method.Create(ConvolutionProblem.Of(entry.Shape, ConvolutionPass.Forward))).KeptBytes > 0
        select new TestCaseData(method.Algorithm, entry.Shape).SetArgDisplayNames(method.Algorithm.Name(), entry.Name);

    private static ConvolutionAlgorithm[] Able(ConvolutionShape shape) =>
        [.. ConvolutionAlgorithms.On(Settings.Pools[0])
            .Where(method => Enum.GetValues<ConvolutionPass>().All(pass => method.Supports(shape, pass)))
            .Select(method => method.Algorithm)];

    private static BufferView View(TestMemory memory) => new(null, (long)memory.Pointer, memory.Span.Length * sizeof(float));

    private static ConvolutionShape Of(int n, int h, int w, int c, int k, int r, int s, int stride = 1, int padding = 0) => new()
    {
        N = n,
        H = h,
        W = w,
        C = c,
        K = k,
        R = r,
        S = s,
        StrideH = stride,
        StrideW = stride,
        PadTop = padding,
        PadLeft = padding,
        PadBottom = padding,
        PadRight = padding,
    };
}
