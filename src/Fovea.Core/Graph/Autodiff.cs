namespace Fovea.Graph;

/// <summary>Reverse-mode differentiation as a transformation: it only adds nodes to the graph.</summary>
public static class Autodiff
{
    /// <summary>Adds nodes that compute the derivatives of a loss.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="loss">A single number.</param>
    /// <param name="with">What to differentiate with respect to: variables' values, inputs, or anything between.</param>
    /// <returns>The derivative for each of <paramref name="with"/>; zeros where the loss does not depend on it.</returns>
    /// <exception cref="ShapeException">The loss is not a single number.</exception>
    /// <exception cref="NotSupportedException">An operation has no gradient; the message names it and its layer.</exception>
    public static IReadOnlyList<Value> Differentiate(this ComputationGraph graph, Value loss, params IReadOnlyList<Value> with)
    {
        if (loss.Shape.Count != 1)
            throw new ShapeException($"Only a single number can be differentiated, not {loss.Shape}. Take its sum or mean.");
        return graph.Differentiate([loss], [graph.Constant(1, loss.Shape)], with);
    }

    /// <summary>Adds nodes that compute Σ ∂output/∂value · gradient: derivatives with given gradients of the outputs.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="outputs">What is differentiated.</param>
    /// <param name="outputGradients">The gradient that arrives at each output.</param>
    /// <param name="with">What to differentiate with respect to.</param>
    public static IReadOnlyList<Value> Differentiate(
        this ComputationGraph graph, IReadOnlyList<Value> outputs, IReadOnlyList<Value> outputGradients, IReadOnlyList<Value> with)
    {
        // Everything that depends on a value asked for; gradients stop where nobody asks.
        var dependent = new HashSet<Value>(with);
        Node[] nodes = [.. graph.Nodes];
        foreach (Node node in nodes)
        {
            if (node.Inputs.Any(dependent.Contains)) dependent.UnionWith(node.Outputs);
        }

        var gradients = new Dictionary<Value, Value>();
        for (int i = 0; i < outputs.Count; i++) Accumulate(outputs[i], outputGradients[i]);
        foreach (Node node in nodes.Reverse())
        {
            Value?[] arriving = [.. node.Outputs.Select(output => gradients.GetValueOrDefault(output))];
            if (arriving.All(gradient => gradient is null) || !node.Inputs.Any(dependent.Contains)) continue;
            using ComputationGraph.Scope scope = graph.Enter(node.Path);
            Differentiate(new GradientContext(node, arriving, dependent.Contains, Accumulate));
        }
        return [.. with.Select(value => gradients.TryGetValue(value, out Value? gradient) ? gradient : graph.Constant(0, value.Shape))];

        static void Differentiate(GradientContext context)
        {
            try
            {
                context.Node.Op.Gradient(context);
            }
            catch (NotSupportedException exception) when (context.Node.Path.Length > 0)
            {
                throw new NotSupportedException($"{context.Node.Path}: {exception.Message}", exception);
            }
        }

        void Accumulate(Value value, Value gradient) =>
            gradients[value] = gradients.TryGetValue(value, out Value? sum) ? sum + gradient : gradient;
    }
}
