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
    /// <summary>
    /// L2 regularisation: this times the parameter is added to its gradient; or, in optimizers that say so, this times learning rate and
    /// parameter is taken from the parameter.
    /// </summary>
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

    /// <summary>
    /// Which of the scalars is the learning rate, if <see cref="WeightDecay"/> shrinks the parameter apart from its gradient; null if it is
    /// added to that.
    /// </summary>
    protected virtual int? DecoupledDecay => null;

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
        Expression[] numbers = [.. Enumerable.Range(count + 2, ScalarCount).Select(Expression.Input)];
        if (L1 != 0) g += L1 * Expression.Sign(p);
        if (WeightDecay != 0 && DecoupledDecay is { } rate) p *= 1f - (WeightDecay * numbers[rate]);
        else if (WeightDecay != 0) g += WeightDecay * p;
        Expression[] formulas = Step(p, g, [.. Enumerable.Range(1, count).Select(Expression.Input)], numbers);
        parameter.Graph.AddNode(new UpdateOp(formulas), [parameter, .. states, gradient, .. scalars]);
    }
}
