using Fovea.Execution;

namespace Fovea.Training;

/// <summary>
/// Is told how training goes, on the thread that trains, and may act on it through the trainer that <see cref="Started"/> names:
/// <see cref="Trainer.Stop"/>, <see cref="Trainer.RequestCheckpoint"/>, <see cref="Trainer.LearningRateFactor"/>. It should return soon.
/// </summary>
/// <remarks>
/// What an observer asks for is done once all observers have heard of the event. An exception that one throws ends
/// <see cref="Trainer.Fit"/> with that exception between two steps; parameters and optimizer state are then those of the last step.
/// </remarks>
public interface ITrainingObserver
{
    /// <summary>The name under which a checkpoint keeps what the observer remembers; null if it remembers nothing.</summary>
    string? StateName => null;

    /// <summary>Writes down what the observer remembers, for a checkpoint.</summary>
    void SaveState(ObserverState state)
    {
    }

    /// <summary>
    /// Takes up what the observer remembered when the checkpoint was written that training goes on from; before <see cref="Started"/>.
    /// Not called where the checkpoint knows nothing of the observer.
    /// </summary>
    void LoadState(ObserverState state)
    {
    }

    /// <summary>
    /// A step of training or of the test is being prepared, which may take minutes the first time: convolutions are measured, kernels
    /// compiled. Comes before <see cref="Started"/>, and before the first batch of a test.
    /// </summary>
    void Preparing(in PreparationProgress progress)
    {
    }

    /// <summary>Training begins or goes on.</summary>
    /// <param name="trainer">The trainer.</param>
    /// <param name="step">How many steps a checkpoint has made already.</param>
    void Started(Trainer trainer, long step)
    {
    }

    /// <summary>A step was made.</summary>
    void StepEnded(in TrainingProgress progress)
    {
    }

    /// <summary>An epoch's last step was made and the test set is next.</summary>
    void Evaluating(int epoch)
    {
    }

    /// <summary>A batch of the test set was measured.</summary>
    void BatchEvaluated(int epoch, in EvaluationProgress progress)
    {
    }

    /// <summary>An epoch has ended, or was cut short by a limit of steps or by <see cref="Trainer.Stop"/>.</summary>
    void EpochEnded(EpochResult result)
    {
    }

    /// <summary>A checkpoint is about to be written, which takes seconds where networks are large.</summary>
    void CheckpointBegun(string path)
    {
    }

    /// <summary>A checkpoint was written.</summary>
    void CheckpointWritten(string path)
    {
    }

    /// <summary>
    /// Training has ended by itself, by its limits or by <see cref="Trainer.Stop"/>; not called when it is cancelled or fails.
    /// </summary>
    void Ended(TrainingResult result)
    {
    }
}
