using Fovea.Core.Files;
using Fovea.Layers;

namespace Fovea.Training;

/// <summary>
/// Keeps the weights of the best epoch, and gives them back to the network when training has ended. A checkpoint holds them too, so that
/// they survive an interruption.
/// </summary>
public sealed class BestWeights : ITrainingObserver
{
    private readonly MonitoredValue monitored;
    private readonly string? path;
    private Dictionary<string, Tensor> best = [];
    private Network? network;

    /// <summary>Makes the observer.</summary>
    /// <param name="monitor">What says how good an epoch is: a name that <see cref="EpochResult"/> knows, such as <c>test_loss</c> or
    /// <c>test_accuracy</c>.</param>
    /// <param name="path">A weight file that is written whenever an epoch is better than all before; null for none.</param>
    /// <param name="higherIsBetter">Whether higher values are better; null for: not of losses and errors, but of everything else.</param>
    public BestWeights(string monitor = "test_loss", string? path = null, bool? higherIsBetter = null)
    {
        this.path = path;
        monitored = new MonitoredValue(monitor, higherIsBetter, 0);
    }

    /// <summary>The number of the best epoch, from 1; 0 before the first.</summary>
    public int Epoch { get; private set; }

    /// <summary>Its value; NaN before the first.</summary>
    public double Best => monitored.Best;

    /// <inheritdoc/>
    public string StateName => $"best_weights.{monitored.Name}";

    /// <inheritdoc/>
    public void SaveState(ObserverState state)
    {
        monitored.Save(state);
        state["epoch"] = Epoch;
        foreach ((string name, Tensor tensor) in best) state.Put(name, tensor);
    }

    /// <inheritdoc/>
    public void LoadState(ObserverState state)
    {
        monitored.Load(state);
        Epoch = (int)state["epoch"];
        best = new(state.Tensors);
    }

    /// <inheritdoc/>
    public void Started(Trainer trainer, long step)
    {
        // A file that cannot be written is better found now than after the best epoch.
        if (path is not null) OutputPath.CheckFile(path);
        network = trainer.Network;
        if (monitored.Start()) (Epoch, best) = (0, []);
    }

    /// <inheritdoc/>
    public void EpochEnded(EpochResult result)
    {
        if (!monitored.Improves(result)) return;
        Epoch = result.Epoch;
        // New tensors every time: the ones before may be on their way into a checkpoint.
        best = network!.Stored.ToDictionary(item => item.Name, item => new Tensor(item.Variable.Shape, item.Variable.Read()));
        if (path is not null) network.Save(path);
    }

    /// <inheritdoc/>
    public void Ended(TrainingResult result)
    {
        foreach ((string name, Variable variable, _) in network!.Stored)
        {
            if (best.TryGetValue(name, out Tensor? kept)) kept.Span.CopyTo(variable.Value.Span);
        }
    }
}
