using Fovea.Graph;
using Fovea.Ops;

namespace Fovea.Losses;

/// <summary>Cross-entropy between the softmax of logits and labels or class probabilities, averaged over the examples.</summary>
/// <param name="LabelSmoothing">The share of the target distribution that is spread evenly over all classes.</param>
/// <param name="ClassWeights">How much each class counts; null if all count the same. The mean is over the weights of the labels.</param>
/// <remarks>
/// The target is labels, Int32, one for each row of logits, or probabilities, Float32, of the logits' sizes. A row of probabilities that
/// are all 0 does not count: neither in the sum nor in the number that it is divided by. Weights need probabilities, as one-hot rows.
/// </remarks>
public sealed record SoftmaxCrossEntropyLoss(float LabelSmoothing = 0, IReadOnlyList<float>? ClassWeights = null) : Loss
{
    /// <inheritdoc/>
    public override TensorSpec Target(Shape output) => new(new Shape(output.Dimensions[..^1]), DType.Int32);

    /// <inheritdoc/>
    public override Value Apply(Value output, Value target, Value? weights = null)
    {
        int classes = output.Shape[^1];
        if (ClassWeights is not null && ClassWeights.Count != classes)
            throw new ShapeException($"{classes} classes need as many weights, not {ClassWeights.Count}.");
        if (target.Spec.DType == DType.Int32 && ClassWeights is not null) target = target.OneHot(classes);
        if (target.Spec.DType == DType.Int32)
        {
            if (weights is not null)
                throw new ArgumentException("A cross-entropy with weights takes class probabilities, not labels.", nameof(target));
            return output.Graph.Add(new CrossEntropyOp(Mean: true, LabelSmoothing), output, target);
        }
        if (target.Shape.Count != output.Shape.Count)
            throw new ShapeException($"Logits of {output.Shape} need class probabilities of the same sizes, not {target.Shape}.");
        if (LabelSmoothing is < 0 or >= 1)
            throw new ShapeException($"Label smoothing must be at least 0 and less than 1, not {LabelSmoothing}.");
        if (ClassWeights is null) return OfProbabilities(output, target, weights, null, LabelSmoothing);
        var constant = new Variable("class weights", new Shape(classes));
        ClassWeights.ToArray().CopyTo(constant.Value.Span);
        return OfProbabilities(output, target, weights, output.Graph.Read(constant), LabelSmoothing);
    }

    /// <summary>The loss of class probabilities, as a mean or, if wanted, as the sum that it is the mean of.</summary>
    internal static Value OfProbabilities(
        Value output, Value target, Value? weights, Value? classWeights, float smoothing, bool mean = true)
    {
        int classes = output.Shape[^1], examples = output.Shape[0], rows = checked((int)(output.Shape.Count / classes));
        Value logarithms = output.Reshape(new Shape(rows, classes)).LogSoftmax();
        Value probabilities = target.Reshape(new Shape(rows, classes));
        Value counted = probabilities.Sum(1, 1), mass = counted;
        if (classWeights is not null)
        {
            logarithms *= classWeights;
            mass = (probabilities * classWeights).Sum(1, 1);
        }
        Value losses = (probabilities * logarithms).Sum(1, 1);
        if (smoothing > 0)
        {
            Expression own = Expression.Input(0), all = Expression.Input(1), counts = Expression.Input(2);
            losses = MapOp.Create(
                ((1 - smoothing) * own) + (smoothing / classes * counts * all), losses, logarithms.Sum(1, 1), counted);
        }
        if (weights is not null)
        {
            Value weight = weights.Reshape(new Shape(examples, 1));
            var perExample = new Shape(examples, rows / examples);
            losses = losses.Reshape(perExample) * weight;
            mass = mass.Reshape(perExample) * weight;
        }
        Value sum = losses.Sum().Scale(-1);
        return mean ? Quotient(sum, mass.Sum()) : sum;
    }
}
