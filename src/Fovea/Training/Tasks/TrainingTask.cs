using System.Diagnostics.CodeAnalysis;
using System.Numerics.Tensors;
using System.Text;
using Fovea.Graph;

namespace Fovea.Training;

/// <summary>
/// What a network is trained to do: how targets arrive, what is made small, what is measured, and what an output means. Ready ones are
/// <see cref="Classification"/>, <see cref="Regression"/>, <see cref="MultiLabel"/> and <see cref="SequenceClassification"/>; one of
/// one's own is a record that gives a target and a loss.
/// </summary>
[DynamicallyAccessedMembers(TrainingSettings.Kept)]
public abstract record TrainingTask
{
    /// <summary>Metrics of a host's own, measured in every evaluation beside those that the task has; each call makes a new one.</summary>
    [NoSetting]
    public IReadOnlyList<Func<Metric>> AdditionalMetrics { get; init; } = [];

    /// <summary>The name under which weight files remember the task.</summary>
    [NoSetting]
    public virtual string Name => GetType().Name;

    /// <summary>
    /// A label that says that there is none, as where a sequence is filled up; such places are neither learnt nor measured.
    /// </summary>
    [NoSetting]
    public virtual int? PaddingLabel => null;

    /// <summary>
    /// Says what targets must be: Int32 labels of the classes that the output's last dimension counts, or Float32 numbers.
    /// </summary>
    /// <param name="output">The sizes of the network's output; the first dimension counts the examples.</param>
    /// <exception cref="ShapeException">Such an output does not serve this task.</exception>
    public abstract TensorSpec Target(Shape output);

    /// <summary>What a Float32 target must be, in words for messages, to go with <see cref="IndexOfWrongTarget"/>.</summary>
    [NoSetting]
    public virtual string TargetRequirement => "a finite number";

    /// <summary>
    /// Finds the first Float32 target that the task does not take; −1 if it takes all. Called with the targets of one or more examples,
    /// one after the other, before a batch runs. Every finite number is taken unless this is overridden.
    /// </summary>
    /// <param name="targets">The targets.</param>
    public virtual int IndexOfWrongTarget(ReadOnlySpan<float> targets)
    {
        if (targets.IsEmpty || TensorPrimitives.IsFiniteAll(targets)) return -1;
        for (int i = 0; i < targets.Length; i++)
        {
            if (!float.IsFinite(targets[i])) return i;
        }
        return -1;
    }

    /// <summary>Adds what is made small to the graph: one number.</summary>
    /// <param name="batch">The network's output, and what it should be.</param>
    public abstract Value AddLoss(TaskValues batch);

    /// <summary>Adds to the graph what every step measures, in training and in evaluation.</summary>
    /// <param name="batch">The network's output, and what it should be.</param>
    /// <returns>The metrics, as sums over the batch.</returns>
    public virtual IReadOnlyList<StepMetric> AddMetrics(TaskValues batch) => [];

    /// <summary>Makes the metrics that an evaluation measures from the outputs.</summary>
    /// <param name="output">The sizes of one example's output.</param>
    public virtual IEnumerable<Metric> CreateMetrics(Shape output) => [];

    /// <summary>
    /// Adds to the graph what a predictor gives of an output, such as probabilities; the output itself unless overridden.
    /// </summary>
    public virtual Value Present(Value output) => output;

    /// <summary>Says what one example's values mean; numbers unless overridden.</summary>
    /// <param name="values">What <see cref="Present"/> gave for the example.</param>
    /// <param name="shape">Its sizes.</param>
    /// <param name="classNames">The names of the classes, as far as known.</param>
    public virtual Prediction Interpret(float[] values, Shape shape, IReadOnlyList<string> classNames) =>
        Prediction.OfNumbers(values, shape);

    /// <summary>All metrics of an evaluation.</summary>
    internal IReadOnlyList<Metric> AllMetrics(Shape output) => [.. CreateMetrics(output), .. AdditionalMetrics.Select(make => make())];

    /// <summary>Adds the members to the text; what is measured does not decide a training and is left out.</summary>
    protected virtual bool PrintMembers(StringBuilder builder) => false;
}
