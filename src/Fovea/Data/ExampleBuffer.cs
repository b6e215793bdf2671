namespace Fovea.Data;

/// <summary>One example's place in a <see cref="Batch"/>, to be written by <see cref="IDataset.Fill"/>.</summary>
public readonly ref struct ExampleBuffer
{
    private readonly ref float weight;

    internal ExampleBuffer(Span<float> input, Span<int> labels, Span<float> targets, ref float weight, ulong seed, int epoch)
    {
        Input = input;
        Labels = labels;
        Targets = targets;
        (Seed, Epoch) = (seed, epoch);
        this.weight = ref weight;
    }

    /// <summary>The input's numbers, row-major.</summary>
    public Span<float> Input { get; }

    /// <summary>The labels, if the set's target is Int32; empty otherwise.</summary>
    public Span<int> Labels { get; }

    /// <summary>The target's numbers, row-major, if the set's target is Float32; empty otherwise.</summary>
    public Span<float> Targets { get; }

    /// <summary>The only label, or the first.</summary>
    /// <exception cref="IndexOutOfRangeException">The set's target is Float32: use <see cref="Targets"/>.</exception>
    public ref int Label => ref Labels[0];

    /// <summary>How much the example counts in the loss; 1 unless set. It is read where <see cref="IDataset.IsWeighted"/>.</summary>
    public ref float Weight => ref weight;

    /// <summary>The seed of everything random in this training.</summary>
    public ulong Seed { get; }

    /// <summary>The epoch, from 0 on.</summary>
    public int Epoch { get; }
}
