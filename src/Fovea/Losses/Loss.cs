using System.Diagnostics.CodeAnalysis;
using Fovea.Graph;
using Fovea.Training;

namespace Fovea.Losses;

/// <summary>What training makes small: one number for a batch.</summary>
/// <remarks>
/// Without weights every example counts the same. With them the loss is the sum of weight × loss over the examples, divided by the sum
/// of the weights, and 0 where all weights are 0.
/// </remarks>
[DynamicallyAccessedMembers(TrainingSettings.Kept)]
public abstract record Loss
{
    /// <summary>Keeps a quotient defined where nothing counts; no sum of weights that is not 0 is so small.</summary>
    private protected const float LeastWeight = 1e-37f;

    /// <summary>What the target of an output must be.</summary>
    /// <param name="output">The sizes of the network's output, with the batch.</param>
    public abstract TensorSpec Target(Shape output);

    /// <summary>Adds the loss to the graph: one number.</summary>
    /// <param name="output">The network's output, the first dimension counting the examples.</param>
    /// <param name="target">What it should be.</param>
    /// <param name="weights">How much each example counts, one number each; null if all count the same.</param>
    /// <exception cref="ShapeException">The values do not fit together.</exception>
    public abstract Value Apply(Value output, Value target, Value? weights = null);

    /// <summary>Adds numerator / denominator, both one number, to the graph; 0 where nothing counts.</summary>
    private protected static Value Quotient(Value numerator, Value denominator) =>
        Ops.MapOp.Create(Ops.Expression.Input(0) / Ops.Expression.Max(Ops.Expression.Input(1), LeastWeight), numerator, denominator);
}
