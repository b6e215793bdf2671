using System.Globalization;
using Fovea.Graph;

namespace Fovea.Training;

/// <summary>What a weight file says about the task that its network was trained for.</summary>
internal static class TaskMetadata
{
    public const string Classification = "classification", Regression = "regression", MultiLabel = "multi-label",
        SequenceClassification = "sequence-classification";

    public const string Task = "fovea.task";

    private const string Threshold = "fovea.threshold", Padding = "fovea.padding_label";

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
        MultiLabel => metadata.ContainsKey(Threshold) ? new MultiLabel(Probability(metadata)) : new MultiLabel(),
        SequenceClassification => new SequenceClassification(metadata.ContainsKey(Padding) ? Label(metadata) : null),
        { } name => new HostTask(name),
    };

    private static float Probability(IReadOnlyDictionary<string, string> metadata) =>
        float.TryParse(metadata[Threshold], NumberStyles.Float, CultureInfo.InvariantCulture, out float value) && value is > 0 and < 1
            ? value
            : throw new InvalidDataException($"{Threshold} is '{metadata[Threshold]}', which is no number between 0 and 1.");

    private static int Label(IReadOnlyDictionary<string, string> metadata) =>
        int.TryParse(metadata[Padding], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value)
            ? value
            : throw new InvalidDataException($"{Padding} is '{metadata[Padding]}', which is no whole number.");

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
