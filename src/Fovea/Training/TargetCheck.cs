using System.Globalization;

namespace Fovea.Training;

/// <summary>
/// Checks that targets are what a task and its network take. It is made on the host, since a device's kernels cannot throw.
/// </summary>
internal static class TargetCheck
{
    /// <summary>Checks numbers.</summary>
    /// <param name="task">The task.</param>
    /// <param name="targets">The targets of some examples, one after the other.</param>
    /// <param name="perExample">How many an example has.</param>
    /// <param name="examples">The numbers of the examples in their set; none if they are in no set.</param>
    /// <param name="set">What the set is called; empty if that need not be said.</param>
    /// <exception cref="ArgumentException">The task does not take one; the message names the example and the place.</exception>
    public static void Numbers(TrainingTask task, ReadOnlySpan<float> targets, int perExample, ReadOnlySpan<int> examples,
        string set = "")
    {
        int wrong = task.IndexOfWrongTarget(targets);
        if (wrong < 0) return;
        string target = targets[wrong].ToString(CultureInfo.InvariantCulture);
        string place = perExample > 1 ? $" at {(task is MultiLabel ? "label" : "place")} {wrong % perExample}" : "";
        throw new ArgumentException(
            $"{Of(set)}{Example(wrong / perExample, examples)} has target {target}{place}, but {task.Name} takes {task.TargetRequirement}. "
                + "Mend the data.", nameof(targets));
    }

    /// <summary>Checks labels.</summary>
    /// <param name="labels">The labels of some examples, one after the other.</param>
    /// <param name="classes">How many classes there are.</param>
    /// <param name="padding">The label that says that there is none; null if there is no such label.</param>
    /// <param name="perExample">How many labels an example has.</param>
    /// <param name="examples">The numbers of the examples in their set; none if they are in no set.</param>
    /// <param name="set">What the set is called; empty if that need not be said.</param>
    /// <exception cref="ArgumentOutOfRangeException">A label is no class; the message names the example and the place.</exception>
    public static void Labels(ReadOnlySpan<int> labels, int classes, int? padding, int perExample, ReadOnlySpan<int> examples,
        string set = "")
    {
        for (int i = 0; i < labels.Length; i++)
        {
            if ((uint)labels[i] < (uint)classes || labels[i] == padding) continue;
            string place = perExample > 1 ? $" at step {i % perExample}" : "";
            throw new ArgumentOutOfRangeException(
                nameof(labels),
                $"{Of(set)}{Example(i / perExample, examples)} has label {labels[i]}{place}, "
                    + $"but the network has classes 0 to {classes - 1}.");
        }
    }

    private static string Of(string set) => set.Length > 0 ? $"{set}: " : "";

    /// <summary>An example by its number in the set, or else in the batch.</summary>
    public static string Example(int inBatch, ReadOnlySpan<int> examples) => inBatch < examples.Length
        ? string.Create(CultureInfo.InvariantCulture, $"Example {examples[inBatch]}")
        : string.Create(CultureInfo.InvariantCulture, $"Example {inBatch} of the batch");
}
