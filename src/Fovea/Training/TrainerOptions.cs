using Fovea.Compilation;
using Fovea.Data;
using Fovea.Losses;
using Fovea.Optimizers;
using Fovea.Schedules;

namespace Fovea.Training;

/// <summary>How a network is trained.</summary>
public sealed record TrainerOptions
{
    /// <summary>How parameters follow their gradients.</summary>
    public Optimizer Optimizer { get; init; } = new Sgd(0.05f, 0.9f);

    /// <summary>What is made small.</summary>
    public Loss Loss { get; init; } = new SoftmaxCrossEntropyLoss();

    /// <summary>How the learning rate changes.</summary>
    public Schedule Schedule { get; init; } = Schedule.Constant;

    /// <summary>Examples of one step. A data set with fewer is one batch; a last partial batch of an epoch is left out.</summary>
    public int BatchSize { get; init; } = 64;

    /// <summary>How often every example is seen.</summary>
    public int Epochs { get; init; } = 5;

    /// <summary>Ends training after so many steps; 0 for no limit.</summary>
    public long MaxSteps { get; init; }

    /// <summary>The seed of initial values, data order, augmentation and dropout.</summary>
    public ulong Seed { get; init; }

    /// <summary>How training images are varied.</summary>
    public Augmentation Augmentation { get; init; } = Augmentation.None;

    /// <summary>How convolutions are computed. How many steps there will be is filled in where it says nothing.</summary>
    public CompileOptions Compile { get; init; } = CompileOptions.Default;

    /// <summary>Where checkpoints are written: after each epoch, and when training is cancelled. Null for nowhere.</summary>
    public string? CheckpointPath { get; init; }

    /// <summary>Whether to go on from the checkpoint, if there is one.</summary>
    public bool Resume { get; init; }
}

/// <summary>What one epoch gave.</summary>
/// <param name="Epoch">Its number, from 1.</param>
/// <param name="TrainLoss">The mean loss of its batches, while they were learnt.</param>
/// <param name="TrainAccuracy">The share of its examples that were classified rightly, while they were learnt.</param>
/// <param name="TestLoss">The mean loss on the test set after the epoch; NaN without one.</param>
/// <param name="TestAccuracy">The share of the test set that is classified rightly; NaN without one.</param>
/// <param name="Seconds">How long it took, test included.</param>
public sealed record EpochResult(int Epoch, double TrainLoss, double TrainAccuracy, double TestLoss, double TestAccuracy, double Seconds);

/// <summary>What training gave.</summary>
/// <param name="Epochs">Every epoch.</param>
/// <param name="Steps">How many steps were made in all.</param>
/// <param name="Seconds">How long it took, this run and those that it resumed.</param>
/// <param name="PeakBytes">Memory of parameters, optimizer state and plans.</param>
public sealed record TrainingResult(IReadOnlyList<EpochResult> Epochs, long Steps, double Seconds, long PeakBytes)
{
    /// <summary>The share of the test set that is classified rightly at the end; NaN without a test set.</summary>
    public double TestAccuracy => Epochs.Count == 0 ? double.NaN : Epochs[^1].TestAccuracy;
}

/// <summary>What evaluating gave.</summary>
/// <param name="Loss">The mean loss.</param>
/// <param name="Accuracy">The share that is classified rightly.</param>
/// <param name="Count">How many examples there were.</param>
/// <param name="Seconds">How long it took.</param>
public sealed record EvaluationResult(double Loss, double Accuracy, int Count, double Seconds);

/// <summary>The loss is no number any longer. The message names the step and what may help.</summary>
public sealed class TrainingDivergedException(string message) : Exception(message);
