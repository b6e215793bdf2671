using Fovea.Graph;
using Fovea.Layers;

namespace Fovea.Models;

/// <summary>A network of fully connected layers alone, with 512 and 256 hidden features.</summary>
public sealed class Mlp : Network
{
    private readonly Linear fc1 = new(512), fc2 = new(256), fc3;

    /// <summary>Makes the network.</summary>
    /// <param name="classes">How many classes it tells apart.</param>
    /// <param name="input">The size of an input, H×W×C for images; 28×28×1 if null.</param>
    public Mlp(int classes = 10, Shape? input = null) : base(input ?? new Shape(28, 28, 1))
    {
        CatalogName = "mlp";
        fc3 = new Linear(classes);
    }

    /// <inheritdoc/>
    public override Value Forward(Value x) => fc3.Apply(fc2.Apply(fc1.Apply(x.Flatten()).Relu()).Relu());
}
