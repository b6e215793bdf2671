using System.Formats.Tar;
using System.Security.Cryptography;
using Fovea.Data;
using Fovea.Testing;

namespace Fovea.Tests;

[TestFixture]
internal sealed class DownloaderTests
{
    private const string Name = "train-images-idx3-ubyte.gz";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly byte[] Content = InputTransformTests.RandomBytes(300_000);

    private TempFolder folder = null!;
    private FileServer server = null!;
    private HttpClient client = null!;

    [SetUp]
    public void Start() => (folder, server, client) = (new TempFolder(), new FileServer(), new HttpClient());

    [TearDown]
    public void Stop()
    {
        client.Dispose();
        server.Dispose();
        folder.Dispose();
    }

    [Test]
    public async Task FetchesChecksAndReports()
    {
        server.Files["a"] = Content;
        var reports = new List<DownloadProgress>();
        await Downloader("a").DownloadAsync("SET", folder["new/folder"], new Recorder(reports.Add));
        AssertWhole("new/folder/" + Name);
        Assert.That(reports.Select(report => report.BytesReceived), Is.Ordered.And.All.Positive);
        Assert.That(reports[^1], Is.EqualTo(new DownloadProgress(Name, Content.Length, Content.Length)));
    }

    [Test]
    public async Task SoundFileIsNotFetchedAgainButADamagedOneIs()
    {
        server.Files["a"] = Content;
        folder.Write(Name, Content);
        await Downloader("a").DownloadAsync("set", folder.Path);
        Assert.That(server.Requests, Is.Empty);
        folder.Write(Name, Content.AsSpan(..^1));
        await Downloader("a").DownloadAsync("set", folder.Path);
        AssertWhole(Name);
    }

    [Test]
    public async Task InterruptedDownloadContinues()
    {
        server.Files["a"] = Content;
        server.BreakAfter = 120_000;
        // Each attempt adds its share, so the third completes the file.
        await Downloader("a").DownloadAsync("set", folder.Path);
        AssertWhole(Name);
        Assert.That(server.Requests, Has.Count.EqualTo(3));
        Assert.That(server.Requests[2], Is.EqualTo("a bytes=240000-"));
    }

    [Test]
    public async Task WhatIsLeftOfAFailedRunIsContinuedByTheNext()
    {
        server.Files["a"] = Content;
        server.BreakAfter = 50_000;
        Assert.That(async () => await Downloader("a").DownloadAsync("set", folder.Path), Throws.TypeOf<DownloadException>());
        Assert.That(new FileInfo(folder[Name + ".part"]).Length, Is.EqualTo(150_000));
        server.BreakAfter = null;
        await Downloader("a").DownloadAsync("set", folder.Path);
        AssertWhole(Name);
        Assert.That(server.Requests[^1], Is.EqualTo("a bytes=150000-"));
    }

    [Test]
    public async Task AnotherMirrorContinuesWhereOneBroke()
    {
        server.Files["b"] = Content;
        using var broken = new FileServer { BreakAfter = 70_000 };
        broken.Files["a"] = Content;
        await Downloader(broken.Root + "a", server.Root + "b").DownloadAsync("set", folder.Path);
        AssertWhole(Name);
        Assert.That(server.Requests, Is.EqualTo(new[] { "b bytes=210000-" }));
    }

    [Test]
    public async Task ServerWithoutRangesSendsTheWholeFile()
    {
        server.Files["a"] = Content;
        server.KnowsRanges = false;
        folder.Write(Name + ".part", Content.AsSpan(..1000));
        await Downloader("a").DownloadAsync("set", folder.Path);
        AssertWhole(Name);
    }

    [TestCase(300_001)]
    [TestCase(300_000)]
    [TestCase(5_000)]
    public async Task PartOfSomethingElseIsGivenUp(int length)
    {
        server.Files["a"] = Content;
        folder.Write(Name + ".part", new byte[length]);
        await Downloader("a").DownloadAsync("set", folder.Path);
        AssertWhole(Name);
    }

    [Test]
    public async Task MirrorWithLessThanIsHereIsPassedOver()
    {
        server.Files["short"] = Content[..1000];
        server.Files["b"] = Content;
        folder.Write(Name + ".part", Content.AsSpan(..2000));
        await Downloader("short", "b").DownloadAsync("set", folder.Path);
        AssertWhole(Name);
        Assert.That(server.Requests[0], Is.EqualTo("short bytes=2000-"));
    }

    [Test]
    public async Task WrongContentIsRefusedAndTheNextMirrorAsked()
    {
        byte[] wrong = [.. Content];
        wrong[7] ^= 1;
        (server.Files["wrong"], server.Files["long"], server.Files["b"]) = (wrong, [.. Content, 1], Content);
        await Downloader("wrong", "long", "b").DownloadAsync("set", folder.Path);
        AssertWhole(Name);

        File.Delete(folder[Name]);
        DatasetDownloader none = Downloader("wrong", "long", "gone");
        DownloadException? error = await Assert.ThrowsAsync<DownloadException>(() => none.DownloadAsync("set", folder.Path));
        Assert.That(error!.Message, Does.Contain("wrong: its content has another hash"));
        Assert.That(error!.Message, Does.Contain("long: its file has 300001 bytes").And.Contain("gone: it answered 404"));
        Assert.That(Directory.GetFiles(folder.Path), Is.Empty);
    }

    [Test]
    public async Task DeadMirrorIsPassedOver()
    {
        string dead;
        using (var gone = new FileServer())
            dead = gone.Root;
        server.Files["b"] = Content;
        await Downloader(dead + "a", server.Root + "b").DownloadAsync("set", folder.Path);
        AssertWhole(Name);
    }

    [Test]
    public async Task SilentMirrorIsPassedOver()
    {
        server.Files["b"] = Content;
        using var silent = new FileServer { StallAfter = 10_000 };
        silent.Files["a"] = Content;
        var sources = Source(Content, silent.Root + "a", server.Root + "b");
        await new DatasetDownloader(client, sources, TimeSpan.FromMilliseconds(300)).DownloadAsync("set", folder.Path);
        AssertWhole(Name);
    }

    [Test]
    public async Task CancelledDownloadKeepsItsPartAndContinues()
    {
        server.Files["a"] = Content;
        server.StallAfter = 100_000;
        using var cancellation = new CancellationTokenSource();
        var recorder = new Recorder(report =>
        {
            if (report.BytesReceived == 100_000)
                cancellation.Cancel();
        });
        Assert.That(
            async () => await Downloader("a").DownloadAsync("set", folder.Path, recorder, cancellation.Token),
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That(File.ReadAllBytes(folder[Name + ".part"]), Is.EqualTo(Content[..100_000]));
        Assert.That(File.Exists(folder[Name]), Is.False);
        server.StallAfter = null;
        await Downloader("a").DownloadAsync("set", folder.Path);
        AssertWhole(Name);
        Assert.That(server.Requests[^1], Is.EqualTo("a bytes=100000-"));
    }

    [Test]
    public async Task ArchiveGivesItsExpectedFilesOnly()
    {
        byte[] batch = CifarTests.Record(1, 1), test = CifarTests.Record(2, 2);
        byte[] archive = Archive(("cifar/readme.html", [1, 2]), ("../../test_batch.bin", test), ("cifar/data_batch_1.bin", batch));
        server.Files["a"] = archive;
        DatasetDownloader downloader = ArchiveDownloader(archive, batch, test);
        await downloader.DownloadAsync("set", folder["x/y"]);
        Assert.That(Directory.GetFileSystemEntries(folder.Path, "*", SearchOption.AllDirectories).Select(Path.GetFileName),
            Is.EquivalentTo(new[] { "x", "y", "data_batch_1.bin", "test_batch.bin" }));
        Assert.That(Cifar10.Load(folder["x/y"]).Train.Label(0), Is.EqualTo(1));

        await downloader.DownloadAsync("set", folder["x/y"]);
        Assert.That(server.Requests, Has.Count.EqualTo(1), "What was unpacked and is sound is not fetched again.");
    }

    [Test]
    public void ArchiveWithoutAnExpectedFileOrWithAnotherIsRefused()
    {
        byte[] batch = CifarTests.Record(1, 1), test = CifarTests.Record(2, 2);
        server.Files["a"] = Archive(("data_batch_1.bin", batch));
        Assert.That(async () => await ArchiveDownloader(server.Files["a"], batch, test).DownloadAsync("set", folder.Path),
            Throws.TypeOf<DownloadException>().With.Message.Contains("lacks test_batch.bin"));
        server.Files["a"] = Archive(("data_batch_1.bin", batch), ("test_batch.bin", batch));
        Assert.That(async () => await ArchiveDownloader(server.Files["a"], batch, test).DownloadAsync("set", folder.Path),
            Throws.TypeOf<DownloadException>().With.Message.Contains("test_batch.bin in the archive has another hash"));
    }

    [Test]
    public void OnlyKnownSetsCanBeHad() =>
        Assert.That(
            async () => await Downloader("a").DownloadAsync("digits", folder.Path),
            Throws.ArgumentException.With.Message.Contains("only set"));

    [Test]
    public void SourcesAreThoseOfTheCatalog()
    {
        using var own = new HttpClient();
        IEnumerable<string> known = DatasetCatalog.Known.Where(set => !set.IsGenerated).Select(set => set.Name);
        Assert.That(new DatasetDownloader(own).Names, Is.EqualTo(known));
        foreach (RemoteFile file in DatasetSources.ByName.Values.SelectMany(files => files))
        {
            Assert.That(file.Mirrors, Has.Count.AtLeast(2).And.All.EndsWith(file.Name));
            Assert.That(file.Sha256, Does.Match("^[0-9a-f]{64}$"));
            Assert.That((file.Contents ?? []).Select(content => content.Sha256), Is.All.Match("^[0-9a-f]{64}$"));
        }
    }

    [TestCase("mnist")]
    [TestCase("fashion-mnist")]
    public async Task TheOriginalFilesPassTheCheck(string name)
    {
        string path = SharedFiles.Require("data/" + name);
        var reports = new List<DownloadProgress>();
        using var offline = new HttpClient(new Unreachable());
        await new DatasetDownloader(offline).DownloadAsync(name, path, new Recorder(reports.Add));
        Assert.That(reports, Has.Count.EqualTo(4));
        foreach (DownloadProgress report in reports)
            Assert.That(report.TotalBytes, Is.EqualTo(new FileInfo(Path.Combine(path, report.File)).Length));
    }

    private static Dictionary<string, IReadOnlyList<RemoteFile>> Source(byte[] content, params string[] mirrors) =>
        new() { ["set"] = [new RemoteFile(Name, content.Length, Hash(content), mirrors)] };

    private static string Hash(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    private static byte[] Archive(params (string Name, byte[] Content)[] files)
    {
        using var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, leaveOpen: true))
            foreach ((string name, byte[] content) in files)
                writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });
        return TempFolder.Gzip(tar.ToArray());
    }

    /// <summary>Mirrors without an address of their own are files of the server.</summary>
    private DatasetDownloader Downloader(params string[] mirrors) =>
        new(client, Source(Content, [.. mirrors.Select(mirror => new Uri(new Uri(server.Root), mirror).ToString())]), Patience);

    private DatasetDownloader ArchiveDownloader(byte[] archive, byte[] batch, byte[] test)
    {
        ExpectedFile[] contents = [new("data_batch_1.bin", Hash(batch)), new("test_batch.bin", Hash(test))];
        var file = new RemoteFile("all.tar.gz", archive.Length, Hash(archive), [server.Root + "a"], contents);
        return new(client, new Dictionary<string, IReadOnlyList<RemoteFile>> { ["set"] = [file] }, Patience);
    }

    private void AssertWhole(string name)
    {
        Assert.That(File.ReadAllBytes(folder[name]).AsSpan().SequenceEqual(Content));
        Assert.That(File.Exists(folder[name + ".part"]), Is.False);
    }

    /// <summary>Reports at once, on the thread that reports.</summary>
    private sealed class Recorder(Action<DownloadProgress> record) : IProgress<DownloadProgress>
    {
        public void Report(DownloadProgress value) => record(value);
    }

    private sealed class Unreachable : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            throw new HttpRequestException("no network");
    }
}
