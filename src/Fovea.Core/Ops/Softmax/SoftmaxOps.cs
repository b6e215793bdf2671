using Fovea.Graph;

namespace Fovea.Ops;

/// <summary>Probabilities from logits, or their logarithms, over the innermost dimension.</summary>
/// <param name="Logarithm">Whether to give the logarithms.</param>
public sealed record SoftmaxOp(bool Logarithm = false) : Op
{
    /// <inheritdoc/>
    public override bool KeepsOrder(int input) => true;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorSpec> Infer(IReadOnlyList<TensorSpec> inputs)
    {
        if (inputs[0].Shape.Rank == 0) throw new ShapeException("Softmax takes at least one dimension.");
        return [inputs[0]];
    }

    /// <inheritdoc/>
    public override void Gradient(GradientContext context) =>
        context.Accumulate(0, context.Graph.Add(new SoftmaxGradientOp(Logarithm), context.Node.Outputs[0], context.OutputGradient));
}

/// <summary>The gradient of a softmax's logits, from its result and that result's gradient.</summary>
/// <param name="Logarithm">Whether the result holds logarithms.</param>
public sealed record SoftmaxGradientOp(bool Logarithm) : Op
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorSpec> Infer(IReadOnlyList<TensorSpec> inputs) => [inputs[0]];
}

/// <summary>Cross-entropy between softmax of logits (… × classes) and labels (one Int32 each): one number.</summary>
/// <param name="Mean">Whether the examples' losses are averaged rather than summed.</param>
/// <param name="LabelSmoothing">The share of the target distribution that is spread over all classes.</param>
public sealed record CrossEntropyOp(bool Mean = true, float LabelSmoothing = 0) : Op
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorSpec> Infer(IReadOnlyList<TensorSpec> inputs)
    {
        Labels.Check(inputs);
        if (LabelSmoothing is < 0 or >= 1)
            throw new ShapeException($"Label smoothing must be at least 0 and less than 1, not {LabelSmoothing}.");
        return [new TensorSpec(Shape.Scalar)];
    }

    /// <inheritdoc/>
    public override void Gradient(GradientContext context) =>
        context.Accumulate(
            0, context.Graph.Add(new CrossEntropyGradientOp(this), context.Inputs[0], context.Inputs[1], context.OutputGradient));
}

/// <summary>The gradient of a cross-entropy's logits, from logits, labels and the loss's gradient.</summary>
/// <param name="Loss">The loss.</param>
public sealed record CrossEntropyGradientOp(CrossEntropyOp Loss) : Op
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorSpec> Infer(IReadOnlyList<TensorSpec> inputs) => [inputs[0]];
}

/// <summary>How many examples have their largest logit at the label: one number.</summary>
public sealed record CorrectCountOp : Op
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorSpec> Infer(IReadOnlyList<TensorSpec> inputs)
    {
        Labels.Check(inputs);
        return [new TensorSpec(Shape.Scalar)];
    }
}

internal static class Labels
{
    public static void Check(IReadOnlyList<TensorSpec> inputs)
    {
        TensorSpec logits = inputs[0], labels = inputs[1];
        if (logits.Shape.Rank == 0) throw new ShapeException("Logits have at least one dimension, the classes.");
        if (labels.DType != DType.Int32) throw new ShapeException($"Labels are Int32, not {labels.DType}.");
        if (labels.Shape.Count * logits.Shape[^1] != logits.Shape.Count)
            throw new ShapeException($"Logits of {logits.Shape} need {logits.Shape.Count / logits.Shape[^1]} labels, not {labels.Shape}.");
    }
}
