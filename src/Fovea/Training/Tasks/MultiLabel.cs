using Fovea.Graph;
using Fovea.Losses;
using Fovea.Ops;

namespace Fovea.Training;

/// <summary>
/// Any number of labels for each example: logits, examples × labels, and targets of the same sizes, 1 where a label applies and 0 where
/// not. Measures the share of labels told rightly in every step; in evaluations also precision, recall and F1.
/// </summary>
/// <param name="Threshold">From which probability on a label applies, between 0 and 1.</param>
public sealed record MultiLabel(float Threshold = 0.5f) : TrainingTask
{
    /// <summary>What is made small; binary cross-entropy with logits unless set.</summary>
    public Loss Loss { get; init; } = new BinaryCrossEntropyLoss();

    /// <inheritdoc/>
    public override string Name => TaskMetadata.MultiLabel;

    /// <summary>The logit at the threshold.</summary>
    private float LogitThreshold => Threshold is > 0 and < 1
        ? (float)Math.Log(Threshold / (1.0 - Threshold))
        : throw new ArgumentException($"A threshold lies between 0 and 1, both excluded; {Threshold} does not.");

    /// <inheritdoc/>
    public override TensorSpec Target(Shape output) => output.Rank > 1
        ? new TensorSpec(output)
        : throw new ShapeException($"Several labels take logits, examples × labels, but the network gives {output}.");

    /// <inheritdoc/>
    public override string TargetRequirement => "a number from 0 to 1";

    /// <inheritdoc/>
    public override int IndexOfWrongTarget(ReadOnlySpan<float> targets)
    {
        for (int i = 0; i < targets.Length; i++)
        {
            if (!(targets[i] >= 0 && targets[i] <= 1)) return i;
        }
        return -1;
    }

    /// <inheritdoc/>
    public override Value AddLoss(TaskValues batch) => Loss.Apply(batch.Output, batch.Targets, batch.Weights);

    /// <inheritdoc/>
    public override IReadOnlyList<StepMetric> AddMetrics(TaskValues batch)
    {
        Value told = batch.Output.Apply(x => Expression.SelectPositive(x - LogitThreshold, 1f, 0f));
        Value wrong = (told - batch.Targets.Apply(t => Expression.SelectPositive(t - 0.5f, 1f, 0f))).Apply(Expression.Abs);
        return [new(Classification.Accuracy, wrong.Apply(w => 1f - w).Sum())];
    }

    /// <inheritdoc/>
    public override IEnumerable<Metric> CreateMetrics(Shape output) => [new LabelCounts((int)output.Count, LogitThreshold)];

    /// <inheritdoc/>
    public override Value Present(Value output) => output.Sigmoid();

    /// <inheritdoc/>
    public override Prediction Interpret(float[] values, Shape shape, IReadOnlyList<string> classNames) =>
        Prediction.OfLabels(values, shape, Threshold, classNames);
}
