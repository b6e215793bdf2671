using Fovea.Graph;

namespace Fovea.Compilation;

/// <summary>The part of a graph that is to be executed: nodes in order, and what is wanted of them.</summary>
/// <param name="Nodes">The nodes, each after those it reads from.</param>
/// <param name="Fetches">The values that are wanted.</param>
internal sealed record Program(IReadOnlyList<Node> Nodes, IReadOnlyList<Value> Fetches)
{
    /// <summary>Takes from a graph what the fetches and the updates need, and nothing else.</summary>
    public static Program From(ComputationGraph graph, IReadOnlyList<Value> fetches)
    {
        var needed = new HashSet<Node>(fetches.Select(fetch => fetch.Producer));
        foreach (Node node in graph.Nodes.Reverse())
        {
            if (!node.Op.HasEffect && !needed.Contains(node)) continue;
            needed.Add(node);
            needed.UnionWith(node.Inputs.Select(input => input.Producer));
        }
        return new Program([.. graph.Nodes.Where(needed.Contains)], fetches);
    }

    /// <summary>
    /// Moves updates to where nothing needs the old values any longer: a gradient is then used while it is in the cache, and its
    /// memory is free for the next one. Updates of one variable keep their order.
    /// </summary>
    public Program ScheduleUpdates()
    {
        // A fetched variable is read after the run, so the update still comes first. Who reads a view reads what it is a view of.
        var lastUse = new Dictionary<Value, int>();
        for (int i = 0; i < Nodes.Count; i++)
        {
            if (Nodes[i].Op.HasEffect) continue;
            foreach (Value value in Nodes[i].Inputs.Concat(Nodes[i].Outputs)) lastUse[Root(value)] = i;
        }
        ILookup<int, Node> updates = Nodes.Where(node => node.Op.HasEffect).ToLookup(Place);
        return this with { Nodes = [.. Nodes.SelectMany((node, i) => node.Op.HasEffect ? updates[i] : updates[i].Prepend(node))] };

        int Place(Node update)
        {
            int place = update.Inputs.Max(input => lastUse.GetValueOrDefault(Root(input), -1));
            // A later update of the same variable comes no earlier than this one.
            foreach (Value replaced in update.Replaced) lastUse[replaced] = place;
            return place;
        }
    }

    private static Value Root(Value value) => value.Producer.Op.IsView ? Root(value.Producer.Inputs[0]) : value;

    /// <summary>How often each value is read; a fetch counts as one reading more.</summary>
    public Dictionary<Value, int> CountUses()
    {
        var uses = new Dictionary<Value, int>();
        foreach (Value value in Nodes.SelectMany(node => node.Inputs).Concat(Fetches)) uses[value] = uses.GetValueOrDefault(value) + 1;
        return uses;
    }

    /// <summary>
    /// Builds the program anew, node by node. <paramref name="rewrite"/> gets a node with its already rewritten inputs and gives
    /// what takes its place: an operation and inputs, or null to keep it.
    /// </summary>
    public Program Rewrite(Func<Node, Value[], Replacement?> rewrite)
    {
        ComputationGraph source = Nodes[0].Graph;
        var graph = new ComputationGraph { IsTraining = source.IsTraining, Seed = source.Seed };
        var images = new Dictionary<Value, Value>();
        foreach (Node node in Nodes)
        {
            Value[] inputs = [.. node.Inputs.Select(input => images[input])];
            Replacement replacement = rewrite(node, inputs) ?? new Replacement(node.Op, inputs, node.Path);
            Node image = graph.AddNode(replacement.Op, replacement.Inputs, replacement.Path);
            for (int i = 0; i < node.Outputs.Count; i++)
            {
                images[node.Outputs[i]] = image.Outputs[i];
                if (node.Outputs[i].Name is { } name) image.Outputs[i].Named(name);
            }
        }
        return From(graph, [.. Fetches.Select(fetch => images[fetch])]);
    }
}

/// <summary>What takes a node's place.</summary>
/// <param name="Op">The operation.</param>
/// <param name="Inputs">What it reads, in the new program.</param>
/// <param name="Path">The layer it belongs to.</param>
internal readonly record struct Replacement(Op Op, Value[] Inputs, string Path);
