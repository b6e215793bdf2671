using Fovea.Ops;

namespace Fovea.Optimizers;

/// <summary>Adam whose weight decay shrinks parameters by itself: p −= η·λ·p, then Adam's step.</summary>
/// <remarks>I. Loshchilov, F. Hutter, "Decoupled Weight Decay Regularization", ICLR 2019, algorithm 2; as in PyTorch.</remarks>
public sealed record AdamW : Optimizer
{
    /// <param name="learningRate">η.</param>
    /// <param name="beta1">β₁.</param>
    /// <param name="beta2">β₂.</param>
    /// <param name="epsilon">ε.</param>
    public AdamW(float learningRate = 1e-3f, float beta1 = 0.9f, float beta2 = 0.999f, float epsilon = 1e-8f)
        : base(learningRate)
    {
        (Beta1, Beta2, Epsilon) = (beta1, beta2, epsilon);
        WeightDecay = 0.01f;
    }

    /// <summary>How much of the old average of gradients stays.</summary>
    public float Beta1 { get; init; }

    /// <summary>How much of the old average of their squares stays.</summary>
    public float Beta2 { get; init; }

    /// <summary>Added to the root.</summary>
    public float Epsilon { get; init; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> StateNames => ["exp_avg", "exp_avg_sq"];

    /// <inheritdoc/>
    public override int ScalarCount => 3;

    /// <inheritdoc/>
    protected override int? DecoupledDecay => 2;

    /// <inheritdoc/>
    public override void Scalars(int step, float learningRate, Span<float> scalars)
    {
        Adam.Corrections(step, learningRate, Beta1, Beta2, scalars);
        scalars[2] = learningRate;
    }

    /// <inheritdoc/>
    protected override Expression[] Step(Expression parameter, Expression gradient, Expression[] states, Expression[] scalars)
    {
        (Expression mean, Expression square) = Adam.Moments(gradient, states, Beta1, Beta2);
        return [parameter - (scalars[0] * mean / ((Expression.Sqrt(square) * scalars[1]) + Epsilon)), mean, square];
    }
}
