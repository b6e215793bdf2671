using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;
using Fovea.Core;
using Fovea.Training;

namespace Fovea.Schedules;

/// <summary>How the learning rate changes during training.</summary>
[DynamicallyAccessedMembers(TrainingSettings.Kept)]
public abstract record Schedule
{
    /// <summary>The learning rate stays.</summary>
    public static Schedule Constant { get; } = new ConstantSchedule();

    /// <summary>The factor on the learning rate.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <param name="stepsPerEpoch">Steps of one epoch.</param>
    /// <param name="totalSteps">Steps of the whole training.</param>
    public abstract float Factor(long step, int stepsPerEpoch, long totalSteps);

    private protected static float CheckedFactor(float value, float most, string what, [CallerMemberName] string parameter = "") =>
        value >= 0 && value <= most ? value : throw new ArgumentOutOfRangeException(parameter, string.Create(
            CultureInfo.InvariantCulture, $"{what} is {value}. Give 0 or more{(most < float.MaxValue ? $", and at most {most}" : "")}."));

    private sealed record ConstantSchedule : Schedule
    {
        public override float Factor(long step, int stepsPerEpoch, long totalSteps) => 1;
    }
}

/// <summary>The learning rate is multiplied by a factor every few epochs.</summary>
/// <param name="Epochs">How many epochs it stays the same; 1 or more.</param>
/// <param name="Gamma">The factor; finite and not negative.</param>
/// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
public sealed record StepSchedule(int Epochs, float Gamma = 0.1f) : Schedule
{
    /// <summary>How many epochs it stays the same; 1 or more.</summary>
    public int Epochs
    {
        get;
        init => field = CheckedEpochs(value);
    }
        = CheckedEpochs(Epochs);

    /// <summary>The factor; finite and not negative.</summary>
    public float Gamma
    {
        get;
        init => field = CheckedFactor(value, float.MaxValue, "StepSchedule.Gamma");
    }
        = CheckedFactor(Gamma, float.MaxValue, "StepSchedule.Gamma");

    /// <inheritdoc/>
    public override float Factor(long step, int stepsPerEpoch, long totalSteps) => (float)Math.Pow(Gamma, step / stepsPerEpoch / Epochs);

    private static int CheckedEpochs(int value)
    {
        Require.Positive(value, "StepSchedule.Epochs", nameof(Epochs));
        return value;
    }
}

/// <summary>The learning rate falls to a fraction of itself along half a cosine.</summary>
/// <param name="Minimum">The factor at the end, from 0 to 1.</param>
/// <remarks>
/// I. Loshchilov, F. Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", ICLR 2017, equation 5, without restarts.
/// </remarks>
/// <exception cref="ArgumentOutOfRangeException">The factor is out of its range.</exception>
public sealed record CosineSchedule(float Minimum = 0) : Schedule
{
    /// <summary>The factor at the end, from 0 to 1.</summary>
    public float Minimum
    {
        get;
        init => field = CheckedFactor(value, 1, "CosineSchedule.Minimum");
    }
        = CheckedFactor(Minimum, 1, "CosineSchedule.Minimum");

    /// <inheritdoc/>
    public override float Factor(long step, int stepsPerEpoch, long totalSteps)
    {
        double progress = totalSteps <= 1 ? 0 : Math.Min(1, step / (double)(totalSteps - 1));
        return (float)(Minimum + ((1 - Minimum) * 0.5 * (1 + Math.Cos(Math.PI * progress))));
    }
}

/// <summary>Another schedule, whose first steps are lowered: its share grows linearly from nearly nothing to all.</summary>
/// <param name="Steps">How many steps it grows; 0 for none.</param>
/// <param name="Then">The schedule. It counts the steps of the warm-up as its own, so that nothing of it comes later.</param>
/// <remarks>P. Goyal et al., "Accurate, Large Minibatch SGD", 2017, section 2.2.</remarks>
/// <exception cref="ArgumentOutOfRangeException">The number of steps is negative.</exception>
/// <exception cref="ArgumentNullException">There is no schedule.</exception>
public sealed record WarmUpSchedule(int Steps, Schedule Then) : Schedule
{
    /// <summary>How many steps the learning rate grows; 0 for none.</summary>
    public int Steps
    {
        get;
        init => field = CheckedSteps(value);
    }
        = CheckedSteps(Steps);

    /// <summary>The schedule. It counts the steps of the warm-up as its own.</summary>
    public Schedule Then
    {
        get;
        init => field = value ?? throw new ArgumentNullException(nameof(Then));
    }
        = Then ?? throw new ArgumentNullException(nameof(Then));

    /// <inheritdoc/>
    public override float Factor(long step, int stepsPerEpoch, long totalSteps) =>
        Math.Min(1, (step + 1f) / Math.Max(1, Steps)) * Then.Factor(step, stepsPerEpoch, totalSteps);

    private static int CheckedSteps(int value)
    {
        Require.NotNegative(value, "WarmUpSchedule.Steps", nameof(Steps));
        return value;
    }
}
