namespace Fovea.Training;

/// <summary>The share of labels whose logit is among the k largest; of equal ones that of the lower class counts as larger.</summary>
/// <param name="k">k.</param>
public sealed class TopKAccuracy(int k) : Metric
{
    private long correct, all;

    /// <inheritdoc/>
    public override void Add(in EvaluatedBatch batch)
    {
        for (int i = 0; i < batch.Labels.Length; i++)
        {
            int label = batch.Labels[i];
            if (label < 0) continue;
            all++;
            ReadOnlySpan<float> logits = batch.LogitsOf(i);
            int before = 0;
            for (int j = 0; j < logits.Length; j++)
            {
                if (logits[j] > logits[label] || (logits[j] == logits[label] && j < label)) before++;
            }
            if (before < k && !float.IsNaN(logits[label])) correct++;
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<(string Name, double Value)> Results() =>
        [(FormattableString.Invariant($"top{k}_accuracy"), all == 0 ? double.NaN : (double)correct / all)];
}
