using System.Globalization;

namespace Fovea.Training;

/// <summary>How the examples of an epoch are divided into batches, each of which is one step of training.</summary>
/// <param name="Examples">How many examples the set has.</param>
/// <param name="BatchSize">How many a batch has.</param>
/// <param name="WantedBatchSize">How many <see cref="TrainerOptions.BatchSize"/> asked for: more, if the set does not have as
/// many.</param>
public sealed record EpochBatches(int Examples, int BatchSize, int WantedBatchSize)
{
    /// <summary>How many batches an epoch has.</summary>
    public int Count => Examples / BatchSize;

    /// <summary>
    /// How many examples an epoch leaves out, since they do not fill a batch. Each epoch has another order, so they are others each time.
    /// </summary>
    public int LeftOut => Examples % BatchSize;

    /// <summary>What a user may not expect, in a sentence; null if there is nothing.</summary>
    public string? Notice =>
        WantedBatchSize > BatchSize ? string.Create(CultureInfo.InvariantCulture,
            $"the batch size is {BatchSize:N0}, all examples that there are, and not {WantedBatchSize:N0}: an epoch is a single step")
        : LeftOut > 0 ? string.Create(CultureInfo.InvariantCulture,
            $"each epoch leaves out {LeftOut:N0} of {Examples:N0} examples, which do not fill a batch of {BatchSize:N0}")
        : null;
}
