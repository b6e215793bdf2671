using Fovea.Ops;

namespace Fovea.Optimizers;

/// <summary>Adam: bias-corrected averages of the gradient and its square.</summary>
/// <param name="LearningRate">η.</param>
/// <param name="Beta1">β₁.</param>
/// <param name="Beta2">β₂.</param>
/// <param name="Epsilon">ε.</param>
/// <remarks>D. P. Kingma, J. Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015, algorithm 1; as in PyTorch.</remarks>
public sealed record Adam(float LearningRate = 1e-3f, float Beta1 = 0.9f, float Beta2 = 0.999f, float Epsilon = 1e-8f)
    : Optimizer(LearningRate)
{
    /// <inheritdoc/>
    public override IReadOnlyList<string> StateNames => ["exp_avg", "exp_avg_sq"];

    /// <inheritdoc/>
    public override int ScalarCount => 2;

    /// <inheritdoc/>
    public override void Scalars(int step, float learningRate, Span<float> scalars) =>
        Corrections(step, learningRate, Beta1, Beta2, scalars);

    /// <inheritdoc/>
    protected override Expression[] Step(Expression parameter, Expression gradient, Expression[] states, Expression[] scalars)
    {
        (Expression mean, Expression square) = Moments(gradient, states, Beta1, Beta2);
        return [parameter - (scalars[0] * mean / ((Expression.Sqrt(square) * scalars[1]) + Epsilon)), mean, square];
    }

    /// <summary>The learning rate and the root's factor, both with the averages' bias corrected.</summary>
    internal static void Corrections(int step, float learningRate, float beta1, float beta2, Span<float> scalars)
    {
        scalars[0] = (float)(learningRate / (1 - Math.Pow(beta1, step)));
        scalars[1] = (float)(1 / Math.Sqrt(1 - Math.Pow(beta2, step)));
    }

    /// <summary>The new averages of the gradient and of its square.</summary>
    internal static (Expression Mean, Expression Square) Moments(Expression gradient, Expression[] states, float beta1, float beta2) =>
        ((beta1 * states[0]) + ((1 - beta1) * gradient), (beta2 * states[1]) + ((1 - beta2) * gradient * gradient));
}
