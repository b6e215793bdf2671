using System.Globalization;
using Fovea.Graph;
using Fovea.Initializers;
using Fovea.Layers;

namespace Fovea.Models;

/// <summary>What a <see cref="ResNet"/> is besides its number of layers.</summary>
public sealed record ResNetOptions
{
    /// <summary>Into how many groups the 3×3 convolutions of bottlenecks are divided; more than one makes a ResNeXt.</summary>
    public int Groups { get; init; } = 1;

    /// <summary>Channels of a group in the first stage; 64 with one group.</summary>
    public int GroupWidth { get; init; } = 64;

    /// <summary>Whether each block weighs its channels by squeeze and excitation.</summary>
    public bool SqueezeExcitation { get; init; }
}

/// <summary>
/// Residual networks: ResNet-18 has 11,689,512 parameters for 1000 classes, ResNet-50 25,557,032, ResNeXt-50 (32×4d) 25,028,904 and
/// SE-ResNet-50 28,088,024.
/// </summary>
/// <remarks>
/// K. He et al., "Deep Residual Learning for Image Recognition", CVPR 2016, table 1; S. Xie et al., "Aggregated Residual Transformations",
/// CVPR 2017; J. Hu et al., "Squeeze-and-Excitation Networks", CVPR 2018. As in torchvision, whose weights fit, the 3×3 convolution of a
/// bottleneck has the stride.
/// </remarks>
public sealed class ResNet : Network
{
    private readonly Conv2d conv1 = Convolution(64, 7, 2);
    private readonly BatchNorm bn1 = new();
    private readonly MaxPool2d maxpool = new(3, stride: 2, padding: 1);
    private readonly Sequential layer1, layer2, layer3, layer4;
    private readonly GlobalAvgPool2d avgpool = new();
    private readonly Linear fc;

    /// <summary>Makes the network.</summary>
    /// <param name="layers">18, 34, 50, 101 or 152 layers with weights.</param>
    /// <param name="classes">How many classes it tells apart.</param>
    /// <param name="input">The size of an image, H×W×C; 224×224×3 if null.</param>
    /// <param name="options">Groups, and what else differs.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no ResNet with so many layers.</exception>
    public ResNet(int layers, int classes = 1000, Shape? input = null, ResNetOptions? options = null)
        : base(input ?? new Shape(224, 224, 3))
    {
        options ??= new ResNetOptions();
        int[] blocks = layers switch
        {
            18 => [2, 2, 2, 2],
            34 or 50 => [3, 4, 6, 3],
            101 => [3, 4, 23, 3],
            152 => [3, 8, 36, 3],
            _ => throw new ArgumentOutOfRangeException(nameof(layers), layers, "ResNet has 18, 34, 50, 101 or 152 layers."),
        };
        string kind = options.SqueezeExcitation ? "seresnet" : options.Groups > 1 ? "resnext" : "resnet";
        CatalogName = string.Create(CultureInfo.InvariantCulture, $"{kind}{layers}");
        Sequential[] stages = [.. blocks.Select((count, stage) => new Sequential(Enumerable.Range(0, count).Select(block =>
        {
            int stride = stage > 0 && block == 0 ? 2 : 1, channels = 64 << stage;
            return layers < 50 ? (Module)new BasicBlock(channels, stride, stage > 0 && block == 0, options)
                : new Bottleneck(channels, stride, block == 0, options);
        })))];
        (layer1, layer2, layer3, layer4) = (stages[0], stages[1], stages[2], stages[3]);
        fc = new Linear(classes) { Initializer = new Normal(0.01f) };
    }

    /// <inheritdoc/>
    public override Value Forward(Value x)
    {
        x = maxpool.Apply(bn1.Apply(conv1.Apply(x)).Relu());
        x = layer4.Apply(layer3.Apply(layer2.Apply(layer1.Apply(x))));
        return fc.Apply(avgpool.Apply(x).Flatten());
    }

    /// <summary>A convolution without bias, padded to keep the size.</summary>
    internal static Conv2d Convolution(int filters, int kernel, int stride = 1, int groups = 1) =>
        new(filters, kernel, stride, padding: kernel / 2, groups: groups, bias: false);

    private static Sequential? Projection(int filters, int stride, bool needed) =>
        needed ? new Sequential(Convolution(filters, 1, stride), new BatchNorm()) : null;

    private static SqueezeExcitation? Weighing(int channels, ResNetOptions options) =>
        options.SqueezeExcitation ? new SqueezeExcitation(channels) : null;

    /// <summary>Two 3×3 convolutions.</summary>
    private sealed class BasicBlock(int channels, int stride, bool projected, ResNetOptions options) : Module
    {
        private readonly Conv2d conv1 = Convolution(channels, 3, stride), conv2 = Convolution(channels, 3);
        private readonly BatchNorm bn1 = new(), bn2 = new();
        private readonly SqueezeExcitation? se = Weighing(channels, options);
        private readonly Sequential? downsample = Projection(channels, stride, projected);

        public override Value Forward(Value x)
        {
            Value y = bn2.Apply(conv2.Apply(bn1.Apply(conv1.Apply(x)).Relu()));
            return ((se?.Apply(y) ?? y) + (downsample?.Apply(x) ?? x)).Relu();
        }
    }

    /// <summary>A 3×3 convolution between two of 1×1, the last of which has four times the channels.</summary>
    private sealed class Bottleneck(int channels, int stride, bool projected, ResNetOptions options) : Module
    {
        private readonly Conv2d conv1 = Convolution(channels * options.GroupWidth / 64 * options.Groups, 1);
        private readonly Conv2d conv2 = Convolution(channels * options.GroupWidth / 64 * options.Groups, 3, stride, options.Groups);
        private readonly Conv2d conv3 = Convolution(4 * channels, 1);
        private readonly BatchNorm bn1 = new(), bn2 = new(), bn3 = new();
        private readonly SqueezeExcitation? se = Weighing(4 * channels, options);
        private readonly Sequential? downsample = Projection(4 * channels, stride, projected);

        public override Value Forward(Value x)
        {
            Value y = bn2.Apply(conv2.Apply(bn1.Apply(conv1.Apply(x)).Relu())).Relu();
            y = bn3.Apply(conv3.Apply(y));
            return ((se?.Apply(y) ?? y) + (downsample?.Apply(x) ?? x)).Relu();
        }
    }
}
