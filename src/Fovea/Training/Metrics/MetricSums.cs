using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Fovea.Training;

/// <summary>The sums of step metrics over an epoch so far. Adding a step allocates nothing.</summary>
internal sealed class MetricSums : IReadOnlyDictionary<string, double>
{
    private readonly IReadOnlyList<StepMetric> metrics;
    private readonly double[] sums;

    public MetricSums(IReadOnlyList<StepMetric> metrics)
    {
        this.metrics = metrics;
        sums = new double[metrics.Count];
    }

    /// <summary>How many targets there were.</summary>
    public double Counted { get; private set; }

    public ReadOnlySpan<double> Sums => sums;

    public int Count => metrics.Count;

    public IEnumerable<string> Keys => metrics.Select(metric => metric.Name);

    public IEnumerable<double> Values => Enumerable.Range(0, Count).Select(ValueOf);

    public double this[string key] => TryGetValue(key, out double value) ? value : Snapshot()[key];

    public void Add(ReadOnlySpan<float> step, long counted)
    {
        for (int i = 0; i < sums.Length; i++) sums[i] += step[i];
        Counted += counted;
    }

    /// <summary>Goes on from sums that were kept; those of other metrics are left alone.</summary>
    public void Restore(ReadOnlySpan<double> kept, double counted)
    {
        Clear();
        kept[..Math.Min(kept.Length, sums.Length)].CopyTo(sums);
        Counted = counted;
    }

    public void Clear()
    {
        sums.AsSpan().Clear();
        Counted = 0;
    }

    public MetricValues Snapshot() => new(metrics.Select((metric, i) => (metric.Name, ValueOf(i))));

    public bool ContainsKey(string key) => TryGetValue(key, out _);

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out double value)
    {
        for (int i = 0; i < metrics.Count; i++)
        {
            if (metrics[i].Name != key) continue;
            value = ValueOf(i);
            return true;
        }
        value = double.NaN;
        return false;
    }

    public IEnumerator<KeyValuePair<string, double>> GetEnumerator() => Snapshot().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private double ValueOf(int index)
    {
        double mean = sums[index] / Counted;
        return metrics[index].Finish is { } finish ? finish(mean) : mean;
    }
}
