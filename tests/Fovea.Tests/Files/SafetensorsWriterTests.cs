using System.Text;
using Fovea.Files;
using Fovea.Testing;

namespace Fovea.Tests;

public class SafetensorsWriterTests
{
    private static readonly SafetensorsEntry[] Entries =
    [
        new("labels", SafetensorsDType.U8, 3L),
        new("features.0.weight", SafetensorsDType.F32, 2L, 1L, 1L, 2L),
        new("größe \"x\"\n", SafetensorsDType.I64),
        new("empty", SafetensorsDType.F16, 0L, 4L),
    ];

    [Test]
    public void WhatIsWrittenIsRead()
    {
        using var folder = new TempFolder();
        string path = folder["w.safetensors"];
        Write(path);

        using var file = SafetensorsFile.Open(path);
        Assert.That(file.Names, Is.EqualTo(new[] { "größe \"x\"\n", "features.0.weight", "empty", "labels" }));
        Assert.That(file["labels"].ReadInt64s(), Is.EqualTo(new[] { 5L, 6, 255 }));
        Assert.That(file["features.0.weight"].ReadFloats(), Is.EqualTo(new[] { 1f, -2f, float.MaxValue, float.Epsilon }));
        Assert.That(file["features.0.weight"].Shape, Is.EqualTo(new long[] { 2, 1, 1, 2 }));
        Assert.That(file["größe \"x\"\n"].ReadInt64s(), Is.EqualTo(new[] { long.MinValue }));
        Assert.That(file["empty"].ReadFloats(), Is.Empty);
        Assert.That(file.Metadata, Is.EquivalentTo(new Dictionary<string, string> { ["format"] = "pt", ["épo<ch>"] = "3 \"'" }));
        foreach (var tensor in file.Tensors.Where(tensor => tensor.ElementCount > 0))
            Assert.That(tensor.Offset % (tensor.ByteLength / tensor.ElementCount), Is.Zero, $"alignment of {tensor.Name}");
        Assert.That(folder.Names(), Is.EqualTo(new[] { "w.safetensors" }));
    }

    [Test]
    public void TheSameInputGivesTheSameBytesInTheFormatsLayout()
    {
        using var folder = new TempFolder();
        Write(folder["1"]);
        Write(folder["2"]);
        byte[] first = File.ReadAllBytes(folder["1"]);
        Assert.That(File.ReadAllBytes(folder["2"]), Is.EqualTo(first));

        int length = (int)BitConverter.ToInt64(first);
        Assert.That(length % 8, Is.Zero);
        string header = """
            {"__metadata__":{"format":"pt","épo<ch>":"3 \"'"},
            "größe \"x\"\n":{"dtype":"I64","shape":[],"data_offsets":[0,8]},
            "features.0.weight":{"dtype":"F32","shape":[2,1,1,2],"data_offsets":[8,24]},
            "empty":{"dtype":"F16","shape":[0,4],"data_offsets":[24,24]},
            "labels":{"dtype":"U8","shape":[3],"data_offsets":[24,27]}}
            """;
        Assert.That(Encoding.UTF8.GetString(first, 8, length).TrimEnd(' '), Is.EqualTo(header.ReplaceLineEndings("")));
        Assert.That(first, Has.Length.EqualTo(8 + length + 27));
    }

    [Test]
    public void AFileOfTheReferencesSurvivesARoundTrip()
    {
        using var folder = new TempFolder();
        using var original = SafetensorsFile.Open(SharedFiles.Require("reference/net_lenet5_small.safetensors"));
        var entries = original.Tensors.Select(t => new SafetensorsEntry(t.Name, t.DType, t.Shape.AsSpan()));
        using (var writer = new SafetensorsWriter(folder["copy"], entries, original.Metadata))
        {
            foreach (var tensor in original.Tensors)
            {
                byte[] bytes = new byte[tensor.ByteLength];
                tensor.ReadBytes(bytes);
                writer.WriteBytes(tensor.Name, bytes);
            }
            writer.Commit();
        }
        using var copy = SafetensorsFile.Open(folder["copy"]);
        Assert.That(copy.Metadata, Is.EquivalentTo(original.Metadata));
        Assert.That(copy.Names, Is.EquivalentTo(original.Names));
        foreach (var tensor in original.Tensors)
        {
            Assert.That(copy[tensor.Name].Shape, Is.EqualTo(tensor.Shape));
            if (tensor.DType == SafetensorsDType.F32)
                Assert.That(copy[tensor.Name].ReadFloats(), Is.EqualTo(tensor.ReadFloats()));
            else
                Assert.That(copy[tensor.Name].ReadInt64s(), Is.EqualTo(tensor.ReadInt64s()));
        }
    }

    [Test]
    public void DataBeyondTwoGigabytesFindTheirPlace()
    {
        const long Elements = (1L << 31) + 5, HeaderLength = 160;
        using var folder = new TempFolder();
        string path = folder["big"];
        using (var writer = new SafetensorsWriter(path, [new("big", SafetensorsDType.U8, Elements), new("end", SafetensorsDType.U8, 2L)]))
        {
            writer.WriteBytes("end", [7, 8]);
            Assert.That(() => writer.Commit(), Throws.InvalidOperationException.With.Message.Contains($"'big' still lacks {Elements}"));
            var written = new FileInfo(folder[folder.Names().Single()]);
            Assert.That(written.Length, Is.EqualTo(HeaderLength + Elements + 2));
        }
        Assert.That(folder.Names(), Is.Empty);
    }

    [Test]
    public void AnUnfinishedFileLeavesTheOldOne()
    {
        using var folder = new TempFolder();
        string path = folder.Write("w", [1]);
        using (var writer = new SafetensorsWriter(path, Entries))
        {
            writer.Write("features.0.weight", [1f, 2f]);
            Assert.That(() => writer.Commit(), Throws.InvalidOperationException);
        }
        Assert.That(File.ReadAllBytes(path), Is.EqualTo(new byte[] { 1 }));
        Assert.That(folder.Names(), Is.EqualTo(new[] { "w" }));
    }

    [Test]
    public void WrongUseIsReported()
    {
        using var folder = new TempFolder();
        SafetensorsWriter Create(params SafetensorsEntry[] entries) => new(folder["w"], entries);
        Assert.That(() => Create(Entries[0], Entries[0]), Throws.ArgumentException.With.Message.Contains("'labels'"));
        Assert.That(() => Create(new SafetensorsEntry("__metadata__", SafetensorsDType.U8)), Throws.ArgumentException);
        Assert.That(() => Create(new SafetensorsEntry("\ud800", SafetensorsDType.U8)), Throws.InstanceOf<ArgumentException>());
        Assert.That(
            () => Create(new SafetensorsEntry("x", SafetensorsDType.U8, -1L)),
            Throws.ArgumentException.With.Message.Contains("-1"));
        Assert.That(() => Create(new SafetensorsEntry("x", SafetensorsDType.U8, long.MaxValue), Entries[0]), Throws.ArgumentException);
        Assert.That(folder.Names(), Is.Empty);

        using var writer = Create(Entries);
        Assert.That(() => writer.Write("other", [1f]), Throws.ArgumentException.With.Message.Contains("'other'"));
        Assert.That(() => writer.Write("labels", [1f]), Throws.ArgumentException.With.Message.Contains("U8"));
        Assert.That(() => writer.WriteBytes("labels", new byte[4]), Throws.ArgumentException.With.Message.Contains("3 bytes"));
        writer.Dispose();
        Assert.That(() => writer.WriteBytes("labels", [1]), Throws.TypeOf<ObjectDisposedException>());
    }

    private static void Write(string path)
    {
        var metadata = new Dictionary<string, string> { ["épo<ch>"] = "3 \"'", ["format"] = "pt" };
        using var writer = new SafetensorsWriter(path, Entries, metadata);
        writer.WriteBytes("labels", [5, 6, 255]);
        writer.Write("features.0.weight", [1f, -2f, float.MaxValue]);
        writer.Write("größe \"x\"\n", [long.MinValue]);
        writer.Write("features.0.weight", [float.Epsilon]);
        writer.Commit();
    }
}
