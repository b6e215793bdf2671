using Fovea.Data;
using Fovea.Files;
using Fovea.Models;
using Fovea.Testing;
using Fovea.Training;

namespace Fovea.Tests;

/// <summary>A weight file that cannot be taken whole changes nothing, and is named.</summary>
internal sealed class DamagedWeightsTests
{
    private readonly TempFolder folder = new();

    private string whole = null!;

    [OneTimeSetUp]
    public void Save()
    {
        var network = new LeNet5(10, new Shape(32, 32, 1)) { Normalization = new Normalization([0.5f], [0.25f]), ClassNames = ["a", "b"] };
        network.Initialize(1);
        network.Task = new MultiLabel(0.3f);
        network.Save(whole = folder["whole"]);
    }

    [OneTimeTearDown]
    public void RemoveFolder() => folder.Dispose();

    [Test]
    public void AnUndamagedCopyIsTaken()
    {
        LeNet5 network = Fresh();
        network.Load(Copy("copy", _ => { }));
        Assert.That((network.Normalization!.Mean[0], network.ClassNames.Count), Is.EqualTo((0.5f, 2)));
        Assert.That(network.Task, Is.EqualTo(new MultiLabel(0.3f)));
    }

    [TestCase(SafetensorsDType.F8_E5M2)]
    [TestCase(SafetensorsDType.C64)]
    [TestCase(SafetensorsDType.U64)]
    public void ALastWeightOfAnotherTypeLeavesTheFirst(SafetensorsDType type)
    {
        string path = Copy($"type{type}", _ => { }, type);
        // What is read of U64 does not pass the range of signed numbers.
        if (type == SafetensorsDType.U64) Refused<SafetensorsException>(path, "beyond the range");
        else Refused<InvalidDataException>(path, type.ToString());
    }

    [TestCase("fovea.mean", "null", "fovea.mean")]
    [TestCase("fovea.mean", "[1", "fovea.mean")]
    [TestCase("fovea.mean", "[]", "a mean and a positive deviation")]
    [TestCase("fovea.mean", "[0.5, 0.5]", "a mean and a positive deviation")]
    [TestCase("fovea.mean", null, "a mean and a positive deviation")]
    [TestCase("fovea.standard_deviation", "null", "fovea.standard_deviation")]
    [TestCase("fovea.standard_deviation", "[0]", "a mean and a positive deviation")]
    [TestCase("fovea.standard_deviation", null, "a mean and a positive deviation")]
    [TestCase("fovea.class_names", "null", "fovea.class_names")]
    [TestCase("fovea.class_names", "[\"a\", null]", "one of the names is null")]
    [TestCase("fovea.class_names", "{}", "fovea.class_names")]
    [TestCase("fovea.threshold", "0,3", "fovea.threshold is '0,3'")]
    [TestCase("fovea.threshold", "1.5", "fovea.threshold is '1.5'")]
    public void DamagedMetadataIsNamed(string key, string? value, string expected) =>
        Refused<InvalidDataException>(Copy("metadata", metadata => Set(metadata, key, value)), expected);

    [Test]
    public void ANormalisationOfOtherChannelsIsNamed() => Refused<InvalidDataException>(Copy("channels", metadata =>
    {
        metadata["fovea.mean"] = "[0.5, 0.5]";
        metadata["fovea.standard_deviation"] = "[1, 1]";
    }), "it is of 2 channels, but the network's input has 1");

    [TestCase("fovea.classes", "ten")]
    [TestCase("fovea.classes", "99999999999")]
    [TestCase("fovea.classes", "0")]
    [TestCase("fovea.input", "32x32")]
    [TestCase("fovea.model", "lenet9")]
    [TestCase("fovea.mean", "null")]
    public void TheCatalogueSaysThatTheFileIsDamaged(string key, string value) =>
        Assert.That(() => ModelCatalog.Open(Copy("catalogue", metadata => Set(metadata, key, value))),
            Throws.InstanceOf<InvalidDataException>().With.Message.Contains(folder["catalogue"]).And.Message.Contains("is damaged"));

    private static LeNet5 Fresh()
    {
        var network = new LeNet5(10, new Shape(32, 32, 1));
        network.Initialize(2);
        return network;
    }

    private static void Set(Dictionary<string, string> metadata, string key, string? value)
    {
        if (value is null) metadata.Remove(key);
        else metadata[key] = value;
    }

    private static void Refused<T>(string path, string expected)
        where T : Exception
    {
        LeNet5 network = Fresh();
        float[] before = Numbers(network);
        Assert.That(() => network.Load(path), Throws.TypeOf<T>().With.Message.Contains(path).And.Message.Contains(expected));
        Assert.That(Numbers(network), Is.EqualTo(before));
        Assert.That((network.Normalization, network.Task), Is.EqualTo((default(Normalization), default(TrainingTask))));
        Assert.That(network.ClassNames, Is.Empty);
    }

    private static float[] Numbers(LeNet5 network) => [.. network.Parameters.SelectMany(parameter => parameter.Value.Span.ToArray())];

    /// <summary>Writes the file once more, with other metadata or another type of the tensor that a network reads last.</summary>
    private string Copy(string name, Action<Dictionary<string, string>> change, SafetensorsDType last = SafetensorsDType.F32)
    {
        using SafetensorsFile file = SafetensorsFile.Open(whole);
        var metadata = new Dictionary<string, string>(file.Metadata);
        change(metadata);
        string changed = Fresh().Parameters.Last().Name;
        using var writer = new SafetensorsWriter(folder[name], file.Tensors.Select(tensor =>
            new SafetensorsEntry(tensor.Name, tensor.Name == changed ? last : tensor.DType, tensor.Shape.AsSpan())), metadata);
        foreach (SafetensorsTensor tensor in file.Tensors)
        {
            int size = tensor.Name != changed || last == SafetensorsDType.F32 ? 4 : last == SafetensorsDType.F8_E5M2 ? 1 : 8;
            byte[] bytes = new byte[tensor.ElementCount * size];
            if (size == 4) tensor.ReadBytes(bytes);
            else bytes.AsSpan().Fill(0xFF);
            writer.WriteBytes(tensor.Name, bytes);
        }
        writer.Commit();
        return folder[name];
    }
}
