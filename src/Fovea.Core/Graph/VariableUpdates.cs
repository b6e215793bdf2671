using Fovea.Ops;

namespace Fovea.Graph;

/// <summary>Updates of variables as part of a graph: running means, counters, moving averages of weights.</summary>
/// <remarks>
/// <para>A run computes in this order. First everything that has a result: whatever reads a variable, before or after the update
/// in the code, sees the value from before the run. Then the updates replace the variables. A fetched variable is read after
/// them.</para>
/// <para>Several updates of one variable, as from a layer that is applied twice, are done in the order in which they were added,
/// and each formula gets what the one before has left. An operand that is a variable itself has its value from before the run.</para>
/// <para>An update belongs to training: put it under <c>if (graph.IsTraining)</c>. A graph that many threads evaluate at once must not
/// change variables.</para>
/// </remarks>
public static class VariableUpdates
{
    /// <summary>Replaces a variable in every run: <c>graph.Update(count, old => old + 1f)</c>.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="variable">The variable's value, as <see cref="ComputationGraph.Read"/> or a layer's buffer gives it.</param>
    /// <param name="formula">Gives the new value from the old one, elementwise.</param>
    /// <exception cref="ArgumentException">The value is not a variable's, but something computed.</exception>
    public static void Update(this ComputationGraph graph, Value variable, Func<Expression, Expression> formula) =>
        graph.Update(variable, (old, _) => formula(old), []);

    /// <summary>
    /// Replaces a variable in every run: <c>graph.Update(mean, (old, batch) => (0.9f * old) + (0.1f * batch), batchMean)</c>.
    /// </summary>
    /// <inheritdoc cref="Update(ComputationGraph, Value, Func{Expression, IReadOnlyList{Expression}, Expression}, IReadOnlyList{Value})"/>
    /// <param name="graph">The graph.</param>
    /// <param name="variable">The variable's value, as <see cref="ComputationGraph.Read"/> or a layer's buffer gives it.</param>
    /// <param name="formula">Gives the new value from the old one and the operand, elementwise.</param>
    /// <param name="operand">
    /// Of the variable's size, or a single number, or one number for each of the variable's innermost dimensions.
    /// </param>
    public static void Update(
        this ComputationGraph graph, Value variable, Func<Expression, Expression, Expression> formula, Value operand) =>
        graph.Update(variable, (old, operands) => formula(old, operands[0]), [operand]);

    /// <summary>Replaces a variable in every run by a formula of any number of operands.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="variable">The variable's value, as <see cref="ComputationGraph.Read"/> or a layer's buffer gives it.</param>
    /// <param name="formula">Gives the new value from the old one and the operands, elementwise.</param>
    /// <param name="operands">
    /// Each of the variable's size, or a single number, or one number for each of the variable's innermost dimensions.
    /// </param>
    /// <exception cref="ArgumentException">
    /// The value is not a variable's, but something computed; or an operand belongs to another graph.
    /// </exception>
    /// <exception cref="ShapeException">An operand does not fit the variable.</exception>
    public static void Update(
        this ComputationGraph graph,
        Value variable,
        Func<Expression, IReadOnlyList<Expression>, Expression> formula,
        params IReadOnlyList<Value> operands)
    {
        ArgumentNullException.ThrowIfNull(variable);
        ArgumentNullException.ThrowIfNull(formula);
        if (variable.Producer.Op is not VariableOp)
        {
            throw new ArgumentException(
                $"{Where(graph)}only a variable can be updated, and {variable} is computed. " +
                "Give the value of a buffer, a parameter or graph.Read.",
                nameof(variable));
        }
        Expression next = formula(Expression.Input(0), [.. Enumerable.Range(1, operands.Count).Select(Expression.Input)]);
        graph.AddNode(new UpdateOp([next]), [variable, .. operands.Select(OfBefore)]);
    }

    /// <summary>Another update may replace a variable that is an operand; what is read is then a copy from before.</summary>
    private static Value OfBefore(Value operand)
    {
        Value root = operand;
        while (root.Producer.Op.IsView) root = root.Producer.Inputs[0];
        return root.Producer.Op is VariableOp ? operand.Graph.Add(new MapOp(Expression.Input(0)), operand) : operand;
    }

    private static string Where(ComputationGraph graph) => graph.Path.Length == 0 ? "" : $"{graph.Path}: ";
}
