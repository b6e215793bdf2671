using Fovea.Execution;

namespace Fovea.Training;

/// <summary>Tells the observer of a training, and whoever listens to its device, how far preparation is.</summary>
internal sealed class PreparationRelay(ITrainingObserver? observer, Device device) : IProgress<PreparationProgress>
{
    public void Report(PreparationProgress value)
    {
        observer?.Preparing(value);
        device.Progress?.Report(value);
    }
}
