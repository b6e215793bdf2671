using System.Text.Json;
using Fovea.Data;
using Fovea.Files;
using Fovea.Testing;

namespace Fovea.Cli.Tests;

/// <summary>Evaluating and predicting with one network that has learnt a little.</summary>
[TestFixture]
internal sealed class PredictTests
{
    private TempFolder folder = null!;
    private string run = null!;
    private JsonElement training;

    [OneTimeSetUp]
    public async Task Train()
    {
        folder = new TempFolder();
        run = folder["run"];
        training = (await CliRun.Run("train", "lenet5", "--train-count", "3200", "--test-count", "200", "--batch-size", "32", "--epochs",
            "1", "--out", run, "--json")).Json;
    }

    [OneTimeTearDown]
    public void Clean() => folder.Dispose();

    [Test]
    public async Task EvalGivesTheAccuracyThatTrainingEndedWith()
    {
        JsonElement json = (await CliRun.Run("eval", run, "--test-count", "200", "--json")).Json;
        Assert.That(json.Names(), Is.EqualTo(new[] { "model", "weights", "data", "device", "count", "loss", "accuracy", "seconds" }));
        Assert.Multiple(() =>
        {
            Assert.That(json.GetProperty("model").GetString(), Is.EqualTo("lenet5"));
            Assert.That(json.GetProperty("data").GetString(), Is.EqualTo("digits"));
            Assert.That(json.GetProperty("device").GetString(), Is.EqualTo("cpu"));
            Assert.That(json.GetProperty("count").GetInt32(), Is.EqualTo(200));
            Assert.That(json.GetProperty("accuracy").GetDouble(),
                Is.EqualTo(training.GetProperty("test_accuracy").GetDouble()).And.GreaterThan(0.6));
            Assert.That(json.GetProperty("loss").GetDouble(),
                Is.EqualTo(training.GetProperty("epochs")[0].GetProperty("test_loss").GetDouble()).Within(1e-5));
        });
    }

    [Test]
    public async Task EvalTakesWeightsFromElsewhereIfTheNetworkIsNamed()
    {
        string bare = folder["bare.safetensors"];
        using (SafetensorsFile source = SafetensorsFile.Open(Path.Combine(run, "weights.safetensors")))
        {
            using var writer = new SafetensorsWriter(bare, source.Tensors.Select(
                tensor => new SafetensorsEntry(tensor.Name, tensor.DType, tensor.Shape.ToArray().Select(size => (int)size).ToArray())));
            foreach (SafetensorsTensor tensor in source.Tensors) writer.Write(tensor.Name, (ReadOnlySpan<float>)tensor.ReadFloats());
            writer.Commit();
        }
        CliResult unnamed = await CliRun.Run("eval", bare);
        Assert.That(unnamed.Code, Is.EqualTo(2));
        Assert.That(unnamed.Error, Does.Contain("does not say which network"));
        CliResult other = await CliRun.Run("eval", bare, "--model", "lenet5", "--classes", "7");
        Assert.That(other.Code, Is.EqualTo(3));
        JsonElement named = (await CliRun.Run("eval", bare, "--model", "lenet5", "--classes", "10", "--test-count", "200", "--json")).Json;
        Assert.That(named.GetProperty("accuracy").GetDouble(), Is.GreaterThan(0.6));
    }

    [Test]
    public async Task PredictNamesTheDigitInAnImageOfAnySize()
    {
        // The first test digits, one as it is in grey, one twice as large in colour with transparency.
        LabelledImages digits = Digits.Generate(0, 20).Test;
        string[] files = new string[20];
        for (int i = 0; i < files.Length; i++)
        {
            int scale = 1 + (i % 2), channels = i % 2 == 0 ? 1 : 4, side = 28 * scale;
            byte[] pixels = new byte[side * side * channels];
            for (int y = 0; y < side; y++)
            {
                for (int x = 0; x < side; x++)
                {
                    Span<byte> pixel = pixels.AsSpan(((y * side) + x) * channels, channels);
                    pixel.Fill(digits.Pixels(i)[(y / scale * 28) + (x / scale)]);
                    if (channels == 4) pixel[3] = 255;
                }
            }
            files[i] = folder[$"{i}.png"];
            new RasterImage(side, side, channels, pixels).SavePng(files[i]);
        }
        JsonElement json = (await CliRun.Run(["predict", run, .. files, "--top", "2", "--json"])).Json;
        Assert.That(json.Names(), Is.EqualTo(new[] { "model", "weights", "device", "predictions" }));
        JsonElement[] predictions = [.. json.GetProperty("predictions").EnumerateArray()];
        Assert.That(predictions.Select(prediction => prediction.GetProperty("file").GetString()), Is.EqualTo(files));
        int correct = 0;
        for (int i = 0; i < files.Length; i++)
        {
            Assert.That(predictions[i].Names(), Is.EqualTo(new[] { "file", "class", "label", "probability", "top" }));
            JsonElement[] top = [.. predictions[i].GetProperty("top").EnumerateArray()];
            Assert.That(top, Has.Length.EqualTo(2));
            Assert.That(top[0].Names(), Is.EqualTo(new[] { "class", "label", "probability" }));
            Assert.That(top[0].GetProperty("class").GetInt32(), Is.EqualTo(predictions[i].GetProperty("class").GetInt32()));
            Assert.That(
                top[0].GetProperty("probability").GetDouble(), Is.GreaterThanOrEqualTo(top[1].GetProperty("probability").GetDouble()));
            if (predictions[i].GetProperty("class").GetInt32() == digits.Label(i)) correct++;
        }
        // Chance gives 2.
        Assert.That(correct, Is.GreaterThan(12));
    }

    [Test]
    public async Task PredictPrintsALineAnImage()
    {
        LabelledImages digits = Digits.Generate(0, 1).Test;
        new RasterImage(28, 28, 1, digits.Pixels(0).ToArray()).SavePng(folder["one.png"]);
        CliResult result = await CliRun.Run("predict", run, folder["one.png"]);
        Assert.That(result.Code, Is.Zero, result.Error);
        Assert.That(result.Out, Does.Match(@"one\.png: (\d [\d.]+ ?%(  )?){3}\n$"));
    }

    [Test]
    public async Task ADamagedFileTakesNothingFromTheOthers()
    {
        LabelledImages digits = Digits.Generate(0, 2).Test;
        for (int i = 0; i < 2; i++) new RasterImage(28, 28, 1, digits.Pixels(i).ToArray()).SavePng(folder[$"good{i}.png"]);
        File.WriteAllText(folder["bad.png"], "not a picture");
        string[] files = [folder["good0.png"], folder["bad.png"], folder["absent.png"], folder["good1.png"]];
        CliResult text = await CliRun.Run(["predict", run, .. files]);
        Assert.That(text.Code, Is.EqualTo(3));
        Assert.That(text.Out.TrimEnd().Split('\n').Select(line => line.Split(':')[0]), Is.EqualTo(new[] { files[0], files[3] }));
        Assert.That(text.Error, Does.Contain("fovea: ").And.Contain("bad.png").And.Contain("absent.png"));

        CliResult result = await CliRun.Run(["predict", run, .. files, "--json"]);
        Assert.That(result.Code, Is.EqualTo(3));
        JsonElement[] predictions = [.. JsonDocument.Parse(result.Out).RootElement.GetProperty("predictions").EnumerateArray()];
        Assert.That(predictions.Select(item => item.GetProperty("file").GetString()), Is.EqualTo(files));
        Assert.That(predictions.Select(item => item.TryGetProperty("error", out _)), Is.EqualTo(new[] { false, true, true, false }));
        Assert.That(predictions[1].GetProperty("error").GetString(), Does.Contain("bad.png"));
    }

    [Test]
    public async Task MissingAndDamagedFilesAreNamed()
    {
        File.WriteAllText(folder["broken.png"], "not a picture");
        foreach (string file in new[] { "missing.png", "broken.png" })
        {
            CliResult result = await CliRun.Run("predict", run, folder[file], "--json");
            Assert.That((result.Code, result.Out), Is.EqualTo((3, "")));
            Assert.That(result.Error, Does.Contain(file));
        }
        Directory.CreateDirectory(folder["empty"]);
        CliResult noWeights = await CliRun.Run("eval", folder["empty"]);
        Assert.That(noWeights.Code, Is.EqualTo(3));
        Assert.That(noWeights.Error, Does.Contain("holds no weights.safetensors"));
        Assert.That((await CliRun.Run("eval", folder["nowhere"])).Code, Is.EqualTo(3));
    }
}
