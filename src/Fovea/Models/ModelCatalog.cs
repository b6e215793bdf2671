using System.Globalization;
using Fovea.Core;
using Fovea.Diagnostics;
using Fovea.Files;
using Fovea.Layers;
using Fovea.Optimizers;

namespace Fovea.Models;

/// <summary>A network that can be made by name.</summary>
/// <param name="Name">The name.</param>
/// <param name="Description">What it is.</param>
/// <param name="Input">The input size of its paper, H×W×C.</param>
/// <param name="Make">Makes it for a number of classes and an input size.</param>
public sealed record ModelInfo(string Name, string Description, Shape Input, Func<int, Shape, Network> Make)
{
    /// <summary>A batch size that trains well and fits ordinary machines.</summary>
    public int BatchSize { get; init; } = 64;

    /// <summary>An optimizer that trains it from scratch, with a learning rate that falls along a cosine.</summary>
    public Optimizer Optimizer { get; init; } = new Sgd(0.02f, 0.9f) { WeightDecay = 5e-4f };

    /// <summary>During so many steps the learning rate grows, so that no unlucky initial values are driven out of reach at once.</summary>
    public int WarmUp { get; init; } = 200;

    /// <summary>How many epochs it is trained for unless told otherwise.</summary>
    public int Epochs { get; init; } = 5;
}

/// <summary>The networks that come with the engine.</summary>
public static class ModelCatalog
{
    // From scratch, without batch normalisation, these learn within the first dozens of steps with Adam and hardly with momentum.
    private static readonly Optimizer Gentle = new Adam(1e-4f);

    private static readonly Optimizer Normalized = new Sgd(0.1f, 0.9f) { WeightDecay = 1e-4f };

    /// <summary>All of them.</summary>
    public static IReadOnlyList<ModelInfo> Models { get; } =
    [
        new("lenet5", "LeNet-5 (LeCun et al., 1998) with rectifiers and max pooling", new Shape(32, 32, 1),
            (classes, input) => new LeNet5(classes, input)) { BatchSize = 32 },
        new("alexnet", "AlexNet (Krizhevsky et al., 2012) in one piece", new Shape(227, 227, 3),
            (classes, input) => new AlexNet(classes, input)) { BatchSize = 16, Optimizer = Gentle, WarmUp = 0, Epochs = 20 },
        new("alexnet-grouped", "AlexNet as in the paper, three convolutions in two groups", new Shape(227, 227, 3),
            (classes, input) => new AlexNet(classes, input, grouped: true)) { BatchSize = 16, Optimizer = Gentle, WarmUp = 0, Epochs = 20 },
        .. new[] { 11, 13, 16, 19 }.Select(layers => new ModelInfo(
            string.Create(CultureInfo.InvariantCulture, $"vgg{layers}"),
            string.Create(CultureInfo.InvariantCulture, $"VGG-{layers} (Simonyan and Zisserman, 2015)"),
            new Shape(224, 224, 3),
            (classes, input) => new Vgg(layers, classes, input)) { BatchSize = 8, Optimizer = Gentle, WarmUp = 100, Epochs = 20 }),
        new("alexnet-torchvision", "AlexNet as torchvision ships it (Krizhevsky, 2014)", new Shape(224, 224, 3),
            (classes, input) => new TorchvisionAlexNet(classes, input)) { BatchSize = 16, Optimizer = Gentle, WarmUp = 0, Epochs = 20 },
        new("zfnet", "ZFNet (Zeiler and Fergus, 2014)", new Shape(224, 224, 3),
            (classes, input) => new ZfNet(classes, input)) { BatchSize = 16, Optimizer = Gentle, WarmUp = 0, Epochs = 20 },
        new("inceptionv3", "Inception v3 (Szegedy et al., 2016)", new Shape(299, 299, 3),
            (classes, input) => new InceptionV3(classes, input)) { BatchSize = 8, Optimizer = Normalized, Epochs = 20 },
        .. new[] { 18, 34, 50, 101, 152 }.Select(layers => Residual(
            string.Create(CultureInfo.InvariantCulture, $"resnet{layers}"),
            string.Create(CultureInfo.InvariantCulture, $"ResNet-{layers} (He et al., 2016)"), layers, null)),
        Residual("resnext50", "ResNeXt-50 32×4d (Xie et al., 2017)", 50, new ResNetOptions { Groups = 32, GroupWidth = 4 }),
        Residual("seresnet50", "SE-ResNet-50 (Hu et al., 2018)", 50, new ResNetOptions { SqueezeExcitation = true }),
        .. new[] { 20, 32, 56 }.Select(layers => new ModelInfo(
            string.Create(CultureInfo.InvariantCulture, $"resnet{layers}-cifar"),
            string.Create(CultureInfo.InvariantCulture, $"ResNet-{layers} for small images (He et al., 2016)"), new Shape(32, 32, 3),
            (classes, input) => new CifarResNet(layers, classes, input)) { BatchSize = 128, Optimizer = Normalized, Epochs = 20 }),
        new("densenet121", "DenseNet-121 (Huang et al., 2017)", new Shape(224, 224, 3),
            (classes, input) => new DenseNet(classes, input)) { BatchSize = 8, Optimizer = Normalized, Epochs = 20 },
        new("mlp", "Three fully connected layers", new Shape(28, 28, 1), (classes, input) => new Mlp(classes, input)),
    ];

    private static ModelInfo Residual(string name, string description, int layers, ResNetOptions? options) =>
        new(name, description, new Shape(224, 224, 3), (classes, input) => new ResNet(layers, classes, input, options))
        {
            BatchSize = 8,
            Optimizer = Normalized,
            Epochs = 20,
        };

    /// <summary>Finds a network by name.</summary>
    /// <exception cref="ArgumentException">There is none; the message lists those that there are.</exception>
    public static ModelInfo Find(string name) =>
        Models.FirstOrDefault(model => model.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw new ArgumentException(
            $"There is no model '{name}'.{NearestName.Question(name, Models.Select(model => model.Name))} "
                + $"The models are: {string.Join(", ", Models.Select(model => model.Name))}.", nameof(name));

    /// <summary>Makes a network.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="classes">How many classes it tells apart.</param>
    /// <param name="input">The size of an image, H×W×C; its paper's if null.</param>
    /// <exception cref="ArgumentException">There is no such network, or it cannot take such an input.</exception>
    public static Network Create(string name, int classes = 1000, Shape? input = null)
    {
        Require.Positive(classes, "The number of classes");
        ModelInfo model = Find(name);
        return model.Make(classes, input ?? model.Input);
    }

    /// <summary>Makes the network that a weight file was saved from, and loads the weights.</summary>
    /// <param name="path">A file written by <see cref="Network.Save"/> or by training.</param>
    /// <param name="model">
    /// The network's name, for files that do not say it: from elsewhere, or saved from a network of a class of one's own.
    /// </param>
    /// <param name="classes">The number of classes, for such files; 1000 if null.</param>
    /// <param name="input">The input size, for such files; the paper's if null.</param>
    /// <exception cref="ArgumentException">
    /// There is no such network; or the file does not say which network it belongs to, and no name was given.
    /// </exception>
    /// <exception cref="InvalidDataException">The file does not fit.</exception>
    /// <exception cref="IOException">The file is damaged or cannot be read.</exception>
    public static Network Open(string path, string? model = null, int? classes = null, Shape? input = null)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        bool isGiven = (model, classes, input) is not (null, null, null);
        model ??= file.Metadata.GetValueOrDefault(WeightMetadata.Model)
            ?? throw new ArgumentException(
                $"{path} does not say which network its weights belong to. Name it: "
                    + $"{string.Join(", ", Models.Select(info => info.Name))}; or make the network and load the file with Load.",
                nameof(model));
        Network network;
        try
        {
            if (classes is null && file.Metadata.TryGetValue(WeightMetadata.Classes, out string? stored))
                classes = int.TryParse(stored, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number > 0
                    ? number
                    : throw new InvalidDataException($"{path} is damaged: its {WeightMetadata.Classes} is '{stored}', which is wrong.");
            if (input is null && file.Metadata.TryGetValue(WeightMetadata.Input, out string? size)) input = ParseShape(size);
            network = Create(model, classes ?? 1000, input);
        }
        // What the file says of itself is not the caller's mistake.
        catch (Exception exception) when (!isGiven && exception is ArgumentException or OverflowException)
        {
            throw new InvalidDataException($"{path} is damaged, or from another version: {exception.Message}", exception);
        }
        network.Read(file)();
        return network;
    }

    /// <summary>Reads a size such as <c>224x224x3</c>.</summary>
    /// <exception cref="ArgumentException">It is not one.</exception>
    public static Shape ParseShape(string text)
    {
        string[] parts = text.Split('x', '×', 'X');
        int[] sizes =
            [.. parts.Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int size) ? size : 0)];
        return sizes.Length == 3 && sizes.All(size => size > 0)
            ? new Shape(sizes)
            : throw new ArgumentException(
                $"'{text}' is not an input size; write height, width and channels as in 224x224x3.", nameof(text));
    }
}
