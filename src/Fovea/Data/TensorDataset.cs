namespace Fovea.Data;

/// <summary>Examples in memory: one tensor of inputs and one of targets, the first dimension of each counting the examples.</summary>
public sealed class TensorDataset : IDataset
{
    private readonly Tensor inputs;
    private readonly int[] labels = [];
    private readonly Tensor? targets;
    private readonly float[]? weights;
    private readonly int inputLength, targetLength;

    /// <summary>Inputs with labels.</summary>
    /// <param name="inputs">Count × the sizes of one input. Kept, not copied.</param>
    /// <param name="labels">One label an example, or the same number for each: count × labels. Copied.</param>
    /// <param name="weights">How much each example counts in the loss; null if all count the same. Copied.</param>
    /// <exception cref="ArgumentException">The labels or weights are not as many as the inputs ask for, or a weight is no
    /// weight.</exception>
    public TensorDataset(Tensor inputs, ReadOnlySpan<int> labels, float[]? weights = null) : this(inputs, weights)
    {
        if (labels.Length == 0 || labels.Length % Count != 0)
            throw new ArgumentException(
                $"{Count} examples need {Count} labels or a multiple of that, not {labels.Length}.", nameof(labels));
        this.labels = labels.ToArray();
        targetLength = labels.Length / Count;
        Target = new TensorSpec(targetLength == 1 ? Shape.Scalar : new Shape(targetLength), DType.Int32);
    }

    /// <summary>Inputs with numbers.</summary>
    /// <param name="inputs">Count × the sizes of one input. Kept, not copied.</param>
    /// <param name="targets">Count × the sizes of one target. Kept, not copied.</param>
    /// <param name="weights">How much each example counts in the loss; null if all count the same. Copied.</param>
    /// <exception cref="ArgumentException">There are not as many targets or weights as inputs, or a weight is no weight.</exception>
    public TensorDataset(Tensor inputs, Tensor targets, float[]? weights = null) : this(inputs, weights)
    {
        ArgumentNullException.ThrowIfNull(targets);
        if (targets.Shape.Rank == 0 || targets.Shape[0] != Count)
            throw new ArgumentException($"The inputs are {Count} examples, but the targets are {targets.Shape}.", nameof(targets));
        this.targets = targets;
        Target = new TensorSpec(new Shape(targets.Shape.Dimensions[1..]));
        targetLength = (int)Target.Shape.Count;
    }

    private TensorDataset(Tensor inputs, float[]? weights)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        if (inputs.Shape.Rank == 0) throw new ShapeException("A set's inputs have at least one dimension, which counts the examples.");
        this.inputs = inputs;
        Count = inputs.Shape[0];
        InputShape = new Shape(inputs.Shape.Dimensions[1..]);
        inputLength = (int)InputShape.Count;
        this.weights = ExampleWeights.Checked(weights, Count);
    }

    /// <inheritdoc/>
    public string Name { get; init; } = "tensors";

    /// <inheritdoc/>
    public int Count { get; }

    /// <inheritdoc/>
    public Shape InputShape { get; }

    /// <inheritdoc/>
    public TensorSpec Target { get; }

    /// <inheritdoc/>
    public bool IsWeighted => weights is not null;

    /// <inheritdoc/>
    public IReadOnlyList<string> ClassNames { get; init; } = [];

    /// <summary>All labels, or none if targets are numbers.</summary>
    internal ReadOnlySpan<int> Labels => labels;

    /// <summary>The numbers of all examples, in order.</summary>
    internal ReadOnlySpan<int> AllExamples => (int[])[.. Enumerable.Range(0, Count)];

    /// <summary>All targets, or none if they are labels.</summary>
    internal ReadOnlySpan<float> Targets => targets is null ? [] : targets.Span;

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">There is no such example.</exception>
    public void Fill(int index, ExampleBuffer example)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
        inputs.Span.Slice(index * inputLength, inputLength).CopyTo(example.Input);
        if (targets is null) labels.AsSpan(index * targetLength, targetLength).CopyTo(example.Labels);
        else targets.Span.Slice(index * targetLength, targetLength).CopyTo(example.Targets);
        if (weights is not null) example.Weight = weights[index];
    }
}
