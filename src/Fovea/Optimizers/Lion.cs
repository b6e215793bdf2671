using Fovea.Ops;

namespace Fovea.Optimizers;

/// <summary>
/// Lion: p −= η·sign(β₁m + (1 − β₁)g), m = β₂m + (1 − β₂)g. Its weight decay shrinks parameters by itself: p −= η·λ·p.
/// </summary>
/// <param name="LearningRate">η.</param>
/// <param name="Beta1">β₁.</param>
/// <param name="Beta2">β₂.</param>
/// <remarks>X. Chen et al., "Symbolic Discovery of Optimization Algorithms", NeurIPS 2023, algorithm 2.</remarks>
public sealed record Lion(float LearningRate = 1e-4f, float Beta1 = 0.9f, float Beta2 = 0.99f) : Optimizer(LearningRate)
{
    /// <inheritdoc/>
    public override IReadOnlyList<string> StateNames => ["exp_avg"];

    /// <inheritdoc/>
    protected override int? DecoupledDecay => 0;

    /// <inheritdoc/>
    protected override Expression[] Step(Expression parameter, Expression gradient, Expression[] states, Expression[] scalars)
    {
        Expression direction = Expression.Sign((Beta1 * states[0]) + ((1 - Beta1) * gradient));
        return [parameter - (scalars[0] * direction), (Beta2 * states[0]) + ((1 - Beta2) * gradient)];
    }
}
