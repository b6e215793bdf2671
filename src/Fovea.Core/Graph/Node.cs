namespace Fovea.Graph;

/// <summary>An operation in a graph, with its place in the network.</summary>
public sealed class Node
{
    internal Node(ComputationGraph graph, Op op, Value[] inputs, string path)
    {
        (Graph, Op, Inputs, Path) = (graph, op, inputs, path);
        Outputs = [.. op.Infer([.. inputs.Select(input => input.Spec)]).Select((spec, i) => new Value(this, i, spec))];
    }

    /// <summary>The graph it belongs to.</summary>
    public ComputationGraph Graph { get; }

    /// <summary>What it computes.</summary>
    public Op Op { get; }

    /// <summary>What it reads.</summary>
    public IReadOnlyList<Value> Inputs { get; }

    /// <summary>What it produces.</summary>
    public IReadOnlyList<Value> Outputs { get; }

    /// <summary>The layer it belongs to, such as <c>features.3</c>.</summary>
    public string Path { get; }

    /// <summary>Multiply-adds of one run.</summary>
    public long MultiplyAdds => Op.MultiplyAdds([.. Inputs.Select(i => i.Spec)], [.. Outputs.Select(o => o.Spec)]);
}
