using Fovea.Compilation;
using Fovea.Core.Tuning;
using Fovea.Execution;
using Fovea.Ops;
using Fovea.Testing;
using FsCheck;
using FsCheck.Fluent;

namespace Fovea.Verification.Tests;

/// <summary>Every algorithm of a device's table at every pass that it says it can do.</summary>
[TestFixtureSource(typeof(DeviceTests), nameof(Names))]
internal sealed class ConvolutionMethodTests(string name) : DeviceTests(name)
{
    private static readonly (string Name, ConvolutionShape Shape)[] Shapes =
    [
        ("1×1 images", Square(2, 1, 5, 3, 1, 0)),
        ("1×1 images, padded", Square(2, 1, 5, 3, 3, 1)),
        ("1×1 filters", Square(2, 5, 6, 9, 1, 0)),
        ("3×3", Square(2, 7, 3, 5, 3, 1)),
        ("3×3, even", Square(1, 8, 8, 4, 3, 1)),
        ("5×5 on 3×3", Square(1, 3, 2, 3, 5, 2)),
        ("7×7", Square(1, 11, 1, 2, 7, 3)),
        ("stride", Square(1, 9, 3, 4, 3, 1) with { StrideH = 2, StrideW = 3 }),
        ("groups and dilation", Square(1, 9, 4, 6, 3, 1) with { Groups = 2, DilationW = 2 }),
        ("1×1 filters in groups", Square(2, 5, 8, 12, 1, 0) with { Groups = 2 }),
        ("1×1 filters with stride", Square(2, 5, 4, 3, 1, 0) with { StrideH = 2, StrideW = 2 }),
        ("depthwise", Square(2, 7, 8, 8, 3, 1) with { Groups = 8 }),
        ("depthwise, prime", Square(1, 10, 7, 7, 3, 1) with { Groups = 7 }),
        ("depthwise with stride and dilation",
            Square(1, 11, 4, 4, 3, 3) with { StrideH = 2, StrideW = 2, DilationH = 3, S = 5, Groups = 4 }),
        ("depthwise, two filters each", Square(2, 7, 5, 10, 3, 1) with { StrideW = 2, Groups = 5 }),
        ("one filter of three channels a group", Square(1, 7, 9, 3, 3, 1) with { Groups = 3 }),
        ("one channel and one filter", Square(1, 17, 1, 1, 5, 2)),
        ("six filters of one channel", Square(2, 12, 1, 6, 5, 2)),
        ("filter larger than the image", Square(2, 2, 4, 3, 5, 2) with { W = 3 }),
        ("padding on one side", Square(2, 5, 3, 4, 3, 0) with { PadTop = 2, PadRight = 1 }),
        ("prime channels", Square(1, 5, 13, 11, 3, 1)),
        ("stride beyond the filter", Square(2, 9, 3, 4, 2, 0) with { StrideH = 3, StrideW = 5 }),
        ("pixels divided among parts", Square(2, 36, 3, 5, 3, 1) with { W = 37 }),
        ("many terms", Square(1, 4, 68, 8, 3, 1)),
    ];

    // One in four with 3×3 filters as most networks have them, one with single taps, one with any filter, and one with all that makes a
    // convolution awkward.
    private static readonly Gen<ConvolutionShape> Convolutions =
        from kind in Gen.Choose(0, 3)
        from batch in Gen.Choose(1, 3)
        from groups in Gen.Choose(1, kind == 3 ? 4 : 1)
        from channels in Gen.Frequency((3, Gen.Choose(1, 9)), (1, Gen.Elements(16, 17, 31, 32))).Two()
        from filter in (kind switch { 0 => Gen.Constant(3), 1 => Gen.Constant(1), _ => Gen.Choose(1, 9) }).Two()
        from stride in Gen.Choose(1, kind == 3 ? 4 : 1).Two()
        from dilation in Gen.Choose(1, kind == 3 ? 3 : 1).Two()
        from padding in Gen.Choose(0, kind == 1 ? 0 : 4).Four()
        from extra in Gen.Choose(0, 11).Two()
        select new ConvolutionShape
        {
            N = batch,
            H = Size(filter.Item1, dilation.Item1, padding.Item1 + padding.Item3, extra.Item1),
            W = Size(filter.Item2, dilation.Item2, padding.Item2 + padding.Item4, extra.Item2),
            C = groups * channels.Item1,
            K = groups * channels.Item2,
            R = filter.Item1,
            S = filter.Item2,
            StrideH = stride.Item1,
            StrideW = stride.Item2,
            DilationH = dilation.Item1,
            DilationW = dilation.Item2,
            PadTop = padding.Item1,
            PadLeft = padding.Item2,
            PadBottom = padding.Item3,
            PadRight = padding.Item4,
            Groups = groups,
        };

    public static IEnumerable<TestCaseData> Cases() =>
        from entry in Shapes
        from pass in Enum.GetValues<ConvolutionPass>()
        select new TestCaseData(entry.Shape, pass).SetArgDisplayNames(entry.Name, pass.Name());

    [TestCaseSource(nameof(Cases))]
    public void GivesTheSameAsFloat64(ConvolutionShape shape, ConvolutionPass pass)
    {
        Check(shape, pass);
    }

    /// <summary>
    /// Sizes at random, for all algorithms that say they can do them. Under OpenCL the FFT is left to the cases above: each of its sizes
    /// takes seconds to compile. On the debugging device, whose threads wait for each other thousands of times in a transform, it takes
    /// part in the first sizes; the cases above and the tests of its kernels have many more.
    /// </summary>
    [Test]
    public void AnyShape()
    {
        string device = Device.Info.Name;
        int transforms = device.StartsWith("opencl", StringComparison.Ordinal) ? 0 : device == "debug" ? 5 : int.MaxValue;
        var runs = new Dictionary<(ConvolutionAlgorithm, ConvolutionPass), int>();
        int count = TestDevices.RandomCases(Device.Info.Name, 150);
        Prop.ForAll(Convolutions.ToArbitrary(), shape =>
        {
            foreach (ConvolutionPass pass in Enum.GetValues<ConvolutionPass>())
            {
                bool enough = runs.GetValueOrDefault((ConvolutionAlgorithm.Fft, pass)) >= transforms;
                foreach (ConvolutionAlgorithm algorithm in Check(shape, pass, enough ? ConvolutionAlgorithm.Fft : null))
                    runs[(algorithm, pass)] = runs.GetValueOrDefault((algorithm, pass)) + 1;
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(count).WithReplay(17, 31));
        foreach (ConvolutionMethod method in ((IConvolutionBackend)Device.Backend).Convolutions.Methods.Where(
            method => transforms > 0 || method.Algorithm != ConvolutionAlgorithm.Fft))
        {
            foreach (ConvolutionPass pass in Enum.GetValues<ConvolutionPass>())
                Assert.That(
                    runs.GetValueOrDefault((method.Algorithm, pass)), Is.GreaterThan(1), $"{method.Algorithm.Name()}, {pass.Name()}");
        }
    }

    /// <summary>Runs every algorithm that applies; gives which those are.</summary>
    private IEnumerable<ConvolutionAlgorithm> Check(ConvolutionShape shape, ConvolutionPass pass, ConvolutionAlgorithm? skipped = null)
    {
        ConvolutionProblem problem = ConvolutionProblem.Of(shape, pass);
        (ConvolutionAlgorithm Algorithm, IStep Step)[] candidates =
            [.. ((IConvolutionBackend)Device.Backend).Convolutions.Candidates(problem, CompileOptions.Default)
            .Where(candidate => candidate.Algorithm != skipped)];
        Assert.That(candidates[0].Algorithm, Is.EqualTo(ConvolutionAlgorithm.ImplicitGemm));
        using var trial = new ConvolutionTrial(Device.Backend, problem);
        for (int i = 0; i < candidates.Length; i++)
        {
            trial.Add(candidates[i].Step);
            trial.FillResultWithNaN();
            trial.Run(i);
            double limit = candidates[i].Algorithm switch
            {
                ConvolutionAlgorithm.Winograd4 => 1e-4,
                ConvolutionAlgorithm.Winograd2 or ConvolutionAlgorithm.Fft => 1e-5,
                _ => 5e-6
            };
            Assert.That(ConvolutionSums.MaxError(shape, pass, trial.Operands, trial.Read()), Is.LessThan(limit),
                $"{candidates[i].Algorithm.Name()}, {pass.Name()}, {shape}");
        }
        return candidates.Select(candidate => candidate.Algorithm);
    }

    [Test]
    public void EveryAlgorithmIsInTheTableOnce() => Assert.That(
        ((IConvolutionBackend)Device.Backend).Convolutions.Methods.Select(method => method.Algorithm).Prepend(ConvolutionAlgorithm.Auto)
            .Order(), Is.EqualTo(Enum.GetValues<ConvolutionAlgorithm>()));

    /// <summary>An image just large enough for the filter, and some more.</summary>
    private static int Size(int filter, int dilation, int padding, int extra) =>
        Math.Max(1, (dilation * (filter - 1)) + 1 - padding) + extra;

    private static ConvolutionShape Square(int images, int size, int channels, int filters, int taps, int padding) => new()
    {
        N = images,
        H = size,
        W = size,
        C = channels,
        K = filters,
        R = taps,
        S = taps,
        PadTop = padding,
        PadLeft = padding,
        PadBottom = padding,
        PadRight = padding,
    };
}
