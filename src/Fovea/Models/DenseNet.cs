using Fovea.Graph;
using Fovea.Layers;

namespace Fovea.Models;

/// <summary>
/// DenseNet-121: 7,978,856 parameters for 224×224×3 and 1000 classes. Every layer of a block gets what all before it gave.
/// </summary>
/// <remarks>
/// G. Huang et al., "Densely Connected Convolutional Networks", CVPR 2017, table 1, with a growth of 32. Names are torchvision's, whose
/// weights fit.
/// </remarks>
public sealed class DenseNet : Network
{
    private const int Growth = 32;

    private readonly Dictionary<string, Module> features = [];
    private readonly GlobalAvgPool2d pool = new();
    private readonly Linear classifier;

    /// <summary>Makes the network.</summary>
    /// <param name="classes">How many classes it tells apart.</param>
    /// <param name="input">The size of an image, H×W×C; 224×224×3 if null.</param>
    public DenseNet(int classes = 1000, Shape? input = null) : base(input ?? new Shape(224, 224, 3))
    {
        CatalogName = "densenet121";
        features["conv0"] = ResNet.Convolution(64, 7, 2);
        features["norm0"] = new BatchNorm();
        features["relu0"] = new Relu();
        features["pool0"] = new MaxPool2d(3, stride: 2, padding: 1);
        int[] blocks = [6, 12, 24, 16];
        int channels = 64;
        for (int i = 1; i <= blocks.Length; i++)
        {
            features[$"denseblock{i}"] = new Block(blocks[i - 1]);
            channels += blocks[i - 1] * Growth;
            if (i == blocks.Length) break;
            features[$"transition{i}"] = new Transition(channels /= 2);
        }
        features["norm5"] = new BatchNorm();
        features["relu5"] = new Relu();
        classifier = new Linear(classes);
    }

    /// <inheritdoc/>
    public override Value Forward(Value x)
    {
        foreach (Module part in features.Values) x = part.Apply(x);
        return classifier.Apply(pool.Apply(x).Flatten());
    }

    private sealed class Block(int layers) : Module
    {
        private readonly DenseLayer[] layers = [.. Enumerable.Range(0, layers).Select(_ => new DenseLayer())];

        public override IEnumerable<(string Name, Module Module)> NamedChildren =>
            layers.Select((layer, i) => (FormattableString.Invariant($"denselayer{i + 1}"), (Module)layer));

        public override Value Forward(Value x)
        {
            foreach (DenseLayer layer in layers) x = ArrangementOperations.Concat(3, x, layer.Apply(x));
            return x;
        }
    }

    private sealed class DenseLayer : Module
    {
        private readonly BatchNorm norm1 = new(), norm2 = new();
        private readonly Conv2d conv1 = ResNet.Convolution(4 * Growth, 1), conv2 = ResNet.Convolution(Growth, 3);

        public override Value Forward(Value x) => conv2.Apply(norm2.Apply(conv1.Apply(norm1.Apply(x).Relu())).Relu());
    }

    private sealed class Transition(int channels) : Module
    {
        private readonly BatchNorm norm = new();
        private readonly Conv2d conv = ResNet.Convolution(channels, 1);
        private readonly AvgPool2d pool = new(2);

        public override Value Forward(Value x) => pool.Apply(conv.Apply(norm.Apply(x).Relu()));
    }
}
