using Fovea.Data;
using Fovea.Testing;

namespace Fovea.Tests;

[TestFixture]
internal sealed class CifarTests : FolderTests
{
    private const int ImageLength = 3072;

    [Test]
    public void ReadsPartOfTheOriginal()
    {
        ImageDataset cifar = Cifar10.Load(SharedFiles.Require("data/cifar-10"));
        Assert.That((cifar.Train.Count, cifar.Test.Count, cifar.Train.Shape), Is.EqualTo((4000, 1000, new ImageShape(32, 32, 3))));
        Assert.That(cifar.Normalization.Mean, Is.EqualTo(new[] { 0.4916f, 0.4818f, 0.4447f }).Within(1e-4f));
        int[] histogram = new int[10];
        for (int i = 0; i < cifar.Train.Count; i++)
            histogram[cifar.Train.Label(i)]++;
        Assert.That(histogram, Is.EqualTo(new[] { 396, 366, 420, 384, 422, 393, 414, 385, 407, 413 }));
    }

    [TestCase("")]
    [TestCase("cifar-10-batches-bin/")]
    public void JoinsBatchesInOrderAndInterleaves(string below)
    {
        Folder.Write(below + "data_batch_2.bin.gz", TempFolder.Gzip([.. Record(30, 3), .. Record(40, 4)]));
        Folder.Write(below + "data_batch_1.first2.bin", [.. Record(10, 1), .. Record(20, 2)]);
        Folder.Write(below + "test_batch.bin", Record(50, 5));
        // The packed form of a file that is there plain adds nothing.
        Folder.Write(below + "test_batch.bin.gz", TempFolder.Gzip(Record(50, 5)));

        ImageDataset set = Cifar10.Load(Folder.Path);
        Assert.That(Enumerable.Range(0, set.Train.Count).Select(set.Train.Label), Is.EqualTo(new[] { 1, 2, 3, 4 }));
        Assert.That(set.Test.Count, Is.EqualTo(1));
        for (int i = 0; i < 4; i++)
            for (int pixel = 0; pixel < 1024; pixel++)
                for (int channel = 0; channel < 3; channel++)
                    Assert.That(set.Train.Pixels(i)[(pixel * 3) + channel], Is.EqualTo(Value((i + 1) * 10, (channel * 1024) + pixel)));
    }

    [TestCase("")]
    [TestCase("cifar-100-binary/")]
    public void TakesTheFineLabelOfCifar100(string below)
    {
        Folder.Write(below + "train.bin.gz", TempFolder.Gzip([.. Record(1, 19, 99), .. Record(2, 0, 20)]));
        Folder.Write(below + "test.bin", Record(3, 7, 0));
        ImageDataset set = Cifar100.Load(Folder.Path);
        Assert.That(Enumerable.Range(0, 2).Select(i => set.Train.ClassNames[set.Train.Label(i)]), Is.EqualTo(new[] { "worm", "chair" }));
        Assert.That(set.Test.ClassNames, Has.Count.EqualTo(100).And.Ordered.Using((IComparer<string>)StringComparer.Ordinal));
    }

    [Test]
    public void TruncatedRecordIsRefused() =>
        AssertRefused(
            [.. Record(1, 1), .. Record(2, 2)[..100]],
            3173,
            "expected records of 3073 bytes, found the end of the file after 100 bytes of record 1");

    [Test]
    public void LabelOutOfRangeIsRefused() =>
        AssertRefused([.. Record(1, 1), .. Record(2, 10)], 3073, "expected a label of 0 to 9, found 10");

    [Test]
    public void EmptyFileIsRefused() => AssertRefused([], 0, "found an empty file");

    [Test]
    public void MissingTestFilesAreNamed()
    {
        Folder.Write("data_batch_1.bin", Record(1, 1));
        Assert.That(() => Cifar10.Load(Folder.Path), Throws.TypeOf<FileNotFoundException>().With.Message.Contains("test_batch*.bin"));
    }

    internal static byte[] Record(int salt, params byte[] labels) =>
        [.. labels, .. Enumerable.Range(0, ImageLength).Select(i => Value(salt, i))];

    private static byte Value(int salt, int i) => (byte)((salt * 31) + (i * 7) + (i >> 8));

    private void AssertRefused(byte[] batch, long offset, string problem)
    {
        string path = Folder.Write("data_batch_1.bin", batch);
        Folder.Write("test_batch.bin", Record(1, 1));
        DataFormatException error = Assert.Throws<DataFormatException>(() => Cifar10.Load(Folder.Path))!;
        Assert.That((error.Path, error.Offset), Is.EqualTo((path, offset)));
        Assert.That(error.Message, Does.Contain(problem));
    }
}
