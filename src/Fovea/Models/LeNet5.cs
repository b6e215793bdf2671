using Fovea.Graph;
using Fovea.Initializers;
using Fovea.Layers;

namespace Fovea.Models;

/// <summary>LeNet-5 with rectifiers and max pooling: 61,706 parameters for 32×32 grey images and ten classes.</summary>
/// <remarks>
/// Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-Based Learning Applied to Document Recognition", Proc. IEEE 86(11), 1998,
/// section II.B; layers as there, with today's activations.
/// </remarks>
public sealed class LeNet5 : Network
{
    private readonly Conv2d conv1 = new(6, kernel: 5), conv2 = new(16, kernel: 5);
    private readonly Linear fc1 = new(120), fc2 = new(84), fc3;
    private readonly MaxPool2d pool1 = new(2), pool2 = new(2);

    /// <summary>Makes the network.</summary>
    /// <param name="classes">How many classes it tells apart.</param>
    /// <param name="input">The size of an image, H×W×C; 32×32×1 if null.</param>
    public LeNet5(int classes = 10, Shape? input = null) : base(input ?? new Shape(32, 32, 1))
    {
        CatalogName = "lenet5";
        fc3 = new Linear(classes) { Initializer = new GlorotUniform() };
    }

    /// <inheritdoc/>
    public override Value Forward(Value x)
    {
        x = pool1.Apply(conv1.Apply(x).Relu());
        x = pool2.Apply(conv2.Apply(x).Relu());
        x = fc1.Apply(x.Flatten()).Relu();
        return fc3.Apply(fc2.Apply(x).Relu());
    }
}
