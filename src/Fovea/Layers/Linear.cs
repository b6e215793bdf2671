using Fovea.Graph;
using Fovea.Initializers;
using Fovea.Ops;

namespace Fovea.Layers;

/// <summary>
/// A fully connected layer: output = input · weightᵀ + bias over the innermost dimension, whatever comes before it. Input features are
/// taken from the input.
/// </summary>
/// <param name="features">Features of the output.</param>
/// <param name="bias">Whether each output feature has a bias.</param>
public sealed class Linear(int features, bool bias = true) : Module
{
    /// <summary>How the weights are initialised; He's normal distribution unless set.</summary>
    public Initializer Initializer { get; init; } = new HeNormal();

    /// <inheritdoc/>
    public override Value Forward(Value x)
    {
        if (x.Shape.Rank == 4 || x.Shape.Rank < 2)
            throw new ShapeException(
                $"A linear layer takes examples × features, or sequences of them, not {x.Shape}. Put a Flatten before it.");
        Value weight = Use(x.Graph, "weight", new Shape(features, x.Shape[^1]), Initializer, ParameterLayout.OfFeatures(x));
        var op = new MatrixProductOp(TransposeA: false, TransposeB: true);
        Value rows = x.Reshape(new Shape(x.Shape.Rows, x.Shape[^1]));
        Value y = bias
            ? x.Graph.Add(op, rows, weight, Use(x.Graph, "bias", new Shape(features), Initializers.Initializer.Zero))
            : x.Graph.Add(op, rows, weight);
        return y.Reshape(new Shape([.. x.Shape.Dimensions[..^1], features]));
    }
}
