using Fovea.Graph;
using Fovea.Initializers;
using Fovea.Layers;

namespace Fovea.Models;

/// <summary>The narrower AlexNet that torchvision ships: 61,100,840 parameters for 224×224×3 and 1000 classes.</summary>
/// <remarks>A. Krizhevsky, "One weird trick for parallelizing convolutional neural networks", 2014. Torchvision's weights fit.</remarks>
public sealed class TorchvisionAlexNet : Network
{
    private readonly Sequential features, classifier;
    private readonly AdaptiveAvgPool2d avgpool = new(6);

    /// <summary>Makes the network.</summary>
    /// <param name="classes">How many classes it tells apart.</param>
    /// <param name="input">The size of an image, H×W×C, at least 63×63; 224×224×3 if null.</param>
    public TorchvisionAlexNet(int classes = 1000, Shape? input = null) : base(input ?? new Shape(224, 224, 3))
    {
        CatalogName = "alexnet-torchvision";
        features = new Sequential(
            new Conv2d(64, kernel: 11, stride: 4, padding: 2), new Relu(), new MaxPool2d(3, stride: 2),
            new Conv2d(192, kernel: 5, padding: 2), new Relu(), new MaxPool2d(3, stride: 2),
            new Conv2d(384, kernel: 3, padding: 1), new Relu(),
            new Conv2d(256, kernel: 3, padding: 1), new Relu(),
            new Conv2d(256, kernel: 3, padding: 1), new Relu(), new MaxPool2d(3, stride: 2));
        classifier = new Sequential(new Dropout(), Dense(4096), new Relu(), new Dropout(), Dense(4096), new Relu(), Dense(classes));
    }

    /// <inheritdoc/>
    public override Value Forward(Value x) => classifier.Apply(avgpool.Apply(features.Apply(x)).Flatten());

    private static Linear Dense(int features) => new(features) { Initializer = new Normal(0.01f) };
}
