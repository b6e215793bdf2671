using Fovea.Compilation;

namespace Fovea.Training;

/// <summary>How a predictor runs.</summary>
public sealed record PredictorOptions
{
    /// <summary>What outputs mean; null for the task that the network was trained for, and a classification if that is not known.</summary>
    public TrainingTask? Task { get; init; }

    /// <summary>How convolutions are computed.</summary>
    public CompileOptions Compile { get; init; } = CompileOptions.Default;

    /// <summary>The most inputs that go through the network at once; more go in several runs. Rounded down to a power of two.</summary>
    public int MaxBatch { get; init; } = 64;

    /// <summary>
    /// How many plans are kept: each serves one size of batch and one caller at a time. With all in use a caller waits for the first that
    /// comes back; of idle ones that which was used longest ago makes room.
    /// </summary>
    public int MaxPlans { get; init; } = 16;
}
