using Fovea.Graph;
using Fovea.Ops;

namespace Fovea.Losses;

/// <summary>
/// The mean of a formula over all elements of output and target. A loss of one's own is a record that gives the formula; it is
/// differentiated and compiled like any other.
/// </summary>
public abstract record ElementwiseLoss : Loss
{
    /// <inheritdoc/>
    public override TensorSpec Target(Shape output) => new(output);

    /// <inheritdoc/>
    public override Value Apply(Value output, Value target, Value? weights = null)
    {
        if (target.Shape.Count != output.Shape.Count)
            throw new ShapeException(
                $"{GetType().Name} compares an output of {output.Shape} with a target of {target.Shape}: they must have the same sizes.");
        Value losses = MapOp.Create(Formula(Expression.Input(0), Expression.Input(1)), output, target.Reshape(output.Shape));
        if (weights is null) return losses.Mean();
        int examples = output.Shape[0];
        Value weight = weights.Reshape(new Shape(examples, 1));
        Value each = losses.Flatten().Sum(1, 1);
        return Quotient((each * weight).Sum(), weight.Sum().Scale((float)((double)output.Shape.Count / examples)));
    }

    /// <summary>The loss of one element.</summary>
    /// <param name="output">What the network gives.</param>
    /// <param name="target">What it should give.</param>
    protected abstract Expression Formula(Expression output, Expression target);
}

/// <summary>The mean of the squared differences over all elements.</summary>
/// <remarks>PyTorch's MSELoss.</remarks>
public sealed record MeanSquaredErrorLoss : ElementwiseLoss
{
    /// <inheritdoc/>
    protected override Expression Formula(Expression output, Expression target)
    {
        Expression difference = output - target;
        return difference * difference;
    }
}

/// <summary>The mean of the absolute differences over all elements, which outliers move less than squares.</summary>
/// <remarks>PyTorch's L1Loss. Where output and target are equal the derivative is 0.</remarks>
public sealed record MeanAbsoluteErrorLoss : ElementwiseLoss
{
    /// <inheritdoc/>
    protected override Expression Formula(Expression output, Expression target) => Expression.Abs(output - target);
}

/// <summary>
/// Half the square of a difference below δ, and from there on a straight line: d²/2, or δ (|d| − δ/2). The mean over all elements.
/// </summary>
/// <param name="Delta">δ, greater than 0.</param>
/// <remarks>P. J. Huber, "Robust Estimation of a Location Parameter", Ann. Math. Statist. 35(1), 1964; PyTorch's HuberLoss.</remarks>
public sealed record HuberLoss(float Delta = 1) : ElementwiseLoss
{
    /// <inheritdoc/>
    protected override Expression Formula(Expression output, Expression target)
    {
        if (!(Delta > 0) || float.IsInfinity(Delta))
            throw new ArgumentException($"δ must be greater than 0 and finite, not {Delta}.", nameof(Delta));
        Expression difference = output - target, distance = Expression.Abs(difference);
        return Expression.SelectPositive(Delta - distance, 0.5f * difference * difference, Delta * (distance - (0.5f * Delta)));
    }
}

/// <summary>
/// Cross-entropy between the logistic function of logits and targets between 0 and 1, each element a question of its own that is
/// answered yes or no. The mean over all elements.
/// </summary>
/// <remarks>PyTorch's BCEWithLogitsLoss: max(x, 0) − x·t + ln(1 + e^−|x|), which stays finite for every logit.</remarks>
public sealed record BinaryCrossEntropyLoss : ElementwiseLoss
{
    /// <inheritdoc/>
    protected override Expression Formula(Expression output, Expression target)
    {
        // Written for either sign, so that the derivative at 0, where training often begins, is that of the logistic function.
        Expression positive = output - (output * target) + Expression.Log1p(Expression.Exp(-output));
        Expression negative = Expression.Log1p(Expression.Exp(output)) - (output * target);
        return Expression.SelectPositive(output, positive, negative);
    }
}
