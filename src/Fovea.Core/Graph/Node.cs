using Fovea.Ops;

namespace Fovea.Graph;

/// <summary>An operation in a graph, with its place in the network.</summary>
public sealed class Node
{
    internal Node(ComputationGraph graph, Op op, Value[] inputs, string path)
    {
        (Graph, Op, Inputs, Path) = (graph, op, inputs, path);
        Outputs = [.. op.Infer([.. inputs.Select(input => input.Spec)])
            .Select((spec, i) => new Value(this, i, spec) { FlattenedFrom = FlattenedFrom(op, inputs, spec.Shape) })];
    }

    /// <summary>The graph it belongs to.</summary>
    public ComputationGraph Graph { get; }

    /// <summary>What it computes.</summary>
    public Op Op { get; }

    /// <summary>What it reads.</summary>
    public IReadOnlyList<Value> Inputs { get; }

    /// <summary>What it produces.</summary>
    public IReadOnlyList<Value> Outputs { get; }

    /// <summary>The values of variables that a run replaces.</summary>
    internal IEnumerable<Value> Replaced => Inputs.Where((_, i) => Op.Replaces(i));

    /// <summary>The layer it belongs to, such as <c>features.3</c>.</summary>
    public string Path { get; }

    /// <inheritdoc cref="Op.Details"/>
    public string Details => Op.Details([.. Inputs.Select(i => i.Spec)]);

    /// <summary>Multiply-adds of one run.</summary>
    public long MultiplyAdds => Op.MultiplyAdds([.. Inputs.Select(i => i.Spec)], [.. Outputs.Select(o => o.Spec)]);

    private static Shape? FlattenedFrom(Op op, Value[] inputs, Shape result)
    {
        if (op is ReshapeOp)
        {
            // Row-major order is that of the image as long as the examples stay apart.
            Value x = inputs[0];
            if (x.Shape.Rank == 0 || result.Rank == 0 || x.Shape[0] != result[0]) return null;
            return x.Shape.Rank == 4 && result.Rank == 2 ? new Shape(x.Shape.Dimensions[1..]) : x.FlattenedFrom;
        }
        IEnumerable<Value> kept = inputs.Where((input, i) => op.KeepsOrder(i) && input.Shape == result);
        Shape[] origins = [.. kept.Select(input => input.FlattenedFrom).OfType<Shape>().Distinct()];
        return origins.Length == 1 ? origins[0] : null;
    }
}
