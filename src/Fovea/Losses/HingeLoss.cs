using Fovea.Graph;
using Fovea.Ops;

namespace Fovea.Losses;

/// <summary>
/// The loss of a support vector machine of several classes: what every other class's score comes nearer to the right one's than a margin,
/// Σ max(0, margin − right + other), averaged over the examples.
/// </summary>
/// <param name="Margin">The margin.</param>
/// <param name="Squared">Whether each term is squared.</param>
/// <param name="DivideByClasses">Whether the sum is divided by the number of classes, as PyTorch's MultiMarginLoss does.</param>
/// <remarks>J. Weston, C. Watkins, "Support Vector Machines for Multi-Class Pattern Recognition", ESANN 1999.</remarks>
public sealed record HingeLoss(float Margin = 1, bool Squared = false, bool DivideByClasses = false) : Loss
{
    /// <inheritdoc/>
    public override TensorSpec Target(Shape output) => new(new Shape(output.Dimensions[..^1]), DType.Int32);

    /// <inheritdoc/>
    public override Value Apply(Value output, Value target, Value? weights = null)
    {
        int classes = output.Shape[^1], rows = output.Shape.Rows;
        Value scores = output.Reshape(new Shape(rows, classes));
        Value labels = (target.Spec.DType == DType.Int32 ? target.OneHot(classes) : target).Reshape(scores.Shape);
        Value correct = (scores * labels).Sum(1, 1);
        Value terms = (scores - correct).Apply(difference => Expression.Max(difference + Margin, 0f)) * labels.Apply(label => 1f - label);
        if (Squared) terms = terms.Apply(term => term * term);
        Value losses = terms.Sum(1, 1);
        if (DivideByClasses) losses = losses.Scale(1f / classes);
        if (weights is null) return losses.Mean();
        int examples = output.Shape[0];
        Value weight = weights.Reshape(new Shape(examples, 1));
        Value each = losses.Reshape(new Shape(examples, rows / examples)).MeanOver(1);
        return Quotient((each * weight).Sum(), weight.Sum());
    }
}
