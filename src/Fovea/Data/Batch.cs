namespace Fovea.Data;

/// <summary>
/// Some examples, one after the other. The contents are valid until the next batch is asked for, then they are overwritten.
/// </summary>
public sealed class Batch
{
    private readonly float[] inputs, targets, weights;
    private readonly int[] labels, examples;
    private readonly int inputLength, targetLength;

    internal Batch(int capacity, IDataset data)
    {
        (InputShape, Target, IsWeighted) = (data.InputShape, data.Target, data.IsWeighted);
        (inputLength, targetLength) = ((int)InputShape.Count, (int)Target.Shape.Count);
        inputs = new float[capacity * inputLength];
        bool isLabelled = Target.DType == DType.Int32;
        labels = isLabelled ? new int[capacity * targetLength] : [];
        targets = isLabelled ? [] : new float[capacity * targetLength];
        weights = new float[capacity];
        examples = new int[capacity];
    }

    /// <summary>The number of this batch in its epoch, from 0 on.</summary>
    public int Index { get; internal set; }

    /// <summary>The number of examples; less than the batch size only in an epoch's last batch.</summary>
    public int Count { get; internal set; }

    /// <summary>The numbers that the examples have in their set, from 0 on.</summary>
    public ReadOnlySpan<int> Examples => examples.AsSpan(0, Count);

    /// <summary>The sizes of one input.</summary>
    public Shape InputShape { get; }

    /// <summary>One example's target.</summary>
    public TensorSpec Target { get; }

    /// <summary>Whether examples count differently.</summary>
    public bool IsWeighted { get; }

    /// <summary>The inputs: count × the input's sizes.</summary>
    public ReadOnlySpan<float> Inputs => inputs.AsSpan(0, Count * inputLength);

    /// <summary>The labels: count × the target's sizes, or empty if targets are Float32.</summary>
    public ReadOnlySpan<int> Labels => labels.AsSpan(0, labels.Length == 0 ? 0 : Count * targetLength);

    /// <summary>The targets: count × the target's sizes, or empty if they are labels.</summary>
    public ReadOnlySpan<float> Targets => targets.AsSpan(0, targets.Length == 0 ? 0 : Count * targetLength);

    /// <summary>How much each example counts in the loss: count numbers, or empty if all count the same.</summary>
    public ReadOnlySpan<float> Weights => weights.AsSpan(0, IsWeighted ? Count : 0);

    /// <summary>Has a set write one example over what is there.</summary>
    internal void Fill(int slot, IDataset data, int index, ulong seed, int epoch)
    {
        Span<float> input = inputs.AsSpan(slot * inputLength, inputLength);
        Span<int> label = labels.Length == 0 ? [] : labels.AsSpan(slot * targetLength, targetLength);
        Span<float> target = targets.Length == 0 ? [] : targets.AsSpan(slot * targetLength, targetLength);
        input.Clear();
        label.Clear();
        target.Clear();
        weights[slot] = 1;
        examples[slot] = index;
        data.Fill(index, new ExampleBuffer(input, label, target, ref weights[slot], seed, epoch));
    }
}
