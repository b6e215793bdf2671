namespace Fovea.Training;

/// <summary>
/// For tasks of several labels: <c>precision</c>, <c>recall</c> and <c>f1</c> as means over the labels, <c>micro_f1</c> of all decisions
/// together, and <c>exact_match</c>, the share of examples with all labels right.
/// </summary>
/// <param name="labels">How many labels there are.</param>
/// <param name="threshold">Above which logit a label applies.</param>
public sealed class LabelCounts(int labels, float threshold) : Metric
{
    private readonly ClassCounts counts = new(labels);
    private long exact, examples;

    /// <summary>How often a label applies.</summary>
    public long Support(int label) => counts.Support(label);

    /// <summary>The share of the times that a label was told that it applies.</summary>
    public double Precision(int label) => counts.Precision(label);

    /// <summary>The share of the times that a label applies that it was told.</summary>
    public double Recall(int label) => counts.Recall(label);

    /// <summary>The harmonic mean of precision and recall of a label.</summary>
    public double F1(int label) => counts.F1(label);

    /// <inheritdoc/>
    public override void Add(in EvaluatedBatch batch)
    {
        for (int first = 0; first < batch.Targets.Length; first += labels)
        {
            bool allRight = true;
            for (int i = 0; i < labels; i++)
            {
                bool isTold = batch.Outputs[first + i] > threshold, isActual = batch.Targets[first + i] > 0.5f;
                counts.Add(i, isTold, isActual);
                allRight &= isTold == isActual;
            }
            examples++;
            if (allRight) exact++;
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<(string Name, double Value)> Results() =>
    [
        ("precision", counts.Macro(Precision)), ("recall", counts.Macro(Recall)), ("f1", counts.Macro(F1)),
        ("micro_f1", counts.MicroF1), ("exact_match", examples == 0 ? double.NaN : (double)exact / examples),
    ];
}
