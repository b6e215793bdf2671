using System.Text.Json;
using Fovea.Testing;

namespace Fovea.Cli.Tests;

/// <summary>fovea bench --conv, and the options that choose algorithms.</summary>
internal sealed class ConvolutionBenchTests
{
    [Test]
    public async Task EveryAlgorithmThatAppliesIsMeasured()
    {
        JsonElement json =
            (await CliRun.Run("bench", "--conv", "2,14,13,5,9,3,3,1,1", "--threads", "2", "--seconds", "0.02", "--json")).Json;
        Assert.That(json.Names(), Is.EqualTo(new[] { "device", "threads", "shape", "results" }));
        Assert.That((json.GetProperty("device").GetString(), json.GetProperty("threads").GetInt32()), Is.EqualTo(("cpu", 2)));
        Assert.That(json.GetProperty("shape").GetRawText(), Is.EqualTo(
            """{"input":[2,14,13,5],"filters":[9,3,3,5],"stride":[1,1],"padding":[1,1],"dilation":[1,1],"groups":1}"""));
        JsonElement[] results = [.. json.GetProperty("results").EnumerateArray()];
        foreach (string pass in new[] { "forward", "input-gradient", "weight-gradient" })
        {
            JsonElement[] those = [.. results.Where(result => result.GetProperty("pass").GetString() == pass)];
            Assert.That(those.Select(result => result.GetProperty("algorithm").GetString()),
                Is.EquivalentTo(new[] { "direct", "implicit-gemm", "winograd2", "winograd4", "fft" }));
            Assert.That(those.Count(result => result.GetProperty("chosen").GetBoolean()), Is.EqualTo(1));
        }
        foreach (JsonElement result in results)
        {
            Assert.That(
                result.Names(), Is.EqualTo(new[] { "algorithm", "pass", "median_ms", "gflops", "workspace_bytes", "max_error", "chosen" }));
            // 2 images of 14×13 pixels, 9 filters of 3×3×5.
            double work = result.GetProperty("gflops").GetDouble() * result.GetProperty("median_ms").GetDouble() * 1e6;
            Assert.That(work, Is.EqualTo(2.0 * 2 * 14 * 13 * 9 * 45).Within(1e-6).Percent);
            double limit = result.GetProperty("algorithm")
                .GetString() switch
            { "winograd4" => 1e-4, "winograd2" or "fft" => 1e-5, _ => 5e-6 };
            Assert.That(result.GetProperty("max_error").GetDouble(), Is.Positive.And.LessThan(limit));
            Assert.That(result.GetProperty("workspace_bytes").GetInt64(), Is.Positive);
        }
    }

    [Test]
    public async Task ALimitOfMemoryLeavesAlgorithmsOut()
    {
        CliResult result =
            await CliRun.Run("bench", "--conv", "1,20,20,16,16,7,7,1,3", "--threads", "1", "--seconds", "0.01", "--workspace", "1KB");
        Assert.That(result.Code, Is.Zero, result.Error);
        Assert.That(result.Out, Does.Contain("1×20×20×16 with 16 filters 7×7 padding 3×3: ").And.Contain(
            "implicit-gemm").And.Not.Contain("fft"));
        Assert.That(result.Out.Split('\n').Count(line => line.Contains("chosen", StringComparison.Ordinal)), Is.EqualTo(3));
    }

    [Test]
    public async Task WindowsMayBeRectangularDilatedAndInGroups()
    {
        CliResult result = await CliRun.Run(
            "bench", "--conv", "1,15,16,6,4,1,7,1x2,0x3,1x2,2", "--threads", "1", "--seconds", "0.01");
        Assert.That(result.Code, Is.Zero, result.Error);
        // The width of the output: (16 + 2·3 - (2·6 + 1)) / 2 + 1 = 5.
        Assert.That(result.Out, Does.Contain(
            "1×15×16×6 with 4 filters 1×7 stride 1×2 padding 0×3 dilation 1×2 in 2 groups: 0.000 billion").And.Contain("implicit-gemm"));
        JsonElement json = (await CliRun.Run(
            "bench", "--conv", "1,15,16,6,4,1,7,1x2,0x3,1x2,2", "--threads", "1", "--seconds", "0.01", "--json")).Json;
        Assert.That(json.GetProperty("shape").GetRawText(), Is.EqualTo(
            """{"input":[1,15,16,6],"filters":[4,1,7,3],"stride":[1,2],"padding":[0,3],"dilation":[1,2],"groups":2}"""));
        foreach (JsonElement each in json.GetProperty("results").EnumerateArray())
        {
            double work = each.GetProperty("gflops").GetDouble() * each.GetProperty("median_ms").GetDouble() * 1e6;
            Assert.That(work, Is.EqualTo(2.0 * 15 * 5 * 4 * 7 * 3).Within(1e-6).Percent);
        }
    }

    [Test]
    public async Task TuningIsRememberedInTheFileThatIsNamed()
    {
        using var folder = new TempFolder();
        string file = folder["choices.json"];
        string[] line = ["bench", "--conv", "1,12,12,4,8,3,3,1,1", "--threads", "1", "--seconds", "0.01", "--choices", file, "--json"];
        string[] Chosen(JsonElement json) =>
            [.. json.GetProperty("results").EnumerateArray().Where(result => result.GetProperty("chosen").GetBoolean())
            .Select(result => result.GetProperty("algorithm").GetString()!)];
        string[] tuned = Chosen((await CliRun.Run([.. line, "--tune"])).Json);
        Dictionary<string, string> written = JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllText(file))!;
        Assert.That(written.Values, Is.EqualTo(tuned));
        Remember("winograd2");
        Assert.That(
            Chosen((await CliRun.Run([.. line, "--reproducible"])).Json), Is.EqualTo(new[] { "winograd2", "winograd2", "winograd2" }));
        // Where numbers of very different sizes meet, F(4×4) is not accurate enough to be taken unasked.
        Remember("winograd4");
        Assert.That(Chosen((await CliRun.Run([.. line, "--reproducible"])).Json), Has.Length.EqualTo(3).And.None.EqualTo("winograd4"));
        Assert.That(Chosen((await CliRun.Run(line)).Json), Is.EqualTo(new[] { "winograd4", "winograd4", "winograd4" }));

        void Remember(string algorithm)
        {
            foreach (string key in written.Keys) written[key] = algorithm;
            File.WriteAllText(file, JsonSerializer.Serialize(written));
        }
    }

    [Test]
    public async Task TrainingTakesTheAlgorithmAndResumesWithIt()
    {
        using var folder = new TempFolder();
        CliResult one = await CliRun.Train(folder["a"], "--conv-algorithm", "fft", "--workspace", "64MB", "--reproducible");
        Assert.That(one.Code, Is.Zero, one.Error);
        string settings = File.ReadAllText(Path.Combine(folder["a"], "run.json"));
        Assert.That(settings, Does.Contain("\"conv_algorithm\": \"fft\"").And.Contain("\"workspace\": \"64MB\"").And.Contain(
            "\"reproducible\": true"));
        CliResult other = await CliRun.Train(folder["b"], "--conv-algorithm", "implicit-gemm");
        Assert.That(other.Code, Is.Zero, other.Error);
        Assert.That(CliRun.Hash(folder["a"]), Is.Not.EqualTo(CliRun.Hash(folder["b"])), "other rounding, and so another algorithm");
        CliResult eval = await CliRun.Run("eval", folder["a"], "--test-count", "20", "--threads", "1", "--conv-algorithm", "direct");
        Assert.That(eval.Code, Is.Zero, eval.Error);
    }
}
