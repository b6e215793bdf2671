namespace Fovea.Schedules;

/// <summary>How the learning rate changes during training.</summary>
public abstract record Schedule
{
    /// <summary>The learning rate stays.</summary>
    public static Schedule Constant { get; } = new ConstantSchedule();

    /// <summary>The factor on the learning rate.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <param name="stepsPerEpoch">Steps of one epoch.</param>
    /// <param name="totalSteps">Steps of the whole training.</param>
    public abstract float Factor(long step, int stepsPerEpoch, long totalSteps);

    private sealed record ConstantSchedule : Schedule
    {
        public override float Factor(long step, int stepsPerEpoch, long totalSteps) => 1;
    }
}

/// <summary>The learning rate is multiplied by a factor every few epochs.</summary>
/// <param name="Epochs">How many epochs it stays the same.</param>
/// <param name="Gamma">The factor.</param>
public sealed record StepSchedule(int Epochs, float Gamma = 0.1f) : Schedule
{
    /// <inheritdoc/>
    public override float Factor(long step, int stepsPerEpoch, long totalSteps) => (float)Math.Pow(Gamma, step / stepsPerEpoch / Epochs);
}

/// <summary>The learning rate falls to a fraction of itself along half a cosine.</summary>
/// <param name="Minimum">The factor at the end.</param>
/// <remarks>
/// I. Loshchilov, F. Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", ICLR 2017, equation 5, without restarts.
/// </remarks>
public sealed record CosineSchedule(float Minimum = 0) : Schedule
{
    /// <inheritdoc/>
    public override float Factor(long step, int stepsPerEpoch, long totalSteps)
    {
        double progress = totalSteps <= 1 ? 0 : Math.Min(1, step / (double)(totalSteps - 1));
        return (float)(Minimum + ((1 - Minimum) * 0.5 * (1 + Math.Cos(Math.PI * progress))));
    }
}

/// <summary>The learning rate grows linearly from nearly nothing, then follows another schedule.</summary>
/// <param name="Steps">How many steps it grows.</param>
/// <param name="Then">What follows; it begins after the warm-up.</param>
/// <remarks>P. Goyal et al., "Accurate, Large Minibatch SGD", 2017, section 2.2.</remarks>
public sealed record WarmUpSchedule(int Steps, Schedule Then) : Schedule
{
    /// <inheritdoc/>
    public override float Factor(long step, int stepsPerEpoch, long totalSteps) =>
        step < Steps ? (step + 1f) / Steps * Then.Factor(0, stepsPerEpoch, totalSteps - Steps)
            : Then.Factor(step - Steps, stepsPerEpoch, totalSteps - Steps);
}
