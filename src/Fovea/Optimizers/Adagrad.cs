using Fovea.Ops;

namespace Fovea.Optimizers;

/// <summary>Adagrad: s += g², p −= η·g / (√s + ε).</summary>
/// <param name="LearningRate">η.</param>
/// <param name="Epsilon">ε.</param>
/// <remarks>J. Duchi et al., "Adaptive Subgradient Methods", JMLR 12, 2011; as in PyTorch.</remarks>
public sealed record Adagrad(float LearningRate = 1e-2f, float Epsilon = 1e-10f) : Optimizer(LearningRate)
{
    /// <inheritdoc/>
    public override IReadOnlyList<string> StateNames => ["sum"];

    /// <inheritdoc/>
    protected override Expression[] Step(Expression parameter, Expression gradient, Expression[] states, Expression[] scalars)
    {
        Expression sum = states[0] + (gradient * gradient);
        return [parameter - (scalars[0] * gradient / (Expression.Sqrt(sum) + Epsilon)), sum];
    }
}
