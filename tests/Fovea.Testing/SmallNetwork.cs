using Fovea.Data;
using Fovea.Graph;
using Fovea.Initializers;
using Fovea.Layers;

namespace Fovea.Testing;

/// <summary>A network with everything that matters to training, dropout included, and small enough for tests.</summary>
internal sealed class SmallNetwork() : Network(new Shape(14, 14, 1))
{
    private readonly Conv2d conv = new(8, kernel: 5, stride: 2, padding: 2);
    private readonly MaxPool2d pool = new(2);
    private readonly Dropout dropout = new(0.2f);
    private readonly Linear hidden = new(32), output = new(10) { Initializer = new Normal(0.05f) };

    public static ImageDataset Digits { get; } = Fovea.Data.Digits.Generate(trainCount: 600, testCount: 200, seed: 4);

    public override Value Forward(Value x) =>
        output.Apply(hidden.Apply(dropout.Apply(pool.Apply(conv.Apply(x).Relu()).Flatten())).Relu());

    public int[] Bits() => [.. Parameters.SelectMany(parameter => parameter.Value.Span.ToArray()).Select(BitConverter.SingleToInt32Bits)];
}
