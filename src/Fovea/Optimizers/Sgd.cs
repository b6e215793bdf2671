using Fovea.Ops;

namespace Fovea.Optimizers;

/// <summary>Stochastic gradient descent, with momentum if wanted: v = μv + g, p −= η·v (or η(g + μv) with Nesterov's).</summary>
/// <param name="LearningRate">η.</param>
/// <param name="Momentum">μ.</param>
/// <param name="Nesterov">Whether to look ahead.</param>
/// <remarks>I. Sutskever et al., "On the importance of initialization and momentum in deep learning", ICML 2013; as in PyTorch.</remarks>
public sealed record Sgd(float LearningRate, float Momentum = 0, bool Nesterov = false) : Optimizer(LearningRate)
{
    /// <inheritdoc/>
    public override IReadOnlyList<string> StateNames => Momentum == 0 ? [] : ["momentum_buffer"];

    /// <inheritdoc/>
    protected override Expression[] Step(Expression parameter, Expression gradient, Expression[] states, Expression[] scalars)
    {
        if (Momentum == 0) return [parameter - (scalars[0] * gradient)];
        Expression velocity = (Momentum * states[0]) + gradient;
        return [parameter - (scalars[0] * (Nesterov ? gradient + (Momentum * velocity) : velocity)), velocity];
    }
}
