using Fovea.Graph;
using Fovea.Initializers;
using Fovea.Ops;

namespace Fovea.Layers;

/// <summary>A fully connected layer: output = input · weightᵀ + bias. Input features are taken from the input.</summary>
/// <param name="features">Features of the output.</param>
/// <param name="bias">Whether each output feature has a bias.</param>
public sealed class Linear(int features, bool bias = true) : Module
{
    /// <summary>How the weights are initialised; He's normal distribution unless set.</summary>
    public Initializer Initializer { get; init; } = new HeNormal();

    /// <inheritdoc/>
    public override Value Forward(Value x)
    {
        if (x.Shape.Rank != 2) throw new ShapeException($"A linear layer takes examples × features, not {x.Shape}. Put a Flatten before it.");
        Value weight = Use(x.Graph, "weight", new Shape(features, x.Shape[1]), Initializer, LayoutOf(x));
        var op = new MatrixProductOp(TransposeA: false, TransposeB: true);
        return bias
            ? x.Graph.Add(op, x, weight, Use(x.Graph, "bias", new Shape(features), Initializers.Initializer.Zero))
            : x.Graph.Add(op, x, weight);
    }

    /// <summary>Files order the features of a flattened image by channel first; here they are ordered by pixel first.</summary>
    private static ParameterLayout LayoutOf(Value x)
    {
        while (x.Producer.Op is MapOp or DropoutOp && x.Producer.Inputs[0].Shape == x.Shape) x = x.Producer.Inputs[0];
        return x.Producer is { Op: ReshapeOp, Inputs: [{ Shape: { Rank: 4 } image }] }
            ? ParameterLayout.Flattened(image[1], image[2], image[3])
            : ParameterLayout.Same;
    }
}
