using System.Text.Json;
using Fovea.Files;
using Fovea.Testing;

namespace Fovea.Cli.Tests;

/// <summary>Commands that report: devices, summary, bench, selftest, data.</summary>
[TestFixture]
internal sealed class ReportTests : FolderTests
{
    [Test]
    public async Task DevicesListTheCpu()
    {
        JsonElement json = (await CliRun.Run("devices", "--json")).Json;
        JsonElement cpu = json.GetProperty("devices").EnumerateArray().Single(device => device.GetProperty("name").GetString() == "cpu");
        Assert.That(cpu.Names(), Is.EqualTo(new[] { "name", "description", "memory_bytes", "units" }));
        Assert.That(cpu.GetProperty("units").GetInt32(), Is.EqualTo(Environment.ProcessorCount));
        Assert.That((await CliRun.Run("devices")).Out, Does.Match(@"device +memory +units +what it is\n─.*\ncpu +[\d.]+ GiB"));
    }

    [Test]
    public async Task SummaryHasEveryLayerAndTheTotals()
    {
        JsonElement json = (await CliRun.Run("summary", "alexnet", "--json")).Json;
        Assert.That(json.Names(), Is.EqualTo(new[] { "model", "classes", "input", "layers", "parameters", "multiply_adds" }));
        JsonElement[] layers = [.. json.GetProperty("layers").EnumerateArray()];
        Assert.Multiple(() =>
        {
            Assert.That(json.GetProperty("parameters").GetInt64(), Is.EqualTo(62_378_344));
            Assert.That(json.GetProperty("classes").GetInt32(), Is.EqualTo(1000));
            Assert.That(json.GetProperty("input").EnumerateArray().Select(size => size.GetInt32()), Is.EqualTo(new[] { 227, 227, 3 }));
            Assert.That(layers[0].Names(), Is.EqualTo(new[] { "layer", "kind", "output", "parameters", "multiply_adds", "details" }));
            Assert.That(layers[0].GetProperty("details").GetString(), Is.EqualTo("11×11 stride 4×4"));
            Assert.That(layers[0].GetProperty("layer").GetString(), Is.EqualTo("features.0"));
            Assert.That(layers[0].GetProperty("output").EnumerateArray().Select(size => size.GetInt32()), Is.EqualTo(new[] { 55, 55, 96 }));
            // 11·11·3 weights and a bias a filter; each of 55·55·96 outputs takes 11·11·3 multiply-adds.
            Assert.That(layers[0].GetProperty("parameters").GetInt64(), Is.EqualTo(96 * ((11 * 11 * 3) + 1)));
            Assert.That(layers[0].GetProperty("multiply_adds").GetInt64(), Is.EqualTo(55L * 55 * 96 * 11 * 11 * 3));
            Assert.That(layers.Sum(layer => layer.GetProperty("parameters").GetInt64()), Is.EqualTo(62_378_344));
        });
        CliResult small = await CliRun.Run("summary", "LeNet5", "--classes", "4", "--input", "28x28x3");
        Assert.That(small.Out, Does.Contain("input 28×28×3, 4 classes").And.Match(@"conv1 +Conv2d +5×5 +24×24×6 +456 +259,200\n").And.Match(
            @"total +[\d,]+ +[\d,]+\n$"));
    }

    [Test]
    public async Task BenchHasTheDocumentedShape()
    {
        JsonElement json = (await CliRun.Run("bench", "lenet5", "--batch", "2", "--threads", "2", "--seconds", "0.05", "--json")).Json;
        Assert.That(json.Names(), Is.EqualTo(new[] { "device", "threads", "results" }));
        Assert.That((json.GetProperty("device").GetString(), json.GetProperty("threads").GetInt32()), Is.EqualTo(("cpu", 2)));
        JsonElement[] results = [.. json.GetProperty("results").EnumerateArray()];
        Assert.That(results.Select(result => result.GetProperty("mode").GetString()), Is.EqualTo(new[] { "train", "infer" }));
        foreach (JsonElement result in results)
        {
            Assert.That(result.Names(), Is.EqualTo(new[] { "model", "mode", "batch", "median_ms", "min_ms", "images_per_second", "gflops",
                "peak_bytes" }));
            double median = result.GetProperty("median_ms").GetDouble();
            Assert.That(result.GetProperty("min_ms").GetDouble(), Is.Positive.And.LessThanOrEqualTo(median));
            Assert.That(result.GetProperty("images_per_second").GetDouble(), Is.EqualTo(2000 / median).Within(1e-6).Percent);
            Assert.That(result.GetProperty("peak_bytes").GetInt64(), Is.GreaterThan(4 * 61_706));
        }
        // 416,520 multiply-adds an image forward; three times that for a step, but for the input's own gradient (conv1: 117,600).
        double Work(int i) => results[i].GetProperty("gflops").GetDouble() * results[i].GetProperty("median_ms").GetDouble() * 1e6 / 2 / 2;
        Assert.That(Work(1), Is.EqualTo(416_520).Within(1e-6).Percent);
        Assert.That(Work(0), Is.EqualTo((3 * 416_520) - 117_600).Within(1e-6).Percent);
    }

    [Test]
    public async Task GemmIsComparedWithThePeakOfTheSameRun()
    {
        JsonElement json = (await CliRun.Run("bench", "--gemm", "256,192,128", "--threads", "2", "--seconds", "0.1", "--json")).Json;
        Assert.That(json.Names(), Is.EqualTo(new[] { "device", "threads", "m", "n", "k", "results" }));
        JsonElement[] results = [.. json.GetProperty("results").EnumerateArray()];
        Assert.That(results.Select(result => result.GetProperty("threads").GetInt32()), Is.EqualTo(new[] { 1, 2 }));
        foreach (JsonElement result in results)
        {
            Assert.That(result.Names(), Is.EqualTo(new[] { "threads", "median_ms", "min_ms", "gflops", "peak_gflops", "percent_of_peak" }));
            double gflops = result.GetProperty("gflops").GetDouble();
            Assert.That(gflops, Is.EqualTo(2e-6 * 256 * 192 * 128 / result.GetProperty("median_ms").GetDouble()).Within(1e-6).Percent);
            Assert.That(result.GetProperty("percent_of_peak").GetDouble(),
                Is.EqualTo(100 * gflops / result.GetProperty("peak_gflops").GetDouble()).Within(1e-6).Percent);
            // No machine does less than a multiply-add a nanosecond with its vectors.
            Assert.That(result.GetProperty("peak_gflops").GetDouble(), Is.GreaterThan(2));
        }
    }

    [Test]
    public async Task SelfTestReportsEveryCaseOfAFolder()
    {
        string reference = SharedFiles.Require("reference");
        JsonElement json = (await CliRun.Run("selftest", "--reference", reference, "--json")).Json;
        Assert.That(json.Names(), Is.EqualTo(new[] { "device", "passed", "failed", "unsupported", "cases" }));
        JsonElement[] cases = [.. json.GetProperty("cases").EnumerateArray()];
        Assert.That(cases, Has.Length.EqualTo(Directory.GetFiles(reference, "*.safetensors").Length));
        Assert.That(json.GetProperty("passed").GetInt32() + json.GetProperty("unsupported").GetInt32(), Is.EqualTo(cases.Length));
        foreach (JsonElement one in cases)
        {
            Assert.That(one.Names(), Is.EqualTo(new[] { "case", "op", "status", "max_error", "tolerance" }));
            Assert.That(one.GetProperty("status").GetString(), Is.AnyOf("pass", "unsupported"));
        }
    }

    [Test]
    public async Task SelfTestNeedsNoFolder()
    {
        CliResult result = await CliRun.Run("selftest");
        Assert.That(result.Code, Is.Zero);
        Assert.That(result.Out, Does.Match(@"\b[1-9]\d* passed, 0 failed, 0 unsupported"));
    }

    [Test]
    public async Task SelfTestFailsOnAWrongResult()
    {
        // The rectifier of 1 is 1, not 0.25 as the case says.
        var metadata = new Dictionary<string, string>
        {
            ["case"] = "wrong",
            ["op"] = "relu",
            ["attributes"] = "{}",
            ["inputs"] = "[\"input\"]",
            ["outputs"] = "[\"output\"]",
        };
        using (var writer = new SafetensorsWriter(Folder["wrong.safetensors"],
            [new("input", SafetensorsDType.F32, [2]), new("output", SafetensorsDType.F32, [2])], metadata))
        {
            writer.Write("input", (ReadOnlySpan<float>)[1, -1]);
            writer.Write("output", (ReadOnlySpan<float>)[0.25f, 0]);
            writer.Commit();
        }
        CliResult result = await CliRun.Run("selftest", "--reference", Folder.Path);
        Assert.That(result.Code, Is.EqualTo(1));
        Assert.That(result.Out, Does.Match(@"fail +wrong +error 7\.5e-01").And.Contain("0 passed, 1 failed, 0 unsupported"));
    }
}
