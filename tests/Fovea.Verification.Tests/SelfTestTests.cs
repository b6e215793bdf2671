using Fovea.Files;
using Fovea.Graph;
using Fovea.Ops;
using Fovea.Testing;

namespace Fovea.Verification.Tests;

internal sealed class SelfTestTests
{
    private Device device = null!;

    [OneTimeSetUp]
    public void OpenDevice() => device = Device.Open("cpu", threads: 2);

    [OneTimeTearDown]
    public void CloseDevice() => device.Dispose();

    [Test]
    public void ItNamesEachCaseAndEndsBetweenTwo()
    {
        using var source = new CancellationTokenSource();
        var names = new List<string>();
        var listener = new Listener(name =>
        {
            names.Add(name);
            if (names.Count == 3) source.Cancel();
        });
        var results = new List<SelfTestResult>();
        Assert.That(() =>
        {
            foreach (SelfTestResult result in SelfTest.RunBuiltIn(device, listener, source.Token)) results.Add(result);
        }, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(results.Select(result => result.Case), Is.EqualTo(names.Take(2)));
    }

    private sealed class Listener(Action<string> told) : IProgress<string>
    {
        public void Report(string value) => told(value);
    }

    // One element of one result is wrong by twice what is allowed, or is no number, at either end of the tensor.
    [TestCase("conv2d_3x3_p1", "output", 0, 2f)]
    [TestCase("conv2d_3x3_p1", "grad_weight", -1, 2f)]
    [TestCase("softmax_cross_entropy_mean", "grad_input", 7, -2f)]
    [TestCase("optim_adam_default", "param_after2", 3, 2f)]
    [TestCase("net_lenet5_small", "grad_conv1_bias", 1, 2f)]
    [TestCase("relu", "output", 0, float.NaN)]
    [TestCase("relu", "grad_input", -1, float.NaN)]
    public void AWrongExpectationFails(string name, string tensor, int at, float tolerances)
    {
        string path = Path.Combine(SharedFiles.Require("reference"), $"{name}.safetensors");
        float tolerance = ReferenceCase.Load(path).Tolerance(tensor);
        using var folder = new TempFolder();
        string changed = folder["changed.safetensors"];
        using (SafetensorsFile file = SafetensorsFile.Open(path))
        using (var writer = new SafetensorsWriter(changed, file.Tensors.Select(
            t => new SafetensorsEntry(t.Name, t.DType, t.Shape.AsSpan())), file.Metadata))
        {
            foreach (SafetensorsTensor source in file.Tensors)
            {
                if (source.DType == SafetensorsDType.I64)
                {
                    writer.Write(source.Name, source.ReadInt64s());
                    continue;
                }
                float[] values = source.ReadFloats();
                if (source.Name == tensor) values[at < 0 ? values.Length + at : at] += tolerances * tolerance;
                writer.Write(source.Name, values);
            }
            writer.Commit();
        }
        SelfTestResult result = SelfTest.Run(device, ReferenceCase.Load(changed));
        Assert.That((result.Status, result.Detail), Is.EqualTo((SelfTestStatus.Fail, tensor)));
    }

    [Test]
    public void EveryBuiltInCasePasses()
    {
        SelfTestResult[] results = [.. SelfTest.RunBuiltIn(device)];
        Assert.That(results, Has.Length.GreaterThan(25));
        Assert.That(results.Select(result => result.Case), Is.Unique);
        Assert.That(results.Where(result => result.Status != SelfTestStatus.Pass), Is.Empty);
        Assert.That(
            results.Count(result => result.MaxError > 0), Is.GreaterThan(20), "float32 that is never off by anything was not compared");
    }

    [Test]
    public void BuiltInCasesCoverEveryOperation()
    {
        IEnumerable<Type> covered = BuiltInCases.All.SelectMany(source => GraphRun.Of(source).Graph.Nodes)
            .Select(node => node.Op.GetType());
        IEnumerable<Type> known = typeof(Op).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Op)));
        Assert.That(known.Except(covered), Is.EquivalentTo(new[] { typeof(UpdateGroupOp) }), "what only a pass makes has tests of its own");
    }

    [TestCase(0f, SelfTestStatus.Pass)]
    [TestCase(1f, SelfTestStatus.Pass)]
    [TestCase(1.01f, SelfTestStatus.Fail)]
    [TestCase(float.NaN, SelfTestStatus.Fail)]
    [TestCase(float.PositiveInfinity, SelfTestStatus.Fail)]
    public void TheVerdictFollowsTheTolerance(float wrongBy, SelfTestStatus expected)
    {
        foreach (int at in new[] { 0, 1, 2 })
        {
            float[] actual = [3, 0.5f, -4];
            actual[at] += wrongBy;
            SelfTestResult result =
                SelfTest.Judge("case", "op", [("good", [1], [1], 0), ("tried", actual, [3, 0.5, -4], 1.001), ("also good", [2], [2], 1)]);
            Assert.That(result.Status, Is.EqualTo(expected));
        }
    }

    [Test]
    public void MissingAndShortResultsFail()
    {
        Assert.That(SelfTest.Judge("case", "op", [("y", null, [1], 1)]).Status, Is.EqualTo(SelfTestStatus.Fail));
        Assert.That(SelfTest.Judge("case", "op", [("y", [1], [1, 1], 1)]).Status, Is.EqualTo(SelfTestStatus.Fail));
        Assert.That(SelfTest.Judge("case", "op", []).Status, Is.EqualTo(SelfTestStatus.Fail));
    }

    [Test]
    public void AnOperationThatADeviceLacksIsUnsupported()
    {
        SelfTestResult result = SelfTest.Run(device, new GraphCase(
            "foreign", r => r.Graph.Add(new Foreign(), r.Input(2)))
        { Differentiable = false }, [[0.0, 0.0]]);
        Assert.That((result.Status, result.Op), Is.EqualTo((SelfTestStatus.Unsupported, nameof(Foreign))));
    }

    [Test]
    public void AFolderWithoutCasesIsAnError()
    {
        using var folder = new TempFolder();
        Assert.That(() => SelfTest.RunFolder(device, folder.Path).ToArray(), Throws.InstanceOf<FileNotFoundException>());
        Assert.That(() => SelfTest.RunFolder(device, folder["none"]).ToArray(), Throws.InstanceOf<DirectoryNotFoundException>());
    }

    private sealed record Foreign : Op
    {
        public override IReadOnlyList<TensorSpec> Infer(IReadOnlyList<TensorSpec> inputs) => inputs;
    }
}
