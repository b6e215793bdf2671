using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Fovea.Training;

/// <summary>Metrics by name, in the order in which they were measured. Two are equal if they have the same names and values.</summary>
public sealed class MetricValues : IReadOnlyDictionary<string, double>, IEquatable<MetricValues>
{
    private readonly (string Name, double Value)[] entries;

    /// <summary>Keeps metrics.</summary>
    /// <param name="entries">Names and values; of two with one name the last counts.</param>
    public MetricValues(IEnumerable<(string Name, double Value)> entries) =>
        this.entries = [.. entries.GroupBy(entry => entry.Name).Select(group => group.Last())];

    /// <summary>No metrics.</summary>
    public static MetricValues None { get; } = new([]);

    /// <inheritdoc/>
    public int Count => entries.Length;

    /// <inheritdoc/>
    public IEnumerable<string> Keys => entries.Select(entry => entry.Name);

    /// <inheritdoc/>
    public IEnumerable<double> Values => entries.Select(entry => entry.Value);

    /// <inheritdoc/>
    /// <exception cref="KeyNotFoundException">There is no such metric; the message names those that there are.</exception>
    public double this[string key] => TryGetValue(key, out double value)
        ? value
        : throw new KeyNotFoundException(
            $"There is no metric '{key}'. There {(Count == 0 ? "are none" : $"are: {string.Join(", ", Keys)}")}.");

    /// <inheritdoc/>
    public bool ContainsKey(string key) => TryGetValue(key, out _);

    /// <inheritdoc/>
    public bool TryGetValue(string key, [MaybeNullWhen(false)] out double value)
    {
        foreach ((string name, double known) in entries)
        {
            if (name != key) continue;
            value = known;
            return true;
        }
        value = double.NaN;
        return false;
    }

    /// <summary>A metric, or NaN if it was not measured.</summary>
    public double OrNaN(string name) => TryGetValue(name, out double value) ? value : double.NaN;

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, double>> GetEnumerator() =>
        entries.Select(entry => KeyValuePair.Create(entry.Name, entry.Value)).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public bool Equals(MetricValues? other) => other is not null && entries.AsSpan().SequenceEqual(other.entries);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as MetricValues);

    /// <inheritdoc/>
    public override int GetHashCode() => entries.Aggregate(0, HashCode.Combine);

    /// <summary>Names and values in a line.</summary>
    public override string ToString() =>
        string.Join("  ", entries.Select(entry => string.Create(CultureInfo.InvariantCulture, $"{entry.Name} {entry.Value:0.0000}")));
}
