using System.Globalization;
using Fovea.Core;
using Fovea.Core.Files;

namespace Fovea.Training;

/// <summary>Writes a checkpoint every so many steps, beside those that the trainer writes after each epoch.</summary>
public sealed class PeriodicCheckpoint : ITrainingObserver
{
    private readonly long steps;
    private readonly string? path;
    private Trainer? trainer;

    /// <summary>Makes the observer.</summary>
    /// <param name="steps">After how many steps a checkpoint is written.</param>
    /// <param name="path">
    /// The file; {step} in it stands for the step's number, so that each has a file of its own. Null for
    /// <see cref="TrainerOptions.CheckpointPath"/>.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">The number of steps is not positive.</exception>
    public PeriodicCheckpoint(long steps, string? path = null)
    {
        Require.Positive(steps, "PeriodicCheckpoint's number of steps");
        (this.steps, this.path) = (steps, path);
    }

    /// <inheritdoc/>
    public void Started(Trainer trainer, long step)
    {
        if (path is null && trainer.Options.CheckpointPath is null)
            throw new ArgumentException(
                "There is no place for checkpoints: give the observer a path, or set TrainerOptions.CheckpointPath.");
        if (path is not null) OutputPath.CheckFile(PathOf(step));
        this.trainer = trainer;
    }

    /// <inheritdoc/>
    public void StepEnded(in TrainingProgress progress)
    {
        if (progress.Step % steps == 0)
            trainer!.RequestCheckpoint(path is null ? null : PathOf(progress.Step));
    }

    private string PathOf(long step) => path!.Replace("{step}", step.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
}
