using Fovea.Compilation;
using Fovea.Data;
using Fovea.Optimizers;
using Fovea.Schedules;

namespace Fovea.Training;

/// <summary>How a network is trained.</summary>
public sealed record TrainerOptions
{
    /// <summary>What it is trained to do: how targets arrive, what is made small, what is measured.</summary>
    public TrainingTask Task { get; init; } = new Classification();

    /// <summary>How parameters follow their gradients.</summary>
    public Optimizer Optimizer { get; init; } = new Sgd(0.02f, 0.9f);

    /// <summary>How the learning rate changes.</summary>
    public Schedule Schedule { get; init; } = Schedule.Constant;

    /// <summary>
    /// Examples of one step. A data set with fewer is one batch; a last partial batch of an epoch is left out.
    /// <see cref="Trainer.EpochBatches"/> says what that comes to, and <see cref="ConsoleObserver"/> tells it.
    /// </summary>
    public int BatchSize { get; init; } = 64;

    /// <summary>How often every example is seen.</summary>
    public int Epochs { get; init; } = 5;

    /// <summary>Ends training after so many steps; 0 for no limit.</summary>
    public long MaxSteps { get; init; }

    /// <summary>The seed of initial values, data order, augmentation and dropout.</summary>
    public ulong Seed { get; init; }

    /// <summary>How training images are varied; for image sets only.</summary>
    public Augmentation Augmentation { get; init; } = Augmentation.None;

    /// <summary>How convolutions are computed. How many steps there will be is filled in where it says nothing.</summary>
    public CompileOptions Compile { get; init; } = CompileOptions.Default;

    /// <summary>Where checkpoints are written: after each epoch, and when training is cancelled. Null for nowhere.</summary>
    public string? CheckpointPath { get; init; }

    /// <summary>Whether to go on from the checkpoint at <see cref="CheckpointPath"/>, if there is one.</summary>
    public bool Resume { get; init; }
}
