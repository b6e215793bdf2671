using Fovea.Data;
using Fovea.Execution;

namespace Fovea.Training;

/// <summary>Checks a batch and writes it to the inputs of an executable, in the forms in which its graph takes them.</summary>
internal sealed class BatchFeeder
{
    private readonly Executable executable;
    private readonly TrainingTask task;
    private readonly int? padding;
    private readonly int batch, classes;
    private readonly bool isLabelled, feedsLabels, feedsTargets, feedsWeights;
    private readonly int[] labels;
    private readonly float[] oneHot;

    public BatchFeeder(Executable executable, Shape output, TensorSpec target, TrainingTask task)
    {
        (this.executable, this.task, padding) = (executable, task, task.PaddingLabel);
        (batch, classes) = (output[0], output[^1]);
        isLabelled = target.DType == DType.Int32;
        feedsLabels = executable.Inputs.Contains(TaskValues.LabelsInput);
        feedsTargets = executable.Inputs.Contains(TaskValues.TargetsInput);
        feedsWeights = executable.Inputs.Contains(TaskValues.WeightsInput);
        labels = isLabelled ? new int[target.Shape.Count] : [];
        oneHot = isLabelled && feedsTargets ? new float[output.Count] : [];
    }

    /// <summary>How many targets the last batch had: labels that are no padding, or numbers.</summary>
    public long Counted { get; private set; }

    /// <summary>The weights of all that counts in the last batch's loss, together.</summary>
    public double LossWeight { get; private set; }

    /// <summary>The last batch's labels, −1 for padding.</summary>
    public ReadOnlySpan<int> Labels => labels;

    /// <summary>Writes a batch.</summary>
    /// <param name="inputs">The inputs.</param>
    /// <param name="given">The labels; none if targets are numbers.</param>
    /// <param name="targets">The targets; none if they are labels.</param>
    /// <param name="weights">A weight for each example; none if all count the same.</param>
    /// <param name="examples">The numbers of the examples in their set, for messages; none if they are in no set.</param>
    /// <exception cref="ArgumentException">
    /// A label is no class, a target not what the task takes, or a weight no weight. Nothing has been written.
    /// </exception>
    public void Feed(ReadOnlySpan<float> inputs, ReadOnlySpan<int> given, ReadOnlySpan<float> targets, ReadOnlySpan<float> weights,
        ReadOnlySpan<int> examples = default)
    {
        // Here, since a device's kernels cannot throw.
        if (isLabelled) TakeLabels(given, examples);
        else TargetCheck.Numbers(task, targets, targets.Length / batch, examples);
        int wrong = ExampleWeights.IndexOfWrong(weights);
        if (wrong >= 0)
            throw new ArgumentException(
                $"{TargetCheck.Example(wrong, examples)} has weight {weights[wrong]}: a weight is at least 0 and finite.", nameof(weights));
        Counted = isLabelled ? CountLabels(labels) : targets.Length;
        LossWeight = Weigh(weights);
        executable.Write("input", inputs);
        if (feedsLabels) executable.Write(TaskValues.LabelsInput, labels);
        if (feedsWeights) executable.Write(TaskValues.WeightsInput, weights);
        if (!feedsTargets) return;
        if (isLabelled) FillOneHot();
        executable.Write(TaskValues.TargetsInput, isLabelled ? oneHot : targets);
    }

    private void TakeLabels(ReadOnlySpan<int> given, ReadOnlySpan<int> examples)
    {
        if (given.Length != labels.Length)
            throw new ArgumentException($"The batch has {given.Length} labels, but the network takes {labels.Length}.", nameof(given));
        TargetCheck.Labels(given, classes, padding, labels.Length / batch, examples);
        for (int i = 0; i < given.Length; i++) labels[i] = given[i] == padding ? -1 : given[i];
    }

    private double Weigh(ReadOnlySpan<float> weights)
    {
        if (weights.Length == 0) return padding is null ? batch : Counted;
        double sum = 0;
        int perExample = labels.Length / batch;
        for (int i = 0; i < weights.Length; i++)
            sum += (double)weights[i] * (padding is null ? 1 : CountLabels(labels.AsSpan(i * perExample, perExample)));
        return sum;
    }

    private long CountLabels(ReadOnlySpan<int> some) => padding is null ? some.Length : some.Length - MemoryExtensions.Count(some, -1);

    private void FillOneHot()
    {
        oneHot.AsSpan().Clear();
        for (int i = 0; i < labels.Length; i++)
        {
            if (labels[i] >= 0) oneHot[(i * classes) + labels[i]] = 1;
        }
    }
}
