using Fovea.Execution;

namespace Fovea.Training;

/// <summary>Several observers as one. Each hears of every event, in the order given.</summary>
public sealed class ObserverGroup : ITrainingObserver
{
    private readonly ITrainingObserver[] observers;

    /// <summary>Puts observers together.</summary>
    /// <param name="observers">The observers; a group among them is taken apart.</param>
    public ObserverGroup(params IEnumerable<ITrainingObserver> observers)
    {
        ArgumentNullException.ThrowIfNull(observers);
        this.observers = [.. observers.SelectMany(All)];
    }

    /// <inheritdoc/>
    public void Preparing(in PreparationProgress progress)
    {
        foreach (ITrainingObserver observer in observers) observer.Preparing(progress);
    }

    /// <inheritdoc/>
    public void Started(Trainer trainer, long step)
    {
        foreach (ITrainingObserver observer in observers) observer.Started(trainer, step);
    }

    /// <inheritdoc/>
    public void StepEnded(in TrainingProgress progress)
    {
        foreach (ITrainingObserver observer in observers) observer.StepEnded(progress);
    }

    /// <inheritdoc/>
    public void Evaluating(int epoch)
    {
        foreach (ITrainingObserver observer in observers) observer.Evaluating(epoch);
    }

    /// <inheritdoc/>
    public void BatchEvaluated(int epoch, in EvaluationProgress progress)
    {
        foreach (ITrainingObserver observer in observers) observer.BatchEvaluated(epoch, progress);
    }

    /// <inheritdoc/>
    public void EpochEnded(EpochResult result)
    {
        foreach (ITrainingObserver observer in observers) observer.EpochEnded(result);
    }

    /// <inheritdoc/>
    public void CheckpointBegun(string path)
    {
        foreach (ITrainingObserver observer in observers) observer.CheckpointBegun(path);
    }

    /// <inheritdoc/>
    public void CheckpointWritten(string path)
    {
        foreach (ITrainingObserver observer in observers) observer.CheckpointWritten(path);
    }

    /// <inheritdoc/>
    public void Ended(TrainingResult result)
    {
        foreach (ITrainingObserver observer in observers) observer.Ended(result);
    }

    /// <summary>The single observers that one consists of.</summary>
    internal static IEnumerable<ITrainingObserver> All(ITrainingObserver? observer) => observer switch
    {
        null => [],
        ObserverGroup group => group.observers,
        _ => [observer],
    };
}
