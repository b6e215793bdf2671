using Fovea.Graph;
using Fovea.Initializers;
using Fovea.Layers;

namespace Fovea.Models;

/// <summary>ZFNet: AlexNet with a finer first convolution, 62,357,608 parameters for 224×224×3 and 1000 classes.</summary>
/// <remarks>
/// M. Zeiler, R. Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014, figure 3, with local response normalisation
/// for its contrast normalisation.
/// </remarks>
public sealed class ZfNet : Network
{
    private readonly Sequential features, classifier;

    /// <summary>Makes the network.</summary>
    /// <param name="classes">How many classes it tells apart.</param>
    /// <param name="input">The size of an image, H×W×C; 224×224×3 if null.</param>
    public ZfNet(int classes = 1000, Shape? input = null) : base(input ?? new Shape(224, 224, 3))
    {
        CatalogName = "zfnet";
        features = new Sequential(
            new Conv2d(96, kernel: 7, stride: 2, padding: 1), new Relu(), new MaxPool2d(3, stride: 2, padding: 1), new LocalResponseNorm(),
            new Conv2d(256, kernel: 5, stride: 2), new Relu(), new MaxPool2d(3, stride: 2, padding: 1), new LocalResponseNorm(),
            new Conv2d(384, kernel: 3, padding: 1), new Relu(),
            new Conv2d(384, kernel: 3, padding: 1), new Relu(),
            new Conv2d(256, kernel: 3, padding: 1), new Relu(), new MaxPool2d(3, stride: 2));
        classifier = new Sequential(new Dropout(), Dense(4096), new Relu(), new Dropout(), Dense(4096), new Relu(), Dense(classes));
    }

    /// <inheritdoc/>
    public override Value Forward(Value x) => classifier.Apply(features.Apply(x).Flatten());

    private static Linear Dense(int features) => new(features) { Initializer = new Normal(0.01f) };
}
