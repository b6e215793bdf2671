namespace Fovea.Ops;

/// <summary>
/// A linear map of one dimension in which every result depends on a few neighbours: an interpolation, or means over windows. For each
/// result the elements that it is made of, and with which weight each.
/// </summary>
public sealed class AxisWeights : IEquatable<AxisWeights>
{
    private AxisWeights(int inputs, int[] starts, int[] sources, float[] values) =>
        (Inputs, Starts, Sources, Values) = (inputs, starts, sources, values);

    /// <summary>How many elements there are along the dimension.</summary>
    public int Inputs { get; }

    /// <summary>How many results there are along it.</summary>
    public int Outputs => Starts.Length - 1;

    /// <summary>
    /// Where each result's entries begin in <see cref="Sources"/> and <see cref="Values"/>, and where the last one's end.
    /// </summary>
    internal int[] Starts { get; }

    internal int[] Sources { get; }

    internal float[] Values { get; }

    /// <summary>The nearest element below: result i is element ⌊i · inputs / outputs⌋.</summary>
    /// <exception cref="ShapeException">A size is not positive.</exception>
    public static AxisWeights Nearest(int inputs, int outputs) =>
        Of(inputs, outputs, i => [((int)((long)i * inputs / outputs), 1)]);

    /// <summary>
    /// Linear interpolation. Elements are the centres of equal intervals, and what lies beyond the first and the last is as they are; or,
    /// with aligned corners, the first and the last result are the first and the last element.
    /// </summary>
    /// <exception cref="ShapeException">A size is not positive.</exception>
    public static AxisWeights Linear(int inputs, int outputs, bool alignCorners = false) => Of(inputs, outputs, i =>
    {
        double place = alignCorners ? outputs == 1 ? 0 : (double)i * (inputs - 1) / (outputs - 1)
            : Math.Max(0, ((i + 0.5) * inputs / outputs) - 0.5);
        int below = Math.Min((int)place, inputs - 1);
        double share = place - below;
        return below == inputs - 1 || share == 0 ? [(below, 1)] : [(below, 1 - share), (below + 1, share)];
    });

    /// <summary>
    /// Means over windows that cover all elements: result i is the mean from ⌊i · inputs / outputs⌋ to ⌈(i + 1) · inputs / outputs⌉.
    /// </summary>
    /// <exception cref="ShapeException">A size is not positive.</exception>
    public static AxisWeights Means(int inputs, int outputs) => Of(inputs, outputs, i =>
    {
        int first = (int)((long)i * inputs / outputs), end = (int)((((long)(i + 1) * inputs) + outputs - 1) / outputs);
        return Enumerable.Range(first, end - first).Select(source => (source, 1.0 / (end - first)));
    });

    /// <summary>The map whose matrix is the transposed one: what a gradient is multiplied by.</summary>
    public AxisWeights Transposed()
    {
        var entries = new List<(int Source, double Weight)>[Inputs];
        for (int i = 0; i < Inputs; i++) entries[i] = [];
        for (int output = 0; output < Outputs; output++)
        {
            for (int entry = Starts[output]; entry < Starts[output + 1]; entry++) entries[Sources[entry]].Add((output, Values[entry]));
        }
        return Of(Outputs, Inputs, i => entries[i]);
    }

    /// <inheritdoc/>
    public bool Equals(AxisWeights? other) => other is not null && Inputs == other.Inputs && Starts.AsSpan().SequenceEqual(other.Starts)
        && Sources.AsSpan().SequenceEqual(other.Sources) && Values.AsSpan().SequenceEqual(other.Values);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as AxisWeights);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Inputs, Outputs, Values.Length, Values.Length == 0 ? 0 : Values[^1]);

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"{Inputs} to {Outputs}");

    private static AxisWeights Of(int inputs, int outputs, Func<int, IEnumerable<(int Source, double Weight)>> entries)
    {
        if (inputs < 1 || outputs < 1)
            throw new ShapeException($"{inputs} elements cannot be resampled to {outputs}; both must be at least 1.");
        int[] starts = new int[outputs + 1];
        List<int> sources = [];
        List<float> values = [];
        for (int i = 0; i < outputs; i++)
        {
            foreach ((int source, double weight) in entries(i))
            {
                sources.Add(source);
                values.Add((float)weight);
            }
            starts[i + 1] = sources.Count;
        }
        return new AxisWeights(inputs, starts, [.. sources], [.. values]);
    }
}
