using Fovea.Data;
using Fovea.Testing;

namespace Fovea.Tests;

[TestFixture, NonParallelizable]
internal sealed class CatalogTests
{
    private TempFolder folder = null!;
    private string? cacheBefore;
    private string directoryBefore = "";

    [SetUp]
    public void Isolate()
    {
        folder = new TempFolder();
        cacheBefore = Environment.GetEnvironmentVariable(DatasetCatalog.CacheVariable);
        directoryBefore = Environment.CurrentDirectory;
        Environment.SetEnvironmentVariable(DatasetCatalog.CacheVariable, folder["cache"]);
        Directory.CreateDirectory(folder["here"]);
        Environment.CurrentDirectory = folder["here"];
    }

    [TearDown]
    public void Restore()
    {
        Environment.CurrentDirectory = directoryBefore;
        Environment.SetEnvironmentVariable(DatasetCatalog.CacheVariable, cacheBefore);
        folder.Dispose();
    }

    [Test]
    public void DigitsNeedNothing()
    {
        ImageDataset digits = DatasetCatalog.Load("Digits", seed: 9);
        Assert.That((digits.Train.Count, digits.Test.Count), Is.EqualTo((12000, 2000)));
        Assert.That(digits.Train.Pixels(0).SequenceEqual(Digits.Generate(10, 0, 9).Train.Pixels(0)));
    }

    [TestCase("here/data/mnist/", null)]
    [TestCase("cache/mnist/", null)]
    [TestCase("given/mnist/", "given")]
    [TestCase("given/", "given")]
    public void FindsANameWhereItShouldLook(string place, string? dataDirectory)
    {
        MnistTests.WriteSet(folder, place);
        string? given = dataDirectory is null ? null : folder[dataDirectory];
        Assert.That(DatasetCatalog.Load("MNIST", given).Train.Count, Is.EqualTo(3));
        Assert.That(DatasetCatalog.FindFolder("mnist", given), Does.EndWith(place.Split('/')[^2]));
    }

    [Test]
    public void CurrentDirectoryComesBeforeTheCacheAndGivenDirectoryExcludesBoth()
    {
        MnistTests.WriteSet(folder, "cache/mnist/");
        MnistTests.WriteSet(folder, "here/data/mnist/");
        Assert.That(DatasetCatalog.FindFolder("mnist"), Does.Contain("here"));
        Assert.That(() => DatasetCatalog.Load("mnist", folder["given"]), Throws.TypeOf<DatasetNotFoundException>());
    }

    [Test]
    public void MissingFilesAreToldInOneLineWithTheCommandThatGetsThem()
    {
        DatasetNotFoundException error = Assert.Throws<DatasetNotFoundException>(() => DatasetCatalog.Load("mnist"))!;
        Assert.That(error.Message, Is.EqualTo(
            $"The files of mnist are not in {folder["here/data/mnist"]} or {folder["cache/mnist"]}. Get them with: fovea data get mnist"));
        Assert.That(DatasetCatalog.FindFolder("mnist"), Is.Null);
    }

    [Test]
    public void AnotherSetsFolderIsNotTakenForTheOneAskedFor()
    {
        MnistTests.WriteSet(folder, "fashion-mnist/");
        Assert.That(() => DatasetCatalog.Load("mnist", folder["fashion-mnist"]), Throws.TypeOf<DatasetNotFoundException>());
        Assert.That(DatasetCatalog.Load("fashion-mnist", folder["fashion-mnist"]).Name, Is.EqualTo("fashion-mnist"));
        Assert.That(DatasetCatalog.Load(folder["fashion-mnist"]).Name, Is.EqualTo("fashion-mnist"));
    }

    [Test]
    public void FolderTellsItsFormat()
    {
        MnistTests.WriteSet(folder, "a/");
        folder.Write("b/cifar-10-batches-bin/data_batch_1.bin", CifarTests.Record(1, 1));
        folder.Write("b/cifar-10-batches-bin/test_batch.bin", CifarTests.Record(1, 1));
        folder.Write("c/train.bin", CifarTests.Record(1, 1, 1));
        folder.Write("c/test.bin", CifarTests.Record(1, 1, 1));
        string[] names = [.. new[] { "a", "b", "c" }.Select(name => DatasetCatalog.Load(folder[name]).Name)];
        Assert.That(names, Is.EqualTo(new[] { "mnist", "cifar10", "cifar100" }));
        AssertNotFound("here", "has no data set");
        AssertNotFound("nowhere", "There is no folder");

        void AssertNotFound(string name, string message) =>
            Assert.That(() => DatasetCatalog.Load(folder[name]), Throws.TypeOf<DatasetNotFoundException>().With.Message.Contains(message));
    }

    [TestCase("minst", "mnist")]
    [TestCase("cifar-10", "cifar10")]
    [TestCase("FashionMNIST", "fashion-mnist")]
    [TestCase("imagenet", null)]
    public void UnknownNameListsTheKnownOnesAndTheClosest(string name, string? closest)
    {
        UnknownDatasetException error = Assert.Throws<UnknownDatasetException>(() => DatasetCatalog.Load(name))!;
        Assert.That(error.Closest, Is.EqualTo(closest));
        Assert.That(error.Message, Does.Contain("digits, mnist, fashion-mnist, cifar10, cifar100"));
        Assert.That(error.Message.Contains("Did you mean"), Is.EqualTo(closest is not null));
        Assert.That(() => DatasetCatalog.Describe(name), Throws.TypeOf<UnknownDatasetException>());
    }
}
