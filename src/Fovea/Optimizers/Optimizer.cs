using System.Diagnostics.CodeAnalysis;
using Fovea.Cpu;
using Fovea.Graph;
using Fovea.Ops;
using Fovea.Training;

namespace Fovea.Optimizers;

/// <summary>
/// How parameters follow their gradients. An optimizer is a set of formulas, one for the parameter and one for each thing that it
/// remembers; every device compiles them like any other elementwise formula.
/// </summary>
/// <param name="LearningRate">The learning rate before a schedule changes it.</param>
[DynamicallyAccessedMembers(TrainingSettings.Kept)]
public abstract record Optimizer(float LearningRate)
{
    /// <summary>L2 regularisation: this times the parameter is added to its gradient.</summary>
    public float WeightDecay { get; init; }

    /// <summary>L1 regularisation: this times the parameter's sign is added to its gradient.</summary>
    public float L1 { get; init; }

    /// <summary>The names of what is remembered for each parameter.</summary>
    [NoSetting]
    public abstract IReadOnlyList<string> StateNames { get; }

    /// <summary>How many numbers <see cref="Scalars"/> gives.</summary>
    [NoSetting]
    public virtual int ScalarCount => 1;

    /// <summary>Computes the numbers that all parameters share in one step.</summary>
    /// <param name="step">The number of the step, from 1.</param>
    /// <param name="learningRate">The learning rate of this step.</param>
    /// <param name="scalars">Where to write them.</param>
    public virtual void Scalars(int step, float learningRate, Span<float> scalars) => scalars[0] = learningRate;

    /// <summary>Gives the new value of the parameter, then those of the states.</summary>
    /// <param name="parameter">The parameter.</param>
    /// <param name="gradient">Its gradient, regularisation included.</param>
    /// <param name="states">What is remembered.</param>
    /// <param name="scalars">The numbers of this step.</param>
    protected abstract Expression[] Step(Expression parameter, Expression gradient, Expression[] states, Expression[] scalars);

    /// <summary>Adds the update of one parameter to a graph.</summary>
    /// <param name="parameter">The parameter's value.</param>
    /// <param name="gradient">Its gradient.</param>
    /// <param name="states">What is remembered of it.</param>
    /// <param name="scalars">The numbers of this step, each a scalar.</param>
    /// <exception cref="ArgumentException">The states or scalars are not as many as the optimizer has.</exception>
    public void AddUpdate(Value parameter, Value gradient, IReadOnlyList<Value> states, IReadOnlyList<Value> scalars)
    {
        if (states.Count != StateNames.Count)
            throw new ArgumentException(
            $"{GetType().Name} remembers {StateNames.Count} things of a parameter, but {states.Count} were given.", nameof(states));
        if (scalars.Count != ScalarCount)
            throw new ArgumentException($"{GetType().Name} takes {ScalarCount} scalars, but {scalars.Count} were given.", nameof(scalars));
        // Inputs: what is replaced first, then the gradient, then the scalars.
        int count = StateNames.Count;
        Expression p = Expression.Input(0), g = Expression.Input(count + 1);
        if (WeightDecay != 0) g += WeightDecay * p;
        if (L1 != 0) g += L1 * Expression.Sign(p);
        Expression[] formulas = Step(p, g, [.. Enumerable.Range(1, count).Select(Expression.Input)],
            [.. Enumerable.Range(count + 2, ScalarCount).Select(Expression.Input)]);
        parameter.Graph.AddNode(new UpdateOp(formulas), [parameter, .. states, gradient, .. scalars]);
    }
}

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
    public override void Scalars(int step, float learningRate, Span<float> scalars)
    {
        scalars[0] = (float)(learningRate / (1 - Math.Pow(Beta1, step)));
        scalars[1] = (float)(1 / Math.Sqrt(1 - Math.Pow(Beta2, step)));
    }

    /// <inheritdoc/>
    protected override Expression[] Step(Expression parameter, Expression gradient, Expression[] states, Expression[] scalars)
    {
        Expression mean = (Beta1 * states[0]) + ((1 - Beta1) * gradient);
        Expression square = (Beta2 * states[1]) + ((1 - Beta2) * gradient * gradient);
        return [parameter - (scalars[0] * mean / ((Expression.Sqrt(square) * scalars[1]) + Epsilon)), mean, square];
    }
}
