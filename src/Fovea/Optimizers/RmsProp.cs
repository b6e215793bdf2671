using Fovea.Ops;

namespace Fovea.Optimizers;

/// <summary>RMSProp: s = αs + (1 − α)g², p −= η·g / (√s + ε).</summary>
/// <param name="LearningRate">η.</param>
/// <param name="Alpha">α.</param>
/// <param name="Epsilon">ε.</param>
/// <remarks>T. Tieleman, G. Hinton, Coursera lecture 6.5, 2012; as in PyTorch.</remarks>
public sealed record RmsProp(float LearningRate = 1e-3f, float Alpha = 0.99f, float Epsilon = 1e-8f) : Optimizer(LearningRate)
{
    /// <inheritdoc/>
    public override IReadOnlyList<string> StateNames => ["square_avg"];

    /// <inheritdoc/>
    protected override Expression[] Step(Expression parameter, Expression gradient, Expression[] states, Expression[] scalars)
    {
        Expression square = (Alpha * states[0]) + ((1 - Alpha) * gradient * gradient);
        return [parameter - (scalars[0] * gradient / (Expression.Sqrt(square) + Epsilon)), square];
    }
}
