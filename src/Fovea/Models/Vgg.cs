using System.Globalization;
using Fovea.Graph;
using Fovea.Initializers;
using Fovea.Layers;

namespace Fovea.Models;

/// <summary>
/// The VGG networks A, B, D and E: 3×3 convolutions throughout. VGG-16 has 138,357,544 parameters for 224×224×3 and 1000 classes.
/// </summary>
/// <remarks>
/// K. Simonyan, A. Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", ICLR 2015, table 1. Layers are
/// numbered as in torchvision, whose weights fit.
/// </remarks>
public sealed class Vgg : Network
{
    private readonly Sequential features, classifier;

    /// <summary>Makes the network.</summary>
    /// <param name="layers">11, 13, 16 or 19 layers with weights.</param>
    /// <param name="classes">How many classes it tells apart.</param>
    /// <param name="input">The size of an image, H×W×C, at least 32×32; 224×224×3 if null.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no VGG with so many layers.</exception>
    public Vgg(int layers, int classes = 1000, Shape? input = null) : base(input ?? new Shape(224, 224, 3))
    {
        // Convolutions in each of the five blocks.
        int[] blocks = layers switch
        {
            11 => [1, 1, 2, 2, 2],
            13 => [2, 2, 2, 2, 2],
            16 => [2, 2, 3, 3, 3],
            19 => [2, 2, 4, 4, 4],
            _ => throw new ArgumentOutOfRangeException(nameof(layers), layers, "VGG has 11, 13, 16 or 19 layers."),
        };
        CatalogName = string.Create(CultureInfo.InvariantCulture, $"vgg{layers}");
        features = new Sequential(blocks.SelectMany((convolutions, block) => Block(convolutions, Math.Min(64 << block, 512))));
        classifier = new Sequential(
            Dense(4096), new Relu(), new Dropout(),
            Dense(4096), new Relu(), new Dropout(),
            Dense(classes));
    }

    /// <inheritdoc/>
    public override Value Forward(Value x) => classifier.Apply(features.Apply(x).Flatten());

    private static IEnumerable<Module> Block(int convolutions, int filters)
    {
        for (int i = 0; i < convolutions; i++)
        {
            yield return new Conv2d(filters, kernel: 3, padding: 1);
            yield return new Relu();
        }
        yield return new MaxPool2d(2);
    }

    // As in the paper; a wider distribution makes the first logits so large that training diverges.
    private static Linear Dense(int features) => new(features) { Initializer = new Normal(0.01f) };
}
