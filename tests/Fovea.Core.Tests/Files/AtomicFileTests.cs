using Fovea.Core.Files;
using Fovea.Testing;

namespace Fovea.Core.Tests;

public class AtomicFileTests
{
    [Test]
    public void AppearsOnlyAtCommitAndLeavesNothingElse()
    {
        using var folder = new TempFolder();
        using (var file = new AtomicFile(folder["a.bin"]))
        {
            file.Stream.Write([1, 2, 3]);
            Assert.That(File.Exists(folder["a.bin"]), Is.False);
            file.Commit();
            Assert.That(() => file.Commit(), Throws.TypeOf<ObjectDisposedException>());
        }
        Assert.That(File.ReadAllBytes(folder["a.bin"]), Is.EqualTo(new byte[] { 1, 2, 3 }));
        Assert.That(folder.Names(), Is.EqualTo(new[] { "a.bin" }));
    }

    [Test]
    public void AFailureLeavesTheOldContentAndNoTemporaryFile()
    {
        using var folder = new TempFolder();
        string path = folder.Write("a.bin", [7]);
        void Fail(Stream stream)
        {
            stream.Write(new byte[100_000]);
            throw new IOException("disk on fire");
        }

        Assert.That(() => AtomicFile.Write(path, Fail), Throws.TypeOf<IOException>().With.Message.EqualTo("disk on fire"));
        Assert.That(File.ReadAllBytes(path), Is.EqualTo(new byte[] { 7 }));
        Assert.That(folder.Names(), Is.EqualTo(new[] { "a.bin" }));
    }

    [Test]
    public void AFailedRenameLeavesNoTemporaryFile()
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder["taken"]);

        Assert.That(() => AtomicFile.Write(folder["taken"], stream => stream.WriteByte(1)),
            Throws.InstanceOf<IOException>().Or.InstanceOf<UnauthorizedAccessException>());
        Assert.That(folder.Names(), Is.Empty);
    }

    [Test]
    public void AMissingFolderIsReported() =>
        Assert.That(
            () => new AtomicFile(Path.Combine(Path.GetTempPath(), Path.GetRandomFileName(), "a")),
            Throws.InstanceOf<IOException>().With.Message.Contains("cannot be written: its folder does not exist"));

    [Test]
    public void AReaderNeverSeesAPart()
    {
        using var folder = new TempFolder();
        string path = folder.Write("a.bin", new byte[50_000]);
        using var done = new CancellationTokenSource();
        var torn = Task.Run(() =>
        {
            int faults = 0;
            while (!done.IsCancellationRequested)
            {
                byte[] seen = File.ReadAllBytes(path);
                if (seen.Length != 50_000 || seen.AsSpan().ContainsAnyExcept(seen[0]))
                    faults++;
            }
            return faults;
        });
        for (byte round = 1; round <= 50; round++)
        {
            byte[] half = Enumerable.Repeat(round, 25_000).ToArray();
            AtomicFile.Write(path, stream =>
            {
                stream.Write(half);
                stream.Flush();
                stream.Write(half);
            });
        }
        done.Cancel();
        Assert.That(torn.Result, Is.Zero);
        Assert.That(File.ReadAllBytes(path), Is.All.EqualTo((byte)50));
    }

    [TestCase("/dev/null")]
    [TestCase("/dev/../dev/fovea/file")]
    [TestCase("/proc/self/file")]
    [Platform(Include = "Unix")]
    public void PlacesOfDevicesAreRefused(string path) =>
        Assert.That(() => new AtomicFile(path).Dispose(), Throws.InstanceOf<IOException>().With.Message.StartsWith(
            $"{path} is a place of the system's devices, not of files."));
}
