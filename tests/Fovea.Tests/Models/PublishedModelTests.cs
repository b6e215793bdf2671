using Fovea.Layers;
using Fovea.Models;

namespace Fovea.Tests;

/// <summary>The networks are those of their papers: parameters, sizes, multiply-adds and names.</summary>
internal sealed class PublishedModelTests
{
    [TestCase("lenet5", 10, 61_706, 416_520)]
    [TestCase("alexnet", 1000, 62_378_344, 1_135_256_096)]
    [TestCase("alexnet-grouped", 1000, 60_965_224, 724_406_816)]
    [TestCase("vgg11", 1000, 132_863_336, 7_609_090_048)]
    [TestCase("vgg13", 1000, 133_047_848, 11_308_466_176)]
    [TestCase("vgg16", 1000, 138_357_544, 15_470_264_320)]
    [TestCase("vgg19", 1000, 143_667_240, 19_632_062_464)]
    public void ParametersAndMultiplyAdds(string name, int classes, long parameters, long multiplyAdds)
    {
        ParametersAsPublished(name, classes, parameters);
        Assert.That(NetworkSummary.Of(ModelCatalog.Create(name, classes)).MultiplyAdds, Is.EqualTo(multiplyAdds));
    }

    [TestCase("alexnet-torchvision", 1000, 61_100_840)]
    [TestCase("zfnet", 1000, 62_357_608)]
    [TestCase("inceptionv3", 1000, 23_834_568)]
    [TestCase("resnet18", 1000, 11_689_512)]
    [TestCase("resnet34", 1000, 21_797_672)]
    [TestCase("resnet50", 1000, 25_557_032)]
    [TestCase("resnet101", 1000, 44_549_160)]
    [TestCase("resnet152", 1000, 60_192_808)]
    [TestCase("resnext50", 1000, 25_028_904)]
    [TestCase("seresnet50", 1000, 28_088_024)]
    [TestCase("densenet121", 1000, 7_978_856)]
    [TestCase("resnet20-cifar", 10, 269_722)]
    [TestCase("resnet32-cifar", 10, 464_154)]
    [TestCase("resnet56-cifar", 10, 853_018)]
    [TestCase("mlp", 10, 535_818)]
    public void ParametersAsPublished(string name, int classes, long parameters)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Network network = ModelCatalog.Create(name, classes);
        NetworkSummary summary = NetworkSummary.Of(network);
        Assert.That(summary.Parameters, Is.EqualTo(parameters));
        Assert.That((network.ParameterCount, network.Classes), Is.EqualTo((parameters, classes)));
        Assert.That(network.IsInitialized, Is.False);
        Assert.That(
            GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan((8 << 20) + (parameters / 4)), "counting makes no parameters");
    }

    private static readonly string[] LeNet5Layers =
    [
        "conv1 Conv2d 28×28×6 156 117600", "pool1 MaxPool2d 14×14×6 0 0", "conv2 Conv2d 10×10×16 2416 240000", "pool2 MaxPool2d 5×5×16 0 0",
        "fc1 Linear 120 48120 48000", "fc2 Linear 84 10164 10080", "fc3 Linear 10 850 840",
    ];

    private static readonly string[] AlexNetLayers =
    [
        "features.0 Conv2d 55×55×96 34944 105415200", "features.1 Relu 55×55×96 0 0", "features.2 LocalResponseNorm 55×55×96 0 0",
            "features.3 MaxPool2d 27×27×96 0 0",
        "features.4 Conv2d 27×27×256 614656 447897600", "features.5 Relu 27×27×256 0 0", "features.6 LocalResponseNorm 27×27×256 0 0",
            "features.7 MaxPool2d 13×13×256 0 0",
        "features.8 Conv2d 13×13×384 885120 149520384", "features.9 Relu 13×13×384 0 0", "features.10 Conv2d 13×13×384 1327488 224280576",
            "features.11 Relu 13×13×384 0 0",
        "features.12 Conv2d 13×13×256 884992 149520384", "features.13 Relu 13×13×256 0 0", "features.14 MaxPool2d 6×6×256 0 0",
        "classifier.0 Dropout 9216 0 0", "classifier.1 Linear 4096 37752832 37748736", "classifier.2 Relu 4096 0 0",
        "classifier.3 Dropout 4096 0 0", "classifier.4 Linear 4096 16781312 16777216", "classifier.5 Relu 4096 0 0",
            "classifier.6 Linear 1000 4097000 4096000",
    ];

    [Test]
    public void LayersOfLeNet5() => AssertLayers(new LeNet5(), LeNet5Layers);

    [Test]
    public void LayersOfAlexNet() => AssertLayers(new AlexNet(), AlexNetLayers);

    private static void AssertLayers(Network network, string[] expected)
    {
        NetworkSummary summary = NetworkSummary.Of(network);
        Assert.That(summary.Layers.Select(layer => FormattableString.Invariant(
            $"{layer.Path} {layer.Kind} {layer.Output} {layer.Parameters} {layer.MultiplyAdds}")), Is.EqualTo(expected));
        Assert.That(summary.ToString(), Does.Contain(expected[0].Split(' ')[0]).And.Contain($"{summary.Parameters:N0}"));
    }

    // As in torchvision: rectifiers, poolings and dropouts are counted too.
    [TestCase(11, "0 3 6 8 11 13 16 18")]
    [TestCase(13, "0 2 5 7 10 12 15 17 20 22")]
    [TestCase(16, "0 2 5 7 10 12 14 17 19 21 24 26 28")]
    [TestCase(19, "0 2 5 7 10 12 14 16 19 21 23 25 28 30 32 34")]
    public void VggHasTheParameterNamesOfTorchvision(int layers, string convolutions)
    {
        var network = new Vgg(layers);
        network.Build();
        string[] expected =
            [.. convolutions.Split(' ').Select(number => $"features.{number}"), "classifier.0", "classifier.3", "classifier.6"];
        Assert.That(network.Parameters.Select(parameter => parameter.Name),
            Is.EqualTo(expected.SelectMany(layer => new[] { $"{layer}.weight", $"{layer}.bias" })));
        Assert.That(NetworkSummary.Of(network).Layers.Where(layer => layer.Kind == "MaxPool2d").Select(layer => layer.Output.ToString()),
            Is.EqualTo(new[] { "112×112×64", "56×56×128", "28×28×256", "14×14×512", "7×7×512" }));
    }

    [Test]
    public void ALayerThatIsUsedTwiceIsCountedOnceInParametersAndTwiceInWork()
    {
        NetworkSummary summary = NetworkSummary.Of(new Twice());
        Assert.That((summary.Parameters, summary.MultiplyAdds), Is.EqualTo((4 * 4 + 4, 2 * 4 * 4)));
    }

    [Test]
    public void UnknownModelsAndSizesListWhatThereIs()
    {
        Assert.That(
            () => ModelCatalog.Create("resnet"), Throws.ArgumentException.With.Message.Contains("lenet5").And.Message.Contains("vgg19"));
        Assert.That(() => new Vgg(12), Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains("11, 13, 16 or 19"));
        Assert.That(() => ModelCatalog.ParseShape("32x32"), Throws.ArgumentException.With.Message.Contains("224x224x3"));
        Assert.That(ModelCatalog.ParseShape("32x48x1"), Is.EqualTo(new Shape(32, 48, 1)));
    }

    private sealed class Twice() : Network(new Shape(4))
    {
        private readonly Linear layer = new(4);

        public override Graph.Value Forward(Graph.Value x) => layer.Apply(layer.Apply(x));
    }
}
