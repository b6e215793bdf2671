using System.Buffers.Binary;
using Fovea.Data;
using Fovea.Testing;

namespace Fovea.Tests;

[TestFixture]
internal sealed class MnistTests : FolderTests
{
    [Test]
    public void ReadsTheOriginalFiles()
    {
        ImageDataset mnist = Mnist.Load(SharedFiles.Require("data/mnist"));
        int[] histogram = new int[10];
        for (int i = 0; i < mnist.Train.Count; i++)
            histogram[mnist.Train.Label(i)]++;
        Assert.That(histogram, Is.EqualTo(new[] { 5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949 }));
        Assert.That((mnist.Test.Count, mnist.Test.Shape), Is.EqualTo((10000, new ImageShape(28, 28, 1))));
        Assert.That(mnist.Normalization.Mean[0], Is.EqualTo(0.13066).Within(1e-5));
        Assert.That(mnist.Normalization.StandardDeviation[0], Is.EqualTo(0.30811).Within(1e-5));
        Assert.That(mnist.Test.Label(0), Is.EqualTo(7));
    }

    [Test]
    public void ReadsFashionMnist()
    {
        ImageDataset fashion = FashionMnist.Load(SharedFiles.Require("data/fashion-mnist"));
        Assert.That(fashion.Train.Count, Is.EqualTo(60000));
        Assert.That(fashion.Normalization.Mean[0], Is.EqualTo(0.28604).Within(1e-5));
        Assert.That(fashion.Train.ClassNames[fashion.Train.Label(0)], Is.EqualTo("Ankle boot"));
    }

    [TestCase("train-images-idx3-ubyte", false)]
    [TestCase("train-images.idx3-ubyte", false)]
    [TestCase("train-images-idx3-ubyte.gz", true)]
    [TestCase("train-images.idx3-ubyte.gz", true)]
    public void ReadsEveryFormOfName(string name, bool packed)
    {
        WriteSet();
        byte[] images = File.ReadAllBytes(Folder["train-images-idx3-ubyte"]);
        File.Delete(Folder["train-images-idx3-ubyte"]);
        Folder.Write(name, packed ? TempFolder.Gzip(images) : images);
        ImageDataset set = Mnist.Load(Folder.Path);
        Assert.That(set.Train.Pixels(1).ToArray(), Is.EqualTo(images[22..28]));
        Assert.That(set.Train.Label(2), Is.EqualTo(2));
        Assert.That(set.Train.Take(2).Count, Is.EqualTo(2));
    }

    [Test]
    public void MissingFileIsNamed()
    {
        WriteSet();
        File.Delete(Folder["t10k-labels-idx1-ubyte"]);
        Assert.That(() => Mnist.Load(Folder.Path), Throws.TypeOf<FileNotFoundException>().With.Message.Contains("t10k-labels-idx1-ubyte"));
    }

    [Test]
    public void LyingHeaderIsNotBelieved()
    {
        byte[] lie = Images(3, 2, 3);
        lie.AsSpan(4, 12).Fill(0x7f);
        AssertRefused("train-images-idx3-ubyte", lie, lie.Length, "2139062143×2139062143×2139062143");
    }

    [TestCase(17, 17, "found the end of the file")]
    [TestCase(9, 9, "IDX header")]
    [TestCase(0, 0, "empty file")]
    public void TruncatedImagesAreRefused(int length, long offset, string problem) =>
        AssertRefused("train-images-idx3-ubyte", Images(3, 2, 3)[..length], offset, problem);

    [Test]
    public void TrailingBytesAreRefused() =>
        AssertRefused("train-images-idx3-ubyte", [.. Images(3, 2, 3), 0, 0], 34, "2 more bytes");

    [Test]
    public void OtherMagicIsRefused() => AssertRefused("train-images-idx3-ubyte", Labels(0, 1, 2), 11, "header");

    [Test]
    public void OtherTypeIsRefused()
    {
        byte[] floats = Images(3, 2, 3);
        floats[2] = 0x0d;
        AssertRefused("train-images-idx3-ubyte", floats, 0, "expected the magic number 0x00000803, found 0x00000d03");
    }

    [Test]
    public void EmptyDimensionIsRefused() => AssertRefused("train-images-idx3-ubyte", Images(3, 0, 3), 8, "found 0");

    [Test]
    public void DisagreeingCountsAreRefused() => AssertRefused("train-labels-idx1-ubyte", Labels(1, 2), 4, "expected 3 labels");

    [Test]
    public void DisagreeingSizesAreRefused() => AssertRefused("t10k-images-idx3-ubyte", Images(2, 3, 3), 8, "expected images of 2×3");

    [Test]
    public void LabelOutOfRangeIsRefused() => AssertRefused("train-labels-idx1-ubyte", Labels(1, 10, 2), 9, "found 10");

    [Test]
    public void DamagedGzipIsRefused()
    {
        byte[] packed = TempFolder.Gzip(Images(3, 2, 3));
        byte[] wrongSum = [.. packed];
        wrongSum[^5] ^= 1;
        foreach (byte[] damaged in new[] { packed[..^10], wrongSum, packed[..12], "not gzip at all"u8.ToArray(), packed[..5], [] })
        {
            WriteSet();
            File.Delete(Folder["train-images-idx3-ubyte"]);
            Folder.Write("train-images-idx3-ubyte.gz", damaged);
            DataFormatException error = Assert.Throws<DataFormatException>(() => Mnist.Load(Folder.Path))!;
            Assert.That(error.Message, Does.Contain("train-images-idx3-ubyte.gz: at byte "));
        }
    }

    internal static byte[] Images(int count, int height, int width)
    {
        byte[] file = new byte[16 + (count * height * width)];
        BinaryPrimitives.WriteInt32BigEndian(file, 0x803);
        BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(4), count);
        BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(8), height);
        BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(12), width);
        for (int i = 16; i < file.Length; i++)
            file[i] = (byte)(i * 7);
        return file;
    }

    internal static byte[] Labels(params byte[] labels) => [0, 0, 8, 1, 0, 0, 0, (byte)labels.Length, .. labels];

    internal static void WriteSet(TempFolder folder, string prefix = "")
    {
        folder.Write(prefix + "train-images-idx3-ubyte", Images(3, 2, 3));
        folder.Write(prefix + "train-labels-idx1-ubyte", Labels(0, 9, 2));
        folder.Write(prefix + "t10k-images-idx3-ubyte", Images(2, 2, 3));
        folder.Write(prefix + "t10k-labels-idx1-ubyte", Labels(4, 5));
    }

    private void WriteSet() => WriteSet(Folder);

    private void AssertRefused(string name, byte[] content, long offset, string problem)
    {
        WriteSet();
        string path = Folder.Write(name, content);
        DataFormatException error = Assert.Throws<DataFormatException>(() => Mnist.Load(Folder.Path))!;
        Assert.That((error.Path, error.Offset), Is.EqualTo((path, offset)));
        Assert.That(error.Message, Does.StartWith($"{path}: at byte {offset}: expected ").And.Contain(problem));
    }
}
