using System.Text.Json;
using Fovea.Cli.Output;
using Fovea.Cli.Runs;
using Fovea.Files;
using Fovea.Testing;

namespace Fovea.Cli.Tests;

[TestFixture]
internal sealed class TrainTests : FolderTests
{
    private static readonly string[] EpochFields = ["epoch", "train_loss", "train_accuracy", "test_loss", "test_accuracy", "seconds"];

    [Test]
    public async Task JsonHasTheDocumentedShape()
    {
        JsonElement json = (await CliRun.Train(Folder["run"], "--json")).Json;
        Assert.That(json.Names(), Is.EqualTo(new[] { "model", "data", "device", "epochs", "test_accuracy", "seconds", "parameters",
            "peak_bytes", "run" }));
        Assert.Multiple(() =>
        {
            Assert.That(json.GetProperty("model").GetString(), Is.EqualTo("lenet5"));
            Assert.That(json.GetProperty("data").GetString(), Is.EqualTo("digits"));
            Assert.That(json.GetProperty("device").GetString(), Is.EqualTo("cpu"));
            Assert.That(json.GetProperty("parameters").GetInt64(), Is.EqualTo(61_706));
            // Parameters and momentum at least.
            Assert.That(json.GetProperty("peak_bytes").GetInt64(), Is.GreaterThan(2 * 4 * 61_706));
            Assert.That(json.GetProperty("seconds").GetDouble(), Is.Positive);
            Assert.That(json.GetProperty("run").GetString(), Is.EqualTo(Folder["run"]));
        });
        JsonElement[] epochs = [.. json.GetProperty("epochs").EnumerateArray()];
        Assert.That(epochs.Select(epoch => epoch.GetProperty("epoch").GetInt32()), Is.EqualTo(new[] { 1, 2 }));
        foreach (JsonElement epoch in epochs) Assert.That(epoch.Names(), Is.EqualTo(EpochFields));
        Assert.That(json.GetProperty("test_accuracy").GetDouble(),
            Is.EqualTo(epochs[1].GetProperty("test_accuracy").GetDouble()).And.InRange(0, 1));
    }

    [Test]
    public async Task FolderHoldsWeightsCheckpointMetricsAndSettings()
    {
        CliResult result = await CliRun.Train(Folder["run"], "--seed", "3", "--augment", "shift:2", "--warmup", "2", "--label-smoothing",
            "0.1", "--optimizer", "adam", "--lr", "0.002");
        Assert.That(result.Code, Is.Zero, result.Error);
        Assert.That(Directory.GetFiles(Folder["run"]).Select(Path.GetFileName),
            Is.EquivalentTo(new[] { "weights.safetensors", "checkpoint.safetensors", "metrics.jsonl", "run.json" }));

        using (SafetensorsFile weights = SafetensorsFile.Open(Path.Combine(Folder["run"], "weights.safetensors")))
        {
            Assert.That(weights.Names, Does.Contain("conv1.weight").And.Contain("fc3.bias"));
            Assert.That(weights.Metadata["fovea.model"], Is.EqualTo("lenet5"));
            Assert.That(weights.Metadata, Contains.Key("fovea.class_names").And.ContainKey("fovea.mean").And.ContainKey(
                "fovea.standard_deviation"));
        }
        string[] lines = File.ReadAllLines(Path.Combine(Folder["run"], "metrics.jsonl"));
        Assert.That(lines, Has.Length.EqualTo(2));
        foreach (string line in lines) Assert.That(JsonDocument.Parse(line).RootElement.Names(), Is.EqualTo(EpochFields));

        JsonElement settings = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder["run"], "run.json"))).RootElement;
        Assert.Multiple(() =>
        {
            Assert.That(settings.GetProperty("model").GetString(), Is.EqualTo("lenet5"));
            Assert.That(settings.GetProperty("optimizer").GetString(), Is.EqualTo("adam"));
            Assert.That(settings.GetProperty("lr").GetSingle(), Is.EqualTo(0.002f));
            Assert.That(settings.GetProperty("augment").GetString(), Is.EqualTo("shift:2"));
            Assert.That(settings.GetProperty("warmup").GetInt32(), Is.EqualTo(2));
            Assert.That(settings.GetProperty("label_smoothing").GetSingle(), Is.EqualTo(0.1f));
            Assert.That(settings.GetProperty("seed").GetInt32(), Is.EqualTo(3));
            Assert.That(settings.GetProperty("batch_size").GetInt32(), Is.EqualTo(16));
            Assert.That(settings.GetProperty("schedule").GetString(), Is.EqualTo("cosine"));
            Assert.That(settings.GetProperty("input").GetString(), Is.EqualTo("32x32x1"));
        });
    }

    [Test]
    public async Task TellsWhatItDoesOnStandardError()
    {
        CliResult result = await CliRun.Train(Folder["run"]);
        Assert.That(result.Error, Does.Contain("digits 28×28×1 → 32×32×1, padded with black"));
        // 61,706 floats, once as parameters and once as momentum.
        Assert.That(result.Error, Does.Match(@"memory: parameters 241\.0 KiB, optimizer 241\.0 KiB, activations \d"));
        Assert.That(result.Error, Does.Contain("epoch 1  train loss").And.Contain("epoch 2  train loss"));
        Assert.That(
            result.Out,
            Does.Match(@"^lenet5 on digits: test accuracy 0\.\d{4} after 8 steps in [\d.]+ s; weights and checkpoint are in \S+\n$"));
    }

    [Test]
    public async Task WithoutATestNothingIsSaidOfOne()
    {
        CliResult result = await CliRun.Run("train", "lenet5", "--test-count", "0", "--train-count", "20", "--batch-size", "16", "--epochs",
            "1", "--threads", "3", "--out", Folder["run"]);
        Assert.That(result.Code, Is.Zero, result.Error);
        Assert.That(result.Error, Does.Not.Contain("test").And.Not.Contain("NaN"));
        Assert.That(result.Error, Does.Contain("vectors, 3 threads)").And.Contain(
            "each epoch leaves out 4 of 20 examples, which do not fill a batch of 16"));
        Assert.That(result.Out, Does.Match(@"^lenet5 on digits: 1 steps in [\d.]+ s; weights and checkpoint are in \S+\n$"));
    }

    [Test]
    public async Task TerminalOf80ColumnsBreaksBetweenWords()
    {
        (CliResult result, string text) = await CliRun.OnTerminal(80, "train", "lenet5", "--test-count", "0", "--train-count", "20",
            "--batch-size", "1000", "--epochs", "1", "--out", Folder["run"]);
        Assert.That(result.Code, Is.Zero, result.Error);
        Assert.That(text, Does.Contain("the batch size is 20, all examples that there are, and not 1,000: an epoch is a\nsingle step"));
        Assert.That(text, Does.Contain("epoch  train loss  accuracy     time\n"), "no columns of a test that is not made");
        Assert.That(text, Does.Not.Contain("testing"));
        Assert.That(result.Out.Split('\n').Where(line => line.Contains(' ')).Select(line => line.Length), Has.All.LessThanOrEqualTo(80));
        Assert.That(result.Out.ReplaceLineEndings(" "), Does.Contain("weights and checkpoint are in"));
    }

    [Test]
    public void ATableGoesOnInTheNextLineWhereTheTerminalEnds()
    {
        var table = new TextTable("device", ">units", "what it is");
        table.Add("cpu", "2", "two cores and vectors of many bits each");
        using var wide = new StringWriter { NewLine = "\n" };
        using var narrow = new StringWriter { NewLine = "\n" };
        table.Write(wide);
        table.Write(narrow, 40);
        Assert.That(wide.ToString(), Does.EndWith("cpu         2  two cores and vectors of many bits each\n"));
        Assert.That(narrow.ToString(), Does.EndWith("cpu         2  two cores and vectors of\n               many bits each\n"));
        Assert.That(narrow.ToString().Split('\n').Select(line => line.Length), Has.All.LessThanOrEqualTo(40));
    }

    [TestCase("a b c", 3, "a b|c")]
    [TestCase("  indented text", 12, "  indented|text")]
    [TestCase("in /a/long/path then", 6, "in|/a/long/path|then")]
    [TestCase("short", 80, "short")]
    [TestCase("", 80, "")]
    public void WordsStayWhole(string text, int width, string expected) =>
        Assert.That(string.Join('|', WordWrap.Lines(text, width)), Is.EqualTo(expected));

    [Test]
    public async Task TerminalKeepsALineAnEpochBesideTheOneThatMoves()
    {
        using var terminal = new TestTerminal(120);
        CliResult result = await CliRun.Run(["train", "lenet5", .. CliRun.Short, "--out", Folder["run"]], CancellationToken.None,
            host => new Host(host.Out, host.Error) { Live = new LiveLine(terminal.Console), Patience = Timeout.InfiniteTimeSpan });
        Assert.That(result.Code, Is.Zero, result.Error);
        Assert.That(terminal.Written, Does.Match(@"\x1b\[K +1/2 +\d\.\d{4} .* s\n").And.Match(@"\x1b\[K +2/2 +\d\.\d{4} .* s\n"));
        Assert.That(
            terminal.Written, Does.Match(@"\r\x1b\[Kepoch 2/2 testing…\r\x1b\[K"), "the moving line is taken away before the next");
        Assert.That(terminal.Written, Does.Contain("\e[?25l").And.EndWith("\e[?25h"), "the cursor comes back");
    }

    [TestCase("sgd", 0.02, 5e-4)]
    [TestCase("lion", 0.0002, 0)]
    [TestCase("adamw", 0.001, 0.01)]
    [TestCase("nadam", 0.001, 0)]
    [TestCase("adagrad", 0.004, 0)]
    public async Task OptimizersTakeTheirShareOfTheLearningRate(string optimizer, double rate, double decay)
    {
        CliResult result =
            await CliRun.Run(["train", "lenet5", .. CliRun.Short, "--optimizer", optimizer, "--out", Folder["run"], "--json"]);
        double[] losses =
            [.. result.Json.GetProperty("epochs").EnumerateArray().Select(epoch => epoch.GetProperty("train_loss").GetDouble())];
        Assert.That(losses[1], Is.LessThan(losses[0]));
        using JsonDocument settings = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder["run"], "run.json")));
        Assert.That(settings.RootElement.GetProperty("lr").GetDouble(), Is.EqualTo(rate).Within(1e-3).Percent);
        Assert.That(settings.RootElement.GetProperty("weight_decay").GetDouble(), Is.EqualTo(decay).Within(1e-3).Percent);
    }

    [TestCase("alexnet", "67x67x3", "adam", 0.0001)]
    [TestCase("vgg11", "32x32x3", "adam", 0.0001)]
    [TestCase("alexnet-grouped", "67x67x3", "momentum", 0.002)]
    public async Task LargeNetworksTrain(string model, string input, string optimizer, double rate)
    {
        string[] chosen = optimizer == "adam" ? [] : ["--optimizer", optimizer];
        CliResult result =
            await CliRun.Run(["train", model, "--input", input, "--batch-size", "2", "--train-count", "4", "--test-count", "2",
            "--epochs", "1", "--max-steps", "1", "--out", Folder["run"], "--json", .. chosen]);
        Assert.That(result.Json.GetProperty("epochs")[0].GetProperty("train_loss").GetDouble(), Is.InRange(1, 5));
        using JsonDocument settings = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder["run"], "run.json")));
        Assert.That(settings.RootElement.GetProperty("optimizer").GetString(), Is.EqualTo(optimizer));
        Assert.That(settings.RootElement.GetProperty("lr").GetDouble(), Is.EqualTo(rate).Within(1).Percent);
    }

    [TestCase("32x32x3", "padded with black, grey to colour")]
    [TestCase("48x48x1", "resized")]
    public async Task NamesOtherInputSizes(string input, string expected)
    {
        CliResult result = await CliRun.Train(Folder["run"], "--input", input, "--max-steps", "1");
        Assert.That(result.Error, Does.Contain($"digits 28×28×1 → {input.Replace('x', '×')}, {expected}\n"));
    }

    [Test]
    public async Task ANewTrainingTakesTheNextFreeNameAndLeavesTheEarlierOnes()
    {
        await CliRun.Train(Folder["run"], "--max-steps", "1");
        string first = CliRun.Hash(Folder["run"]);
        CliResult second = await CliRun.Train(Folder["run"], "--max-steps", "1", "--seed", "1", "--json");
        Assert.That(second.Json.GetProperty("run").GetString(), Is.EqualTo(Folder["run.2"]));
        Assert.That(second.Error, Does.Contain($"{Folder["run"]} holds an earlier training; this one goes to {Folder["run.2"]}\n"));
        Assert.That(CliRun.Hash(Folder["run"]), Is.EqualTo(first));
        Assert.That(CliRun.Hash(Folder["run.2"]), Is.Not.EqualTo(first));
        // A try that fails is one of those too; a folder of something else is none of them.
        Directory.CreateDirectory(Folder["run.3"]);
        await CliRun.Train(Folder["run"] + "/", "--optimizer", "sgd", "--lr", "1e20");
        Assert.That(CliRun.Hash(Folder["run"]), Is.EqualTo(first));
        Assert.That(File.Exists(Path.Combine(Folder["run.4"], "run.json")));
        Assert.That(Directory.GetFileSystemEntries(Folder["run.3"]), Is.Empty);
    }

    [Test]
    public void WithoutANameTheTrainingThatWasAtWorkLastGoesOn()
    {
        string place = Folder["runs/lenet5-digits"];
        DateTime now = DateTime.UtcNow;
        foreach ((string name, int minutes) in new[] { (place, 3), ($"{place}.2", 1), ($"{place}.3", 2) })
        {
            var run = new RunFolder(name);
            Assert.That(RunFolder.Latest(place).Path, Is.EqualTo(minutes == 2 ? $"{place}.2" : place));
            Directory.CreateDirectory(name);
            File.WriteAllText(run.Checkpoint, "");
            File.SetLastWriteTimeUtc(run.Checkpoint, now.AddMinutes(-minutes));
        }
        Assert.That(RunFolder.Latest(place).Path, Is.EqualTo($"{place}.2"));
        Assert.That(RunFolder.ForNew(place).Path, Is.EqualTo($"{place}.4"));
    }

    [Test]
    public async Task DivergedTrainingFails()
    {
        CliResult result = await CliRun.Train(Folder["run"], "--optimizer", "sgd", "--lr", "1e20", "--json");
        Assert.That((result.Code, result.Out), Is.EqualTo((1, "")));
        Assert.That(result.Error.TrimEnd().Split('\n')[^1], Does.StartWith("fovea: The loss became").And.Contain("learning rate"));
    }

    [Test]
    public async Task WithoutTestImagesAccuracyIsNull()
    {
        JsonElement json = (await CliRun.Train(Folder["run"], "--test-count", "0", "--max-steps", "2", "--json")).Json;
        Assert.That(json.GetProperty("test_accuracy").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(json.GetProperty("epochs")[0].GetProperty("test_loss").ValueKind, Is.EqualTo(JsonValueKind.Null));
    }
}
