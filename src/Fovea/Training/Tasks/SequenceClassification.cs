using Fovea.Graph;
using Fovea.Losses;
using Fovea.Ops;

namespace Fovea.Training;

/// <summary>
/// One class for each step of a sequence: logits, examples × steps × classes, and labels, examples × steps. The loss and the accuracy are
/// means over the steps that have a label.
/// </summary>
/// <param name="Padding">The label of steps that only fill a sequence up: they are neither learnt nor measured. Null if there are
/// none.</param>
public sealed record SequenceClassification(int? Padding = -1) : TrainingTask
{
    /// <summary>What is made small; cross-entropy unless set.</summary>
    public SoftmaxCrossEntropyLoss Loss { get; init; } = new();

    /// <inheritdoc/>
    public override string Name => TaskMetadata.SequenceClassification;

    /// <inheritdoc/>
    public override int? PaddingLabel => Padding;

    /// <inheritdoc/>
    public override TensorSpec Target(Shape output) => output.Rank >= 3
        ? new TensorSpec(new Shape(output.Dimensions[..^1]), DType.Int32)
        : throw new ShapeException($"A sequence task takes logits, examples × steps × classes, but the network gives {output}.");

    /// <inheritdoc/>
    public override Value AddLoss(TaskValues batch) => Classification.OfLabels(Loss, batch, mayLack: Padding is not null);

    /// <inheritdoc/>
    public override IReadOnlyList<StepMetric> AddMetrics(TaskValues batch) =>
        [new(Classification.Accuracy, batch.Graph.Add(new CorrectCountOp(), batch.Output, batch.Labels))];

    /// <inheritdoc/>
    public override IEnumerable<Metric> CreateMetrics(Shape output) => [new ConfusionMatrix(output[^1])];

    /// <inheritdoc/>
    public override Value Present(Value output) => output.Softmax();

    /// <inheritdoc/>
    public override Prediction Interpret(float[] values, Shape shape, IReadOnlyList<string> classNames) =>
        Prediction.OfSteps(values, shape, [.. values.Chunk(shape[^1]).Select(step => Prediction.OfClass(step, classNames))]);
}
