using System.Buffers.Binary;
using System.Text;
using Fovea.Files;
using Fovea.Testing;

namespace Fovea.Tests;

public class SafetensorsFileTests
{
    [Test]
    public void EveryReferenceFileOpensWithFiniteValues()
    {
        string[] paths = Directory.GetFiles(SharedFiles.Require("reference"), "*.safetensors");
        Assert.That(paths, Is.Not.Empty);
        foreach (string path in paths)
        {
            using var file = SafetensorsFile.Open(path);
            Assert.That(file.Metadata["case"], Is.EqualTo(Path.GetFileNameWithoutExtension(path)));
            foreach (var tensor in file.Tensors)
            {
                if (tensor.DType == SafetensorsDType.I64)
                    Assert.That(tensor.ReadInt64s(), Is.All.InRange(0L, 1000L));
                else
                    Assert.That(tensor.ReadFloats(), Is.All.Matches<float>(float.IsFinite), $"{path} {tensor.Name}");
            }
        }
    }

    [Test]
    public void ValuesOfAReferenceFileAreThoseOfItsOperation()
    {
        using var file = SafetensorsFile.Open(SharedFiles.Require("reference/relu.safetensors"));
        Assert.That(file["input"].Shape, Is.EqualTo(new long[] { 2, 21 }));
        Assert.That(file["input"].ReadFloats(), Has.Some.LessThan(0f));
        Assert.That(file["output"].ReadFloats(), Is.EqualTo(file["input"].ReadFloats().Select(x => MathF.Max(x, 0f))));
    }

    [Test]
    public void FloatTypesConvert()
    {
        byte[] data =
        [
            0, 0, 0, 0, 0, 0, 0x04, 0xC0, // F64 -2.5
            0, 0, 0xC0, 0x3F, // F32 1.5
            0, 0x3C, 1, 0, // F16 1, smallest subnormal
            0xC0, 0x3F, 0x80, 0xFF, // BF16 1.5, -infinity
        ];
        using var folder = new TempFolder();
        using var file = SafetensorsFile.Open(folder.Write("t", Bytes(
            Entry("d", "F64", "1", 0, 8) + "," + Entry("f", "F32", "", 8, 12) + ","
                + Entry("h", "F16", "2", 12, 16) + "," + Entry("b", "BF16", "2,1", 16, 20),
            data)));

        Assert.That(file["d"].ReadFloats(), Is.EqualTo(new[] { -2.5f }));
        Assert.That(file["f"].ReadFloats(), Is.EqualTo(new[] { 1.5f }));
        Assert.That(file["f"].Shape, Is.Empty);
        Assert.That(file["h"].ReadFloats(), Is.EqualTo(new[] { 1f, MathF.ScaleB(1f, -24) }));
        Assert.That(file["b"].ReadFloats(), Is.EqualTo(new[] { 1.5f, float.NegativeInfinity }));
        Assert.That(
            () => file["d"].ReadInt64s(),
            Throws.TypeOf<SafetensorsException>().With.Message.Contains("'d'").And.Message.Contains("F64"));
    }

    [TestCase("I64", "ffffffffffffffff", -1L)]
    [TestCase("U64", "ffffffffffffff7f", long.MaxValue)]
    [TestCase("I32", "feffffff", -2L)]
    [TestCase("U32", "feffffff", 4294967294L)]
    [TestCase("I16", "feff", -2L)]
    [TestCase("U16", "feff", 65534L)]
    [TestCase("I8", "80", -128L)]
    [TestCase("U8", "80", 128L)]
    [TestCase("BOOL", "01", 1L)]
    public void IntegerTypesConvert(string type, string hex, long expected)
    {
        byte[] data = Convert.FromHexString(hex);
        using var folder = new TempFolder();
        using var file = SafetensorsFile.Open(folder.Write("t", Bytes(Entry("n", type, "1", 0, data.Length), data)));
        Assert.That(file["n"].ReadInt64s(), Is.EqualTo(new[] { expected }));
        Assert.That(() => file["n"].ReadFloats(), Throws.TypeOf<SafetensorsException>().With.Message.Contains(type));
    }

    [Test]
    public void AnUnsignedNumberBeyondTheRangeIsReported()
    {
        using var folder = new TempFolder();
        using var file = SafetensorsFile.Open(folder.Write("t", Bytes(Entry("n", "U64", "1", 0, 8), [0, 0, 0, 0, 0, 0, 0, 0x80])));
        Assert.That(() => file["n"].ReadInt64s(), Throws.TypeOf<SafetensorsException>());
    }

    [Test]
    public void ConversionGoesBeyondOnePiece()
    {
        const int Count = 70_001;
        byte[] data = new byte[Count * 2];
        for (int i = 0; i < Count; i++)
            BinaryPrimitives.WriteUInt16LittleEndian(data.AsSpan(2 * i), (ushort)i);
        using var folder = new TempFolder();
        using var file = SafetensorsFile.Open(folder.Write("t", Bytes(Entry("n", "U16", $"{Count}", 0, data.Length), data)));
        Assert.That(file["n"].ReadInt64s(), Is.EqualTo(Enumerable.Range(0, Count).Select(i => (long)(ushort)i)));
    }

    [Test]
    public void PiecesOfBytesAreReadInBounds()
    {
        using var folder = new TempFolder();
        using var file = SafetensorsFile.Open(folder.Write("t", Bytes(Entry("n", "U8", "4", 0, 4), [1, 2, 3, 4])));
        byte[] two = new byte[2];
        file["n"].ReadBytes(two, 1);
        Assert.That(two, Is.EqualTo(new byte[] { 2, 3 }));
        Assert.That(() => file["n"].ReadBytes(two, 3), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => file["n"].ReadInt64s(new long[3]), Throws.TypeOf<ArgumentException>());
        Assert.That(() => file["m"], Throws.TypeOf<SafetensorsException>().With.Message.Contains("'m'").And.Message.Contains("n"));
    }

    [Test]
    public void EmptyTensorsAndUnknownFieldsAndEscapedNamesAreRead()
    {
        using var folder = new TempFolder();
        using var file = SafetensorsFile.Open(folder.Write("t", Bytes(
            """
            "b":{"dtype":"U8","new":{"x":[1]},"shape":[1],"data_offsets":[0,1]},
            "\u00e9":{"dtype":"F32","shape":[3,0],"data_offsets":[0,0]}
            """, [9])));
        Assert.That(file.Names, Is.EqualTo(new[] { "é", "b" }));
        Assert.That(file["é"].ReadFloats(), Is.Empty);
        Assert.That(file["b"].ReadInt64s(), Is.EqualTo(new[] { 9L }));
    }

    [Test]
    public void OpeningALargeFileReadsItsHeaderOnlyAndFloatsGoStraightToTheCaller()
    {
        const long Elements = 1L << 30; // 4 GiB, a hole on the disk but for the last tensor
        using var folder = new TempFolder();
        string path = folder.Write("t", Bytes(Entry("big", "F32", $"{Elements}", 0, Elements * 4) + ","
            + Entry("last", "F32", "100000", Elements * 4, (Elements * 4) + 400_000), []));
        float[] expected = Enumerable.Range(0, 100_000).Select(i => i / 7f).ToArray(), values = new float[100_000];
        using (var stream = File.OpenWrite(path))
        {
            stream.Position = stream.Length + (Elements * 4);
            stream.Write(System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(expected));
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        using var file = SafetensorsFile.Open(path);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(100_000), "bytes allocated by opening");
        var tensor = file["last"];
        before = GC.GetAllocatedBytesForCurrentThread();
        tensor.ReadFloats(values);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(1000), "bytes allocated by reading");
        Assert.That(values, Is.EqualTo(expected));
        byte[] end = new byte[4];
        file["big"].ReadBytes(end, (Elements * 4) - 4);
        Assert.That(end, Is.All.Zero);
    }

    [Test]
    public void AFileThatBecomesShorterIsReported()
    {
        using var folder = new TempFolder();
        string path = folder.Write("t", Bytes(Entry("n", "F32", "2", 0, 8), new byte[8]));
        using var file = SafetensorsFile.Open(path);
        using (var stream = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
            stream.SetLength(stream.Length - 1);
        Assert.That(() => file["n"].ReadFloats(), Throws.TypeOf<SafetensorsException>().With.Message.Contains("'n'"));
    }

    [Test]
    public void AClosedFileIsReported()
    {
        using var folder = new TempFolder();
        var file = SafetensorsFile.Open(folder.Write("t", Bytes(Entry("n", "F32", "1", 0, 4), new byte[4])));
        file.Dispose();
        Assert.That(() => file["n"].ReadFloats(), Throws.TypeOf<ObjectDisposedException>());
    }

    internal static string Entry(string name, string type, string shape, long begin, long end) =>
        $$"""
        "{{name}}":{"dtype":"{{type}}","shape":[{{shape}}],"data_offsets":[{{begin}},{{end}}]}
        """;

    /// <summary>A file of the header's properties (without the outer braces) and the data.</summary>
    internal static byte[] Bytes(string properties, byte[] data) => Raw(Encoding.UTF8.GetBytes("{" + properties + "}"), data);

    internal static byte[] Raw(byte[] header, byte[] data)
    {
        byte[] length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        return [.. length, .. header, .. data];
    }
}
