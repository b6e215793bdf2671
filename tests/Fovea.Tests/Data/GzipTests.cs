using Fovea.Data;
using Fovea.Testing;

namespace Fovea.Tests;

/// <summary>Compressed data files are taken whole or not at all, and are known by their first bytes.</summary>
internal sealed class GzipTests
{
    private readonly TempFolder folder = new();

    [OneTimeTearDown]
    public void RemoveFolder() => folder.Dispose();

    [Test]
    public void EveryCutAndEveryAppendedByteIsRefused()
    {
        byte[] packed = TempFolder.Gzip(MnistTests.Images(3, 2, 3));
        string path = folder["cut.gz"];
        for (int length = 2; length < packed.Length; length++)
            Refused(path, packed[..length], $"{length} of {packed.Length} bytes");
        Refused(path, [.. packed, 0], "a zero behind");
        Refused(path, [.. packed, .. packed[..12]], "the beginning of a second member behind");
        Refused(path, [.. packed, .. "text"u8], "text behind");
        folder.Write("cut.gz", packed);
        Assert.That(Idx.Read(path, 3).Shape, Is.EqualTo(new[] { 3, 2, 3 }));
    }

    /// <summary>A cut between two images cannot be seen in what was unpacked, only in the gzip data.</summary>
    [Test]
    public void ACutCifarFileLosesNoImageInSilence()
    {
        byte[] records = [.. CifarTests.Record(1, 1), .. CifarTests.Record(2, 2)];
        folder.Write("test_batch.bin", CifarTests.Record(3, 3));
        byte[] packed = Stored(records);
        string path = folder.Write("data_batch_1.bin.gz", packed);
        Assert.That(Cifar10.Load(folder.Path).Train.Count, Is.EqualTo(2));
        // Up to the end of the first record, which lies as it is behind the header of the file and that of a block.
        File.WriteAllBytes(path, packed[..(10 + 5 + CifarTests.Record(1, 1).Length)]);
        DataFormatException error = Assert.Throws<DataFormatException>(() => Cifar10.Load(folder.Path))!;
        Assert.That(error.Path, Is.EqualTo(path));
        Assert.That(error.Message, Does.Contain("cut off"));
    }

    [TestCase("images")]
    [TestCase("images.bin")]
    [TestCase("images.gz")]
    public void TheNameDoesNotDecide(string name)
    {
        byte[] images = MnistTests.Images(3, 2, 3);
        byte[] twoMembers = [.. TempFolder.Gzip(images[..7]), .. TempFolder.Gzip(images[7..])];
        foreach (byte[] content in new[] { images, TempFolder.Gzip(images), twoMembers })
        {
            IdxArray read = Idx.Read(folder.Write(name, content), 3);
            Assert.That(read.Values.ToArray(), Is.EqualTo(images[16..]));
        }
    }

    private static byte[] Stored(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new System.IO.Compression.GZipStream(packed, System.IO.Compression.CompressionLevel.NoCompression))
            gzip.Write(content);
        return packed.ToArray();
    }

    private static void Refused(string path, byte[] content, string what)
    {
        File.WriteAllBytes(path, content);
        DataFormatException error = Assert.Throws<DataFormatException>(() => Idx.Read(path, 3), what)!;
        Assert.That(error.Message, Does.StartWith($"{path}: at byte ").And.Contain($"file of {content.Length} bytes"), what);
    }
}
