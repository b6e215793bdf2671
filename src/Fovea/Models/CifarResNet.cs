using System.Globalization;
using Fovea.Graph;
using Fovea.Layers;

namespace Fovea.Models;

/// <summary>The residual networks for small images: ResNet-20 has 269,722 parameters for 32×32×3 and 10 classes.</summary>
/// <remarks>
/// K. He et al., "Deep Residual Learning for Image Recognition", CVPR 2016, section 4.2. Where the number of channels grows, the shortcut
/// takes every other pixel and fills up with zeros, without parameters (option A).
/// </remarks>
public sealed class CifarResNet : Network
{
    private readonly Conv2d conv1 = ResNet.Convolution(16, 3);
    private readonly BatchNorm bn1 = new();
    private readonly Sequential layer1, layer2, layer3;
    private readonly GlobalAvgPool2d avgpool = new();
    private readonly Linear fc;

    /// <summary>Makes the network.</summary>
    /// <param name="layers">6n + 2 layers with weights: 20, 32, 44, 56 …</param>
    /// <param name="classes">How many classes it tells apart.</param>
    /// <param name="input">The size of an image, H×W×C; 32×32×3 if null.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such network with so many layers.</exception>
    public CifarResNet(int layers, int classes = 10, Shape? input = null) : base(input ?? new Shape(32, 32, 3))
    {
        if (layers < 8 || (layers - 2) % 6 != 0)
            throw new ArgumentOutOfRangeException(nameof(layers), layers, "These networks have 6n + 2 layers, such as 20, 32 or 56.");
        CatalogName = string.Create(CultureInfo.InvariantCulture, $"resnet{layers}-cifar");
        int blocks = (layers - 2) / 6;
        Sequential Stage(int channels, int stride) =>
            new(Enumerable.Range(0, blocks).Select(block => new Block(channels, block == 0 ? stride : 1)));
        (layer1, layer2, layer3) = (Stage(16, 1), Stage(32, 2), Stage(64, 2));
        fc = new Linear(classes);
    }

    /// <inheritdoc/>
    public override Value Forward(Value x)
    {
        x = layer3.Apply(layer2.Apply(layer1.Apply(bn1.Apply(conv1.Apply(x)).Relu())));
        return fc.Apply(avgpool.Apply(x).Flatten());
    }

    private sealed class Block(int channels, int stride) : Module
    {
        private readonly Conv2d conv1 = ResNet.Convolution(channels, 3, stride), conv2 = ResNet.Convolution(channels, 3);
        private readonly BatchNorm bn1 = new(), bn2 = new();
        private readonly MaxPool2d subsample = new(1, stride);

        public override Value Forward(Value x)
        {
            Value y = bn2.Apply(conv2.Apply(bn1.Apply(conv1.Apply(x)).Relu()));
            int missing = channels - x.Shape[3];
            if (stride > 1) x = subsample.Apply(x);
            if (missing > 0) x = x.Pad(3, missing / 2, missing - (missing / 2));
            return (y + x).Relu();
        }
    }
}
