namespace Fovea.Training;

/// <summary>A metric that every step computes on the device: the sum of something over a batch, divided by the number of targets.</summary>
/// <param name="Name">Its name, such as <c>accuracy</c>.</param>
/// <param name="Sum">One number: the sum over the batch.</param>
/// <param name="Finish">What becomes of the mean over all targets, such as a square root; nothing if null.</param>
/// <remarks>Targets are labels that are no padding, or single numbers. Weights do not matter to metrics.</remarks>
public sealed record StepMetric(string Name, Graph.Value Sum, Func<double, double>? Finish = null);

/// <summary>One batch of an evaluation, as metrics see it.</summary>
public readonly ref struct EvaluatedBatch
{
    internal EvaluatedBatch(
        int count, Shape outputShape, ReadOnlySpan<float> outputs, ReadOnlySpan<int> labels, ReadOnlySpan<float> targets)
    {
        (Count, OutputShape) = (count, outputShape);
        Outputs = outputs;
        Labels = labels;
        Targets = targets;
    }

    /// <summary>The number of examples.</summary>
    public int Count { get; }

    /// <summary>The sizes of one example's output.</summary>
    public Shape OutputShape { get; }

    /// <summary>The network's outputs: count × the output's sizes, row-major.</summary>
    public ReadOnlySpan<float> Outputs { get; }

    /// <summary>The labels, −1 where there is none; empty if targets are numbers.</summary>
    public ReadOnlySpan<int> Labels { get; }

    /// <summary>The targets; empty if they are labels.</summary>
    public ReadOnlySpan<float> Targets { get; }

    /// <summary>The outputs that belong to a label: one for each class.</summary>
    /// <param name="label">Which label, from 0 on.</param>
    public ReadOnlySpan<float> LogitsOf(int label) => Outputs.Slice(label * OutputShape[^1], OutputShape[^1]);
}

/// <summary>
/// Something that an evaluation measures from the outputs, in double precision and batch after batch. Each evaluation has a new one. A
/// metric of one's own is a class with two methods; <see cref="TrainingTask.AdditionalMetrics"/> adds it to a task.
/// </summary>
public abstract class Metric
{
    /// <summary>Takes in a batch.</summary>
    public abstract void Add(in EvaluatedBatch batch);

    /// <summary>Gives the results so far, by name.</summary>
    public abstract IEnumerable<(string Name, double Value)> Results();

    /// <summary>The results so far, in a line.</summary>
    public override string ToString() => new MetricValues(Results()).ToString();
}
