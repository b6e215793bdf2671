using Fovea.Cli.Output;
using Fovea.Layers;
using Fovea.Training;

namespace Fovea.Cli.Runs;

/// <summary>Keeps metrics and weights of a training in its folder, and passes everything on to what shows it.</summary>
internal sealed class RunRecorder(RunFolder folder, RunSettings settings, Network network, Host host, ITrainingObserver display)
    : ITrainingObserver
{
    private string before = "";

    /// <summary>Whether there was anything to do.</summary>
    public bool WentOn { get; private set; }

    public void Started(Trainer trainer, long step)
    {
        // What ends before this leaves nothing behind.
        folder.WriteSettings(settings);
        long parameters = network.ParameterCount * sizeof(float);
        long activations = trainer.Plan!.PeakBytes;
        host.Notice(
            $"memory: parameters {Show.Bytes(parameters)}, optimizer {Show.Bytes(trainer.PeakBytes - activations - parameters)}, "
                + $"activations {Show.Bytes(activations)}");
        display.Started(trainer, step);
        host.Life.Begin("first step");
    }

    public void StepEnded(in TrainingProgress progress)
    {
        // A line that moves says more itself. Elsewhere a step may take longer than the lines of the display are apart.
        if (host.Live is not null) host.Life.End();
        else Say($"epoch {progress.Epoch} of {progress.Epochs}", $"batch {progress.Batch} of {progress.Batches}");
        display.StepEnded(progress);
    }

    public void Evaluating(int epoch)
    {
        WentOn = true;
        display.Evaluating(epoch);
        host.Life.Begin($"testing after epoch {epoch}");
    }

    public void BatchEvaluated(int epoch, in EvaluationProgress progress)
    {
        if (host.Live is not null) host.Life.End();
        else host.Life.Report(progress);
        display.BatchEvaluated(epoch, progress);
    }

    public void EpochEnded(EpochResult result)
    {
        folder.WriteMetrics(result);
        display.EpochEnded(result);
    }

    public void CheckpointBegun(string path) => host.Life.Begin($"writing {path}");

    public void CheckpointWritten(string path)
    {
        host.Life.Begin($"writing {folder.Weights}");
        network.Save(folder.Weights);
        host.Life.Begin("next step");
    }

    public void Ended(TrainingResult result) => display.Ended(result);

    /// <summary>Begins an activity only once: its time and its silence count from there.</summary>
    private void Say(string activity, string detail)
    {
        if (activity != before) host.Life.Begin(before = activity);
        host.Life.Detail(detail);
    }
}
