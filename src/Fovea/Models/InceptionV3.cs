using Fovea.Graph;
using Fovea.Layers;
using Fovea.Ops;

namespace Fovea.Models;

/// <summary>Inception v3 without its auxiliary head: 23,834,568 parameters for 299×299×3 and 1000 classes.</summary>
/// <remarks>
/// C. Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", CVPR 2016. Modules and names are torchvision's, whose
/// weights fit.
/// </remarks>
public sealed class InceptionV3 : Network
{
    private readonly (string Name, Module Module)[] parts;
    private readonly Dropout dropout = new();
    private readonly GlobalAvgPool2d avgpool = new();
    private readonly Linear fc;

    /// <summary>Makes the network.</summary>
    /// <param name="classes">How many classes it tells apart.</param>
    /// <param name="input">The size of an image, H×W×C, at least 75×75; 299×299×3 if null.</param>
    public InceptionV3(int classes = 1000, Shape? input = null) : base(input ?? new Shape(299, 299, 3))
    {
        CatalogName = "inceptionv3";
        parts =
        [
            ("Conv2d_1a_3x3", new ConvNorm(32, 3, stride: 2)), ("Conv2d_2a_3x3", new ConvNorm(32, 3)),
            ("Conv2d_2b_3x3", new ConvNorm(64, 3, padding: 1)), ("maxpool1", new MaxPool2d(3, stride: 2)),
            ("Conv2d_3b_1x1", new ConvNorm(80, 1)), ("Conv2d_4a_3x3", new ConvNorm(192, 3)), ("maxpool2", new MaxPool2d(3, stride: 2)),
            ("Mixed_5b", A(32)), ("Mixed_5c", A(64)), ("Mixed_5d", A(64)), ("Mixed_6a", B()),
            ("Mixed_6b", C(128)), ("Mixed_6c", C(160)), ("Mixed_6d", C(160)), ("Mixed_6e", C(192)),
            ("Mixed_7a", D()), ("Mixed_7b", new BlockE()), ("Mixed_7c", new BlockE()),
        ];
        fc = new Linear(classes);
    }

    /// <inheritdoc/>
    public override IEnumerable<(string Name, Module Module)> NamedChildren =>
        [.. parts, ("avgpool", avgpool), ("dropout", dropout), ("fc", fc)];

    /// <inheritdoc/>
    public override Value Forward(Value x)
    {
        foreach ((_, Module part) in parts) x = part.Apply(x);
        return fc.Apply(dropout.Apply(avgpool.Apply(x)).Flatten());
    }

    private static Branches A(int pooled) => new(
        [("branch1x1", new ConvNorm(64, 1))],
        [("branch5x5_1", new ConvNorm(48, 1)), ("branch5x5_2", new ConvNorm(64, 5, padding: 2))],
        [("branch3x3dbl_1", new ConvNorm(64, 1)), ("branch3x3dbl_2", new ConvNorm(96, 3, padding: 1)),
            ("branch3x3dbl_3", new ConvNorm(96, 3, padding: 1))],
        [("pool", new AvgPool2d(3, 1, 1)), ("branch_pool", new ConvNorm(pooled, 1))]);

    private static Branches B() => new(
        [("branch3x3", new ConvNorm(384, 3, stride: 2))],
        [("branch3x3dbl_1", new ConvNorm(64, 1)), ("branch3x3dbl_2", new ConvNorm(96, 3, padding: 1)),
            ("branch3x3dbl_3", new ConvNorm(96, 3, stride: 2))],
        [("pool", new MaxPool2d(3, 2))]);

    private static Branches C(int width) => new(
        [("branch1x1", new ConvNorm(192, 1))],
        [("branch7x7_1", new ConvNorm(width, 1)), ("branch7x7_2", Row(width)), ("branch7x7_3", Column(192))],
        [("branch7x7dbl_1", new ConvNorm(width, 1)), ("branch7x7dbl_2", Column(width)), ("branch7x7dbl_3", Row(width)),
            ("branch7x7dbl_4", Column(width)), ("branch7x7dbl_5", Row(192))],
        [("pool", new AvgPool2d(3, 1, 1)), ("branch_pool", new ConvNorm(192, 1))]);

    private static Branches D() => new(
        [("branch3x3_1", new ConvNorm(192, 1)), ("branch3x3_2", new ConvNorm(320, 3, stride: 2))],
        [("branch7x7x3_1", new ConvNorm(192, 1)), ("branch7x7x3_2", Row(192)), ("branch7x7x3_3", Column(192)),
            ("branch7x7x3_4", new ConvNorm(192, 3, stride: 2))],
        [("pool", new MaxPool2d(3, 2))]);

    private static ConvNorm Row(int filters) => new(filters, (1, 7), padding: (0, 3));

    private static ConvNorm Column(int filters) => new(filters, (7, 1), padding: (3, 0));

    /// <summary>A convolution, batch normalisation and a rectifier.</summary>
    private sealed class ConvNorm(int filters, Size2d kernel, int stride = 1, Size2d padding = default) : Module
    {
        private readonly Conv2d conv = new(filters, kernel, stride, padding, bias: false);
        private readonly BatchNorm bn = new(epsilon: 1e-3f);

        public override Value Forward(Value x) => bn.Apply(conv.Apply(x)).Relu();
    }

    /// <summary>Chains of layers beside each other, whose channels are joined.</summary>
    private sealed class Branches(params (string Name, Module Module)[][] chains) : Module
    {
        private readonly (string Name, Module Module)[][] chains = chains;

        public override IEnumerable<(string Name, Module Module)> NamedChildren =>
            chains.SelectMany((chain, i) => chain.Select(layer => (layer.Name == "pool" ? $"pool{i}" : layer.Name, layer.Module)));

        public override Value Forward(Value x) => ArrangementOperations.Concat(
            3, [.. chains.Select(chain => chain.Aggregate(x, (value, layer) => layer.Module.Apply(value)))]);
    }

    /// <summary>The last blocks, two of whose branches divide once more.</summary>
    private sealed class BlockE : Module
    {
        private readonly ConvNorm branch1x1 = new(320, 1), branch3x3_1 = new(384, 1), branch3x3_2a = new(384, (1, 3), padding: (0, 1)),
            branch3x3_2b = new(384, (3, 1), padding: (1, 0)), branch3x3dbl_1 = new(448, 1), branch3x3dbl_2 = new(384, 3, padding: 1),
            branch3x3dbl_3a = new(384, (1, 3), padding: (0, 1)), branch3x3dbl_3b = new(384, (3, 1), padding: (1, 0)),
            branch_pool = new(192, 1);

        private readonly AvgPool2d pool = new(3, 1, 1);

        public override Value Forward(Value x)
        {
            Value three = branch3x3_1.Apply(x), twice = branch3x3dbl_2.Apply(branch3x3dbl_1.Apply(x));
            return ArrangementOperations.Concat(3, branch1x1.Apply(x), branch3x3_2a.Apply(three), branch3x3_2b.Apply(three),
                branch3x3dbl_3a.Apply(twice), branch3x3dbl_3b.Apply(twice), branch_pool.Apply(pool.Apply(x)));
        }
    }
}
