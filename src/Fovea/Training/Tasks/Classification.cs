using Fovea.Graph;
using Fovea.Losses;
using Fovea.Ops;

namespace Fovea.Training;

/// <summary>
/// One class for each example: logits, examples × classes, and a label each. Measures accuracy in every step; in evaluations also top-k
/// accuracy, precision, recall and F1 (each the mean over the classes), and the <see cref="ConfusionMatrix"/>.
/// </summary>
public sealed record Classification : TrainingTask
{
    /// <summary>The name of the share of examples whose largest logit is the label's.</summary>
    public const string Accuracy = "accuracy";

    /// <summary>What is made small; cross-entropy unless set. A loss that compares numbers gets one-hot rows.</summary>
    public Loss Loss { get; init; } = new SoftmaxCrossEntropyLoss();

    /// <summary>
    /// For top-k accuracy: among how many of the largest logits the label's must be. It is measured where there are more classes.
    /// </summary>
    [NoSetting]
    public int TopK { get; init; } = 5;

    /// <inheritdoc/>
    public override string Name => TaskMetadata.Classification;

    /// <inheritdoc/>
    public override TensorSpec Target(Shape output) => output.Rank > 1 && output.Count == (long)output[0] * output[^1]
        ? new TensorSpec(new Shape(output[0]), DType.Int32)
        : throw new ShapeException($"A classification takes logits, examples × classes, but the network gives {output}.");

    /// <inheritdoc/>
    public override Value AddLoss(TaskValues batch) => OfLabels(Loss, batch, mayLack: false);

    /// <inheritdoc/>
    public override IReadOnlyList<StepMetric> AddMetrics(TaskValues batch) =>
        [new(Accuracy, batch.Graph.Add(new CorrectCountOp(), batch.Output, batch.Labels))];

    /// <inheritdoc/>
    public override IEnumerable<Metric> CreateMetrics(Shape output)
    {
        int classes = output[^1];
        if (TopK > 1 && classes > TopK) yield return new TopKAccuracy(TopK);
        yield return new ConfusionMatrix(classes);
    }

    /// <inheritdoc/>
    public override Value Present(Value output) => output.Softmax();

    /// <inheritdoc/>
    public override Prediction Interpret(float[] values, Shape shape, IReadOnlyList<string> classNames) =>
        Prediction.OfClass(values, classNames);

    /// <summary>A loss of labels: from the labels themselves where it takes them and all examples count the same.</summary>
    internal static Value OfLabels(Loss loss, TaskValues batch, bool mayLack)
    {
        bool direct = loss.Target(batch.Output.Shape).DType == DType.Int32 && batch.Weights is null && !mayLack;
        return loss.Apply(batch.Output, direct ? batch.Labels : batch.Targets, batch.Weights);
    }
}
