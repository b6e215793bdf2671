using System.Globalization;
using Fovea.Graph;

namespace Fovea.Training;

/// <summary>What a weight file says about the task that its network was trained for.</summary>
internal static class TaskMetadata
{
    public const string Classification = "classification", Regression = "regression", MultiLabel = "multi-label",
        SequenceClassification = "sequence-classification";

    private const string Task = "fovea.task", Threshold = "fovea.threshold", Padding = "fovea.padding_label";

    public static void Write(TrainingTask? task, Dictionary<string, string> metadata)
    {
        if (task is null) return;
        metadata[Task] = task.Name;
        if (task is MultiLabel labels) metadata[Threshold] = labels.Threshold.ToString("R", CultureInfo.InvariantCulture);
        if (task is SequenceClassification { Padding: { } padding }) metadata[Padding] = padding.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>The task of a file; null if it does not say, as files of the first versions do not.</summary>
    /// <exception cref="InvalidDataException">A number of the task's is none.</exception>
    public static TrainingTask? Read(IReadOnlyDictionary<string, string> metadata) => metadata.GetValueOrDefault(Task) switch
    {
        null => null,
        Classification => new Classification(),
        Regression => new Regression(),
        MultiLabel => metadata.ContainsKey(Threshold) ? new MultiLabel(Number(metadata, Threshold)) : new MultiLabel(),
        SequenceClassification => new SequenceClassification(metadata.ContainsKey(Padding) ? (int)Number(metadata, Padding) : null),
        { } name => new HostTask(name),
    };

    private static float Number(IReadOnlyDictionary<string, string> metadata, string key) =>
        float.TryParse(metadata[key], NumberStyles.Float, CultureInfo.InvariantCulture, out float value)
            ? value
            : throw new InvalidDataException($"The file's {key} is '{metadata[key]}', which is no number.");

    /// <summary>A task that a host application has and the file only names: a prediction gives its numbers as they are.</summary>
    private sealed record HostTask(string Given) : TrainingTask
    {
        public override string Name => Given;

        public override TensorSpec Target(Shape output) => throw Unknown();

        public override Value AddLoss(TaskValues batch) => throw Unknown();

        private InvalidOperationException Unknown() =>
            new($"The network was trained for {Given}, a task of another program's own. Say by TrainerOptions.Task what to measure.");
    }
}
