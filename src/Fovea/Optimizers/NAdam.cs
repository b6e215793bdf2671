using Fovea.Ops;

namespace Fovea.Optimizers;

/// <summary>Adam with Nesterov's momentum, whose share grows towards β₁.</summary>
/// <param name="LearningRate">η.</param>
/// <param name="Beta1">β₁.</param>
/// <param name="Beta2">β₂.</param>
/// <param name="Epsilon">ε.</param>
/// <param name="MomentumDecay">ψ, how fast the share grows.</param>
/// <remarks>T. Dozat, "Incorporating Nesterov Momentum into Adam", ICLR workshop 2016; as in PyTorch.</remarks>
public sealed record NAdam(
    float LearningRate = 2e-3f, float Beta1 = 0.9f, float Beta2 = 0.999f, float Epsilon = 1e-8f, float MomentumDecay = 4e-3f)
    : Optimizer(LearningRate)
{
    /// <summary>After so many steps the product of all shares is 0 to every digit.</summary>
    private const int CountedSteps = 10_000;

    /// <inheritdoc/>
    public override IReadOnlyList<string> StateNames => ["exp_avg", "exp_avg_sq"];

    /// <inheritdoc/>
    public override int ScalarCount => 3;

    /// <inheritdoc/>
    public override void Scalars(int step, float learningRate, Span<float> scalars)
    {
        double product = 1;
        for (int i = 1; i <= Math.Min(step, CountedSteps) && product > 1e-300; i++) product *= Share(i);
        double now = Share(step), next = Share(step + 1);
        scalars[0] = (float)(learningRate * (1 - now) / (1 - product));
        scalars[1] = (float)(learningRate * next / (1 - (product * next)));
        scalars[2] = (float)(1 / Math.Sqrt(1 - Math.Pow(Beta2, step)));
    }

    /// <inheritdoc/>
    protected override Expression[] Step(Expression parameter, Expression gradient, Expression[] states, Expression[] scalars)
    {
        (Expression mean, Expression square) = Adam.Moments(gradient, states, Beta1, Beta2);
        Expression root = (Expression.Sqrt(square) * scalars[2]) + Epsilon;
        return [parameter - (((scalars[0] * gradient) + (scalars[1] * mean)) / root), mean, square];
    }

    private double Share(int step) => Beta1 * (1 - (0.5 * Math.Pow(0.96, step * (double)MomentumDecay)));
}
