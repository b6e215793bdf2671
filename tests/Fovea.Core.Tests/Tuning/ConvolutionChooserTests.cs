using System.Text.Json;
using Fovea.Compilation;
using Fovea.Core.Tuning;
using Fovea.Cpu;
using Fovea.Cpu.Convolution;
using Fovea.Execution;
using Fovea.Ops;
using Fovea.Testing;

namespace Fovea.Core.Tests;

/// <summary>Which algorithm is taken: as told, by sizes, or by measuring and remembering.</summary>
internal sealed class ConvolutionChooserTests
{
    private static readonly ConvolutionShape Small =
        new() { N = 1, H = 6, W = 7, C = 3, K = 5, R = 3, S = 3, PadTop = 1, PadLeft = 1, PadBottom = 1, PadRight = 1 };
    private static readonly ConvolutionProblem Problem = ConvolutionProblem.Of(Small, ConvolutionPass.Forward);

    private readonly List<string> reports = [];
    private readonly List<ConvolutionAlgorithm> runs = [];
    private Action<int> ran = _ => { };
    private TempFolder folder = null!;
    private CpuBackend backend = null!;

    [SetUp]
    public void Open()
    {
        folder = new TempFolder();
        backend = new CpuBackend(1);
        reports.Clear();
        runs.Clear();
        ran = _ => { };
    }

    [TearDown]
    public void Close()
    {
        backend.Dispose();
        folder.Dispose();
    }

    private CompileOptions Tuned => new() { Tuning = Compilation.Tuning.Always, ChoiceFile = folder["choices.json"] };

    [Test]
    public void TheFastestThatComputesTheSameIsRememberedAndAWrongOneNeverTaken()
    {
        ConvolutionAlgorithm Choose() => Chooser(
            (ConvolutionAlgorithm.ImplicitGemm, 20, 1), (ConvolutionAlgorithm.Direct, 5, 1), (ConvolutionAlgorithm.Winograd2, 0, 1.01f),
                (ConvolutionAlgorithm.Winograd4, 0, float.NaN), (ConvolutionAlgorithm.Fft, 40, 1)).Choose(Problem, Tuned).Algorithm;
        Assert.That(Choose(), Is.EqualTo(ConvolutionAlgorithm.Direct));
        Assert.That(runs, Is.SupersetOf(new[] { ConvolutionAlgorithm.ImplicitGemm, ConvolutionAlgorithm.Direct,
            ConvolutionAlgorithm.Winograd2, ConvolutionAlgorithm.Winograd4, ConvolutionAlgorithm.Fft }));
        Assert.That(runs.Count(run => run == ConvolutionAlgorithm.Winograd2), Is.EqualTo(1), "a wrong one is not measured");
        Assert.That(reports, Has.Count.EqualTo(2).And.Some.Contains("winograd2").And.Some.Contains("winograd4"));

        runs.Clear();
        Assert.That(Choose(), Is.EqualTo(ConvolutionAlgorithm.Direct), "another process");
        Assert.That(runs, Is.Empty);
    }

    [Test]
    public void MeasuringEndsBetweenTwoRunsAndRemembersNothing()
    {
        using var source = new CancellationTokenSource();
        var told = new List<PreparationProgress>();
        ConvolutionChooser chooser = Chooser((ConvolutionAlgorithm.ImplicitGemm, 1, 1), (ConvolutionAlgorithm.Direct, 1, 1));
        var progress = new Listener(value =>
        {
            told.Add(value);
            if (value.Subject.StartsWith("direct", StringComparison.Ordinal)) source.Cancel();
        });
        long before = backend.Memory.InUse;
        Assert.That(() => chooser.Choose(Problem, Tuned, progress, source.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(runs, Is.EqualTo(new[] { ConvolutionAlgorithm.ImplicitGemm }), "what was measured");
        Assert.That(told.Select(value => (value.Phase, value.Done, value.Total)),
            Is.EqualTo(new[] { (PreparationPhase.Measuring, 0, 2), (PreparationPhase.Measuring, 1, 2) }));
        Assert.That(told[0].ToString(), Does.StartWith("measuring algorithms: 0 of 2, implicit-gemm for forward 1x6x7x3"));
        Assert.That(backend.Memory.InUse, Is.EqualTo(before), "memory of the trial");
        Assert.That(File.Exists(folder["choices.json"]), Is.False);
        Assert.That(chooser.Choose(Problem, Tuned).Algorithm, Is.Not.EqualTo(ConvolutionAlgorithm.Auto), "it can be done again");
    }

    /// <summary>A cancellation that comes while candidates take turns.</summary>
    [Test]
    public void TurnsEndToo()
    {
        using var source = new CancellationTokenSource();
        ConvolutionChooser chooser = Chooser((ConvolutionAlgorithm.ImplicitGemm, 0, 1), (ConvolutionAlgorithm.Direct, 0, 1));
        ran = count =>
        {
            if (count == 5) source.Cancel();
        };
        Assert.That(() => chooser.Choose(Problem, Tuned, null, source.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(runs, Has.Count.EqualTo(5));
    }

    [Test]
    public void AnAlgorithmThatFailsIsReportedAndNotTaken()
    {
        ConvolutionChooser chooser = Chooser((ConvolutionAlgorithm.ImplicitGemm, 1, 1), (ConvolutionAlgorithm.Fft, -1, 1));
        Assert.That(chooser.Choose(Problem, Tuned).Algorithm, Is.EqualTo(ConvolutionAlgorithm.ImplicitGemm));
        Assert.That(reports, Has.Count.EqualTo(1).And.Some.Contains("fft").And.Some.Contains("out of luck"));
    }

    [TestCase("")]
    [TestCase("{\"k\": \"dir")]
    [TestCase("[1]")]
    [TestCase("null")]
    public void ADamagedFileCostsANewMeasurement(string content)
    {
        File.WriteAllText(folder["choices.json"], content);
        Assert.That(Chooser((ConvolutionAlgorithm.ImplicitGemm, 20, 1), (ConvolutionAlgorithm.Direct, 1, 1))
            .Choose(Problem, Tuned).Algorithm, Is.EqualTo(ConvolutionAlgorithm.Direct));
        Assert.That(runs, Is.Not.Empty);
        Assert.That(JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllText(folder["choices.json"]))!.Values,
            Is.EqualTo(new[] { "direct" }));
    }

    [TestCase("auto")]
    [TestCase("fastest")]
    [TestCase("pointwise")]
    public void AnEntryThatCannotBeFollowedIsMeasuredAnew(string entry)
    {
        Chooser((ConvolutionAlgorithm.ImplicitGemm, 1, 1)).Choose(Problem, Tuned);
        string path = folder["choices.json"], text = File.ReadAllText(path).Replace("implicit-gemm", entry, StringComparison.Ordinal);
        File.WriteAllText(path, text);
        runs.Clear();
        Assert.That(Chooser((ConvolutionAlgorithm.ImplicitGemm, 1, 1)).Choose(Problem, Tuned).Algorithm,
            Is.EqualTo(ConvolutionAlgorithm.ImplicitGemm));
        Assert.That(runs, Is.Not.Empty);
    }

    [Test]
    public void SeveralWritersKeepEachOthersChoices()
    {
        string path = folder["choices.json"];
        ChoiceFile one = new(path, reports.Add), other = new(path, reports.Add);
        one.Add("a", "direct");
        other.Add("b", "fft");
        one.Add("c", "winograd2");
        Assert.That(new ChoiceFile(path).Find("a"), Is.EqualTo("direct"));
        Assert.That(new ChoiceFile(path).Find("b"), Is.EqualTo("fft"));
        Assert.That(new ChoiceFile(path).Find("c"), Is.EqualTo("winograd2"));
        Assert.That(reports, Is.Empty);

        // At the same time an entry may be lost, but what is read is always whole.
        Parallel.For(0, 8, i =>
        {
            var file = new ChoiceFile(path, message => { lock (reports) reports.Add(message); });
            for (int j = 0; j < 10; j++)
            {
                file.Add($"{i} {j}", "direct");
                Assert.That(file.Find($"{i} {j}"), Is.EqualTo("direct"));
            }
        });
        Assert.That(reports, Is.Empty);
        Assert.That(JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllText(path)), Contains.Key("a").And.ContainKey("b"));
        Assert.That(folder.Names(), Is.EqualTo(new[] { "choices.json" }));
    }

    [Test]
    public void ALimitOfMemoryRulesAlgorithmsOut()
    {
        ConvolutionChooser chooser = Chooser((ConvolutionAlgorithm.ImplicitGemm, 10, 1), (ConvolutionAlgorithm.Direct, 1, 1));
        Assert.That(chooser.Candidates(Problem, new() { WorkspaceLimit = 999 }).Select(candidate => candidate.Algorithm),
            Is.EqualTo(new[] { ConvolutionAlgorithm.ImplicitGemm }));
        Assert.That(chooser.Choose(Problem, new() { ConvolutionAlgorithm = ConvolutionAlgorithm.Direct, WorkspaceLimit = 999 }).Algorithm,
            Is.EqualTo(ConvolutionAlgorithm.ImplicitGemm));
        Assert.That(chooser.Choose(Problem, new() { ConvolutionAlgorithm = ConvolutionAlgorithm.Direct, WorkspaceLimit = 1000 }).Algorithm,
            Is.EqualTo(ConvolutionAlgorithm.Direct));
        Assert.That(chooser.Choose(Problem, Tuned with { WorkspaceLimit = 999 }).Algorithm, Is.EqualTo(ConvolutionAlgorithm.ImplicitGemm));
        Assert.That(chooser.Choose(Problem, Tuned).Algorithm, Is.EqualTo(ConvolutionAlgorithm.Direct),
            "what was measured under a limit does not hold without it");
        Assert.That(chooser.Choose(Problem, Tuned with { WorkspaceLimit = 999 }).Algorithm, Is.EqualTo(ConvolutionAlgorithm.ImplicitGemm),
            "nor the other way round");
    }

    [Test]
    public void ReproducibleMeasuresNothingAndFollowsAFile()
    {
        ConvolutionChooser chooser = Chooser((ConvolutionAlgorithm.ImplicitGemm, 10, 1), (ConvolutionAlgorithm.Fft, 1, 1));
        ConvolutionAlgorithm bySizes = chooser.Choose(Problem, new() { Tuning = Compilation.Tuning.Never }).Algorithm;
        CompileOptions reproducible = Tuned with { Reproducible = true };
        Assert.That(chooser.Choose(Problem, reproducible).Algorithm, Is.EqualTo(bySizes));
        Assert.That(runs, Is.Empty);
        Assert.That(folder.Names(), Is.Empty);
        chooser.Choose(Problem, Tuned);
        runs.Clear();
        Assert.That(Chooser((ConvolutionAlgorithm.ImplicitGemm, 1, 1), (ConvolutionAlgorithm.Fft, 10, 1))
            .Choose(Problem, reproducible).Algorithm, Is.EqualTo(ConvolutionAlgorithm.Fft));
        Assert.That(runs, Is.Empty);
    }

    [Test]
    public void ReproducibleNeverTakesFourByFourWinogradByItself()
    {
        ConvolutionChooser chooser = Chooser((ConvolutionAlgorithm.ImplicitGemm, 10, 1), (ConvolutionAlgorithm.Winograd4, 1, 1));
        CompileOptions untuned = new() { Tuning = Compilation.Tuning.Never }, reproducible = untuned with { Reproducible = true };
        var large = ConvolutionProblem.Of(Small with { H = 56, W = 56, C = 64, K = 64 }, ConvolutionPass.Forward);
        Assert.That(chooser.Choose(large, untuned).Algorithm, Is.EqualTo(ConvolutionAlgorithm.Winograd4), "by sizes");
        Assert.That(chooser.Choose(large, reproducible).Algorithm, Is.EqualTo(ConvolutionAlgorithm.ImplicitGemm), "by sizes");
        Assert.That(chooser.Choose(Problem, Tuned).Algorithm, Is.EqualTo(ConvolutionAlgorithm.Winograd4), "measured");
        Assert.That(chooser.Choose(Problem, Tuned with { Reproducible = true }).Algorithm,
            Is.EqualTo(ConvolutionAlgorithm.ImplicitGemm), "as a file says");
        Assert.That(chooser.Choose(Problem, reproducible with { ConvolutionAlgorithm = ConvolutionAlgorithm.Winograd4 }).Algorithm,
            Is.EqualTo(ConvolutionAlgorithm.Winograd4), "asked for by name");
    }

    [Test]
    public void MeasuringPaysFromSomeSecondsOfWorkOn()
    {
        long enough = (CompileOptions.WorkThatPays / Small.MultiplyAdds) + 1;
        CompileOptions options = Tuned with { Tuning = Compilation.Tuning.WhenItPays, ExpectedRuns = enough - 2 };
        ConvolutionChooser chooser = Chooser((ConvolutionAlgorithm.ImplicitGemm, 10, 1), (ConvolutionAlgorithm.Fft, 1, 1));
        chooser.Choose(Problem, options);
        ConvolutionShape large = Small with { N = 100, H = 100, W = 100, C = 100, K = 100 };
        Assert.That((CompileOptions.RunsThatPay - 1) * large.MultiplyAdds, Is.GreaterThan(CompileOptions.WorkThatPays));
        chooser.Choose(
            ConvolutionProblem.Of(large, ConvolutionPass.Forward), options with { ExpectedRuns = CompileOptions.RunsThatPay - 1 });
        Assert.That(runs, Is.Empty);
        chooser.Choose(Problem, options with { ExpectedRuns = enough });
        Assert.That(runs, Is.Not.Empty);
    }

    [Test]
    public void SizesDecideTheSameOnAnyNumberOfThreads()
    {
        using CpuBackend three = new(3);
        ConvolutionAlgorithm[] all = [.. Enum.GetValues<ConvolutionAlgorithm>().Where(algorithm => algorithm != ConvolutionAlgorithm.Auto)];
        foreach (int channels in new[] { 1, 3, 16, 64 })
        {
            foreach (int size in new[] { 1, 3, 5, 7, 11 })
            {
                foreach (ConvolutionPass pass in Enum.GetValues<ConvolutionPass>())
                {
                    ConvolutionShape shape = Small with { N = 4, H = 30, W = 30, C = channels, K = 32, R = size, S = size };
                    ConvolutionCosts costs = ConvolutionCosts.Processor(512);
                    IReadOnlyList<ConvolutionAlgorithm> order = ConvolutionPlanner.Order(shape, pass, costs, all);
                    Assert.That(order, Is.EquivalentTo(all));
                    Assert.That(ConvolutionPlanner.Order(shape with { }, pass, costs, [.. all.Reverse()]), Is.EqualTo(order));
                    ConvolutionProblem problem = ConvolutionProblem.Of(shape, pass);
                    Assert.That(((IConvolutionBackend)three).Convolutions.Choose(problem, new()).Algorithm,
                        Is.EqualTo(((IConvolutionBackend)backend).Convolutions.Choose(problem, new()).Algorithm));
                }
            }
        }
    }

    [Test]
    public void OnADeviceProductsThatAreMostlyWasteGiveWay()
    {
        ConvolutionShape plain = Small with { N = 8, H = 56, W = 56, C = 64, K = 64, R = 3, S = 3 };
        ConvolutionShape[] wasteful = [plain with { Groups = 64 }, plain with { Groups = 32 }, plain with { C = 1, K = 1 }];
        foreach (ConvolutionPass pass in Enum.GetValues<ConvolutionPass>())
        {
            foreach (bool isGpu in new[] { false, true })
            {
                foreach (ConvolutionShape shape in wasteful)
                    Assert.That(Best(shape, pass, isGpu), Is.EqualTo(ConvolutionAlgorithm.Direct), $"{shape}");
            }
            Assert.That(Best(plain, pass, true), Is.EqualTo(ConvolutionAlgorithm.ImplicitGemm));
            Assert.That(
                Best(plain with { R = 1, S = 1 }, pass, true, ConvolutionAlgorithm.Pointwise), Is.EqualTo(ConvolutionAlgorithm.Pointwise));
            Assert.That(Best(plain with { R = 1, S = 1, Groups = 64 }, pass, true, ConvolutionAlgorithm.Pointwise),
                Is.EqualTo(ConvolutionAlgorithm.Direct));
        }

        static ConvolutionAlgorithm Best(ConvolutionShape shape, ConvolutionPass pass, bool isGpu, params ConvolutionAlgorithm[] others) =>
            ConvolutionPlanner.Order(shape, pass, ConvolutionCosts.Accelerator(isGpu),
                [ConvolutionAlgorithm.Direct, ConvolutionAlgorithm.ImplicitGemm, ConvolutionAlgorithm.Winograd2,
                ConvolutionAlgorithm.Winograd4, ConvolutionAlgorithm.Fft, .. others])[0];
    }

    [Test]
    public void OneThatDoesNotApplyGivesWayToImplicitGemm()
    {
        ConvolutionShape strided = Small with { StrideH = 2 };
        ConvolutionChooser chooser = ((IConvolutionBackend)backend).Convolutions;
        foreach (ConvolutionAlgorithm algorithm in new[] { ConvolutionAlgorithm.Winograd2, ConvolutionAlgorithm.Winograd4,
            ConvolutionAlgorithm.Fft, ConvolutionAlgorithm.Pointwise })
            Assert.That(chooser.Choose(ConvolutionProblem.Of(strided, ConvolutionPass.Forward),
                new() { ConvolutionAlgorithm = algorithm }).Algorithm, Is.EqualTo(ConvolutionAlgorithm.ImplicitGemm));
        Assert.That(chooser.Choose(ConvolutionProblem.Of(strided, ConvolutionPass.Forward),
            new() { ConvolutionAlgorithm = ConvolutionAlgorithm.Direct }).Algorithm, Is.EqualTo(ConvolutionAlgorithm.Direct));
    }

    /// <summary>
    /// A chooser of algorithms that take so many milliseconds, or fail if that is negative, and whose results are off by a factor.
    /// </summary>
    private ConvolutionChooser Chooser(params (ConvolutionAlgorithm Algorithm, int Milliseconds, float Factor)[] algorithms) =>
        new(backend, "test", ConvolutionCosts.Processor(512),
            [.. algorithms.Select(entry => new ConvolutionMethod(
            entry.Algorithm, (_, _) => true, problem => new FakeStep(this, problem, entry.Algorithm, entry.Milliseconds, entry.Factor)))])
        {
            Report = reports.Add,
        };

    private sealed class Listener(Action<PreparationProgress> told) : IProgress<PreparationProgress>
    {
        public void Report(PreparationProgress value) => told(value);
    }

    private sealed unsafe class FakeStep(
        ConvolutionChooserTests tests, ConvolutionProblem problem, ConvolutionAlgorithm algorithm, int milliseconds, float factor) : IStep
    {
        private readonly IStep real = ConvolutionAlgorithms.On(Settings.Pools[0])[0].Create(problem);
        private readonly TestMemory scratch =
            TestMemory.Workspace(ConvolutionAlgorithms.On(Settings.Pools[0])[0].Create(problem).WorkspaceBytes);

        public long WorkspaceBytes => 1000;

        public void Run(StepBuffers buffers)
        {
            tests.runs.Add(algorithm);
            tests.ran(tests.runs.Count);
            if (milliseconds < 0) throw new Fovea.Core.DeviceFailureException("out of luck");
            real.Run(new StepBuffers([.. buffers.Inputs], [.. buffers.Outputs],
                new BufferView(null, (long)scratch.Pointer, real.WorkspaceBytes)));
            var output = new Span<float>(buffers.Output(0), (int)(buffers.Outputs[0].Bytes / sizeof(float)));
            output[^1] *= factor;
            Thread.Sleep(milliseconds);
        }
    }
}
