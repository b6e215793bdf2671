using Fovea.Graph;
using Fovea.Initializers;
using Fovea.Layers;

namespace Fovea.Models;

/// <summary>AlexNet, 96-256-384-384-256 with local response normalisation: 62,378,344 parameters for 227×227×3 and 1000 classes.</summary>
/// <remarks>
/// A. Krizhevsky, I. Sutskever, G. E. Hinton, "ImageNet Classification with Deep Convolutional Neural Networks", NIPS 2012,
/// section 3.5. The paper divides the second, fourth and fifth convolution between two cards; that is the option
/// <c>grouped</c> (60,965,224 parameters).
/// </remarks>
public sealed class AlexNet : Network
{
    private readonly Sequential features, classifier;

    /// <summary>Makes the network.</summary>
    /// <param name="classes">How many classes it tells apart.</param>
    /// <param name="input">The size of an image, H×W×C; 227×227×3 if null.</param>
    /// <param name="grouped">Whether three convolutions are divided into two groups, as in the paper.</param>
    public AlexNet(int classes = 1000, Shape? input = null, bool grouped = false) : base(input ?? new Shape(227, 227, 3))
    {
        CatalogName = grouped ? "alexnet-grouped" : "alexnet";
        int groups = grouped ? 2 : 1;
        features = new Sequential(
            new Conv2d(96, kernel: 11, stride: 4), new Relu(), new LocalResponseNorm(), new MaxPool2d(3, stride: 2),
            new Conv2d(256, kernel: 5, padding: 2, groups: groups), new Relu(), new LocalResponseNorm(), new MaxPool2d(3, stride: 2),
            new Conv2d(384, kernel: 3, padding: 1), new Relu(),
            new Conv2d(384, kernel: 3, padding: 1, groups: groups), new Relu(),
            new Conv2d(256, kernel: 3, padding: 1, groups: groups), new Relu(), new MaxPool2d(3, stride: 2));
        classifier = new Sequential(
            new Dropout(), Dense(4096), new Relu(),
            new Dropout(), Dense(4096), new Relu(),
            Dense(classes));
    }

    /// <inheritdoc/>
    public override Value Forward(Value x) => classifier.Apply(features.Apply(x).Flatten());

    // As in the paper; a wider distribution makes the first logits so large that training diverges.
    private static Linear Dense(int features) => new(features) { Initializer = new Normal(0.01f) };
}
