using Fovea.Graph;
using Fovea.Ops;

namespace Fovea.Losses;

/// <summary>What training makes small.</summary>
public abstract record Loss
{
    /// <summary>What the target of an output must be.</summary>
    public abstract TensorSpec Target(Shape output);

    /// <summary>Adds the loss to the graph: one number.</summary>
    /// <param name="output">The network's output.</param>
    /// <param name="target">What it should be.</param>
    public abstract Value Apply(Value output, Value target);
}

/// <summary>Cross-entropy between the softmax of logits and labels, averaged over the batch.</summary>
/// <param name="LabelSmoothing">The share of the target distribution that is spread evenly over all classes.</param>
public sealed record SoftmaxCrossEntropyLoss(float LabelSmoothing = 0) : Loss
{
    /// <inheritdoc/>
    public override TensorSpec Target(Shape output) => new(new Shape(output[0]), DType.Int32);

    /// <inheritdoc/>
    public override Value Apply(Value output, Value target) => output.Graph.Add(new CrossEntropyOp(Mean: true, LabelSmoothing), output, target);
}

/// <summary>The mean of the squared differences over all elements.</summary>
public sealed record MeanSquaredErrorLoss : Loss
{
    /// <inheritdoc/>
    public override TensorSpec Target(Shape output) => new(output);

    /// <inheritdoc/>
    public override Value Apply(Value output, Value target)
    {
        Expression difference = Expression.Input(0) - Expression.Input(1);
        return MapOp.Create(difference * difference, output, target).Mean();
    }
}
