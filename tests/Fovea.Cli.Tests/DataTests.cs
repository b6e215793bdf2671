using System.Security.Cryptography;
using System.Text.Json;
using Fovea.Cli.Output;
using Fovea.Data;
using Fovea.Files;
using Fovea.Testing;

namespace Fovea.Cli.Tests;

[TestFixture]
internal sealed class DataTests
{
    private TempFolder folder = null!;

    [SetUp]
    public void Start() => folder = new TempFolder();

    [TearDown]
    public void Stop() => folder.Dispose();

    [Test]
    public async Task ListTellsWhatIsPresentAndWhere()
    {
        foreach (string part in new[] { "train", "t10k" })
        {
            byte count = (byte)(part == "train" ? 3 : 2);
            folder.Write($"mnist/{part}-images-idx3-ubyte", [0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, 1, 0, 0, 0, 1, .. new byte[count]]);
            folder.Write($"mnist/{part}-labels-idx1-ubyte", [0, 0, 8, 1, 0, 0, 0, count, .. new byte[count]]);
        }
        JsonElement json = (await CliRun.Run("data", "list", "--data-dir", folder.Path, "--json")).Json;
        Assert.That(json.Names(), Is.EqualTo(new[] { "cache", "datasets" }));
        JsonElement[] sets = [.. json.GetProperty("datasets").EnumerateArray()];
        Assert.That(sets.Select(set => set.GetProperty("name").GetString()),
            Is.EqualTo(new[] { "digits", "mnist", "fashion-mnist", "cifar10", "cifar100" }));
        Assert.That(sets.Select(set => set.GetProperty("present").GetBoolean()), Is.EqualTo(new[] { true, true, false, false, false }));
        Assert.That(
            sets[1].Names(), Is.EqualTo(new[] { "name", "summary", "train_count", "test_count", "shape", "classes", "present", "folder" }));
        Assert.That(sets[1].GetProperty("folder").GetString(), Is.EqualTo(folder["mnist"]));
        Assert.That(sets[4].GetProperty("classes").GetInt32(), Is.EqualTo(100));
        CliResult text = await CliRun.Run("data", "list", "--data-dir", folder.Path);
        Assert.That(text.Out, Does.Match(@"mnist +3 +2 +28×28×1 +10 +" + folder["mnist"]).And.Match("cifar10 +50,000 .* not here"));
        Assert.That((sets[1].GetProperty("train_count").GetInt32(), sets[1].GetProperty("test_count").GetInt32()), Is.EqualTo((3, 2)));

        // How many images a damaged file has is not known.
        folder.Write("mnist/train-labels-idx1-ubyte", []);
        CliResult damaged = await CliRun.Run("data", "list", "--data-dir", folder.Path);
        Assert.That(damaged.Out, Does.Match(@"mnist +\? +\? +28×28×1"));
        Assert.That(damaged.Error, Does.Contain("mnist: ").And.Contain("found an empty file"));
        json = (await CliRun.Run("data", "list", "--data-dir", folder.Path, "--json")).Json;
        Assert.That(json.GetProperty("datasets")[1].GetProperty("train_count").ValueKind, Is.EqualTo(JsonValueKind.Null));
    }

    [Test]
    public async Task ShowCountsClassesAndDrawsImages()
    {
        JsonElement json = (await CliRun.Run("data", "show", "digits", "--json")).Json;
        Assert.That(json.Names(), Is.EqualTo(new[] { "name", "train_count", "test_count", "shape", "mean", "standard_deviation", "classes",
            "png" }));
        Assert.That(json.GetProperty("train_count").GetInt32(), Is.EqualTo(12_000));
        JsonElement[] classes = [.. json.GetProperty("classes").EnumerateArray()];
        // Every ten digits hold each once.
        foreach (JsonElement one in classes)
            Assert.That((one.GetProperty("train").GetInt32(), one.GetProperty("test").GetInt32()), Is.EqualTo((1200, 200)));

        CliResult text = await CliRun.Run("data", "show", "digits", "--count", "2");
        Assert.That(text.Out, Does.Contain("digits: 12,000 training and 2,000 test images of 28×28×1, 10 classes"));
        string[] picture = text.Out.Split('\n')[^15..^1];
        Assert.That(string.Concat(picture), Does.Match("^[ ░▒▓█]+$").And.Contain("█"));
        Assert.That(picture.Max(line => line.Length), Is.InRange(31, 58), "two of 28 columns and a gap");
        Assert.That((await CliRun.Run("data", "show", "digits", "--count", "0")).Out, Does.Not.Contain("▒"));
    }

    [Test]
    public async Task ContactSheetShowsTheFirstImages()
    {
        CliResult result = await CliRun.Run("data", "show", "digits", "--count", "9", "--png", folder["sheet.png"]);
        Assert.That(result.Code, Is.Zero, result.Error);
        RasterImage sheet = RasterImage.Load(folder["sheet.png"]);
        Assert.That((sheet.Width, sheet.Height, sheet.Channels), Is.EqualTo((92, 92, 1)), "three of 28 and four gaps of 2");
        LabelledImages digits = Digits.Generate(9, 0).Train;
        // Row 14 of the fifth image, in the middle.
        Assert.That(
            sheet.Pixels.AsSpan(((2 + 30 + 14) * 92) + 2 + 30, 28).ToArray(), Is.EqualTo(digits.Pixels(4).Slice(14 * 28, 28).ToArray()));
    }

    [Test]
    public async Task GetDownloadsIntoTheDataDirectory()
    {
        byte[] content = new byte[50_000];
        new System.Random(3).NextBytes(content);
        using var server = new FileServer();
        server.Files["a"] = content;
        var sources = new Dictionary<string, IReadOnlyList<RemoteFile>>
        {
            ["mnist"] = [new("images.gz", content.Length, Convert.ToHexStringLower(SHA256.HashData(content)), [server.Root + "a"])],
        };
        Host Change(Host host) =>
            new(host.Out, host.Error) { Downloader = client => new DatasetDownloader(client, sources, TimeSpan.FromSeconds(20)) };
        CliResult result = await CliRun.Run(["data", "get", "mnist", "--data-dir", folder.Path, "--json"], CancellationToken.None, Change);
        Assert.That(result.Json.Names(), Is.EqualTo(new[] { "name", "folder" }));
        Assert.That(result.Json.GetProperty("folder").GetString(), Is.EqualTo(folder["mnist"]));
        Assert.That(File.ReadAllBytes(folder["mnist/images.gz"]), Is.EqualTo(content));
        Assert.That(result.Error, Does.Contain("images.gz  48.8 KiB"));

        server.Files.Clear();
        File.Delete(folder["mnist/images.gz"]);
        CliResult failed = await CliRun.Run(["data", "get", "mnist", "--data-dir", folder.Path], CancellationToken.None, Change);
        Assert.That(failed.Code, Is.EqualTo(3));
        Assert.That(failed.Error, Does.Contain("images.gz could not be downloaded").And.Contain("404"));
    }

    [Test]
    public async Task DigitsNeedNoDownload()
    {
        CliResult result = await CliRun.Run("data", "get", "digits");
        Assert.That((result.Code, result.Out), Is.EqualTo((0, "digits is made on the spot; there is nothing to get\n")));
    }
}
