using Fovea.Core;
using Fovea.Gpu.Product;
using Fovea.Ops;
using Fovea.Testing;

namespace Fovea.Gpu.Tests;

/// <summary>Measuring tiles, and what is remembered of it.</summary>
internal sealed class TileTunerTests
{
    private static readonly float[] Right = [1, 2, 3];

    private readonly List<string> reports = [];
    private TempFolder folder = null!;

    [SetUp]
    public void Open()
    {
        folder = new TempFolder();
        reports.Clear();
    }

    [TearDown]
    public void Close() => folder.Dispose();

    [Test]
    public void TheFastestRightCandidateIsRemembered()
    {
        var measured = new List<string>();
        Measurement Measure(string name)
        {
            measured.Add(name);
            return name switch
            {
                "wrong" => new([1, 2, 3.0000002f], 0.1),
                "short" => new([1, 2], 0.1),
                "broken" => throw new DeviceFailureException("out of registers"),
                "fast" => new(Right, 0.5),
                _ => new(Right, 1),
            };
        }
        string[] candidates = ["wrong", "reference", "fast", "short", "broken", "slow"];
        Assert.That(Tuner().Choose("k", candidates, "reference", Measure), Is.EqualTo("fast"));
        Assert.That(measured, Is.EquivalentTo(candidates));
        Assert.That(reports, Has.Count.EqualTo(3));
        Assert.That(reports, Has.Some.Contains("wrong").And.Contains("element 2"));
        Assert.That(reports, Has.Some.Contains("broken").And.Contains("out of registers"));

        measured.Clear();
        Assert.That(Tuner().Choose("k", candidates, "reference", Measure), Is.EqualTo("fast"), "another process");
        Assert.That(measured, Is.Empty);
        Assert.That(Tuner().Choose("k", ["reference", "slow"], "reference", Measure), Is.EqualTo("reference").Or.EqualTo("slow"),
            "the remembered one is gone");
        Assert.That(measured, Is.EqualTo(new[] { "reference", "slow" }));
    }

    [TestCase("")]
    [TestCase("{\"k\": \"fast\"")]
    [TestCase("[1, 2]")]
    [TestCase("null")]
    [TestCase("{\"k\": 3}")]
    [TestCase("{\"k\": null}")]
    public void ADamagedFileIsMeasuredAnew(string content)
    {
        string choice = Tuner().Choose("k", ["reference", "fast"], "reference", Measure);
        Assert.That(folder.Names(), Is.EqualTo(new[] { "tuning-some-device-1-0.json" }));
        File.WriteAllText(folder[folder.Names()[0]], content);
        int runs = 0;
        Assert.That(
            Tuner().Choose("k", ["reference", "fast"], "reference", name => ++runs > 0 ? Measure(name) : default), Is.EqualTo(choice));
        Assert.That(runs, Is.EqualTo(2));
        Assert.That(Tuner().Choose("k", ["reference", "fast"], "reference", _ => throw new InvalidOperationException("It is in the file.")),
            Is.EqualTo(choice));
    }

    [Test]
    public void AFolderThatCannotBeWrittenIsReported()
    {
        var tuner = new TileTuner("device", Path.Combine(folder.Write("file", []), "below"), reports.Add);
        Assert.That(tuner.Choose("k", ["reference", "fast"], "reference", Measure), Is.EqualTo("fast"));
        Assert.That(reports, Has.Count.EqualTo(1));
        Assert.That(tuner.Choose("k", ["fast", "reference"], "reference", _ => throw new InvalidOperationException("It is known.")),
            Is.EqualTo("fast"));
    }

    [Test]
    public void ATileThatComputesWrongNumbersIsNeverChosen()
    {
        using WatchedDevice device = TestDevices.Open("debug");
        TileInfo broken = TileInfo.Of<BrokenTile>() with { Name = "broken" };
        TensorSpec[] inputs = [new(new Shape(20, 24)), new(new Shape(24, 12))];
        var op = new MatrixProductOp(false, false);
        float[] expected = StepRun.Check(StepRun.Context(device), op, inputs);
        Assert.That(StepRun.Run(StepRun.Context(device, broken), op, inputs, Inputs()), Is.Not.EqualTo(expected), "the tile is not broken");

        // The whole way, and again with what was remembered.
        for (int round = 0; round < 2; round++)
        {
            var context = new GpuContext(device) { Tiles = new(device.Info) { All = [broken, TileInfo.Smallest] }, Tuner = Tuner() };
            Assert.That(StepRun.Check(context, op, inputs), Is.EqualTo(expected));
        }
        Assert.That(reports, Has.Count.EqualTo(1));
        Assert.That(reports[0], Does.Contain("broken computes wrong numbers for MatrixProduct"));

        float[][] Inputs() => [.. inputs.Select((input, i) => StepRun.Normals(input.Shape.Count, (ulong)i))];
    }

    [Test]
    public void SizesOfOneBucketShareAChoice()
    {
        Assert.That(TileTuner.Bucket(new(65, 100, 1000, 3)), Is.EqualTo(TileTuner.Bucket(new(128, 128, 513, 4))));
        Assert.That(TileTuner.Bucket(new(64, 128, 1024)), Is.Not.EqualTo(TileTuner.Bucket(new(65, 128, 1024))));
    }

    private TileTuner Tuner() => new("some device 1.0", Path.GetDirectoryName(folder["x"])!, reports.Add);

    private static Measurement Measure(string name) => new(Right, name == "fast" ? 1 : 2);

    /// <summary>Its threads do not divide its quads evenly, so some are never fetched.</summary>
    private readonly struct BrokenTile : ITile
    {
        public static int Rows => 16;

        public static int Columns => 16;

        public static int Depth => 12;

        public static int ThreadRows => 4;

        public static int ThreadColumns => 4;
    }
}
