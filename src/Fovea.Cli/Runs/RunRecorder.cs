using Fovea.Cli.Output;
using Fovea.Layers;
using Fovea.Training;

namespace Fovea.Cli.Runs;

/// <summary>Keeps metrics and weights of a training in its folder, and passes everything on to what shows it.</summary>
internal sealed class RunRecorder(RunFolder folder, Network network, Host host, ITrainingObserver display) : ITrainingObserver
{
    /// <summary>Whether there was anything to do.</summary>
    public bool WentOn { get; private set; }

    public void Started(Trainer trainer, long step)
    {
        long parameters = network.ParameterCount * sizeof(float);
        long activations = trainer.Plan!.PeakBytes;
        host.Notice(
            $"memory: parameters {Show.Bytes(parameters)}, optimizer {Show.Bytes(trainer.PeakBytes - activations - parameters)}, "
                + $"activations {Show.Bytes(activations)}");
        display.Started(trainer, step);
    }

    public void StepEnded(in TrainingProgress progress) => display.StepEnded(progress);

    public void Evaluating(int epoch)
    {
        WentOn = true;
        display.Evaluating(epoch);
    }

    public void EpochEnded(EpochResult result)
    {
        folder.WriteMetrics(result);
        display.EpochEnded(result);
    }

    public void CheckpointWritten(string path) => network.Save(folder.Weights);

    public void Ended(TrainingResult result) => display.Ended(result);
}
