using Fovea.Graph;
using Fovea.Ops;

namespace Fovea.Compilation;

/// <summary>
/// Merges updates with equal formulas, so that a device with a price for every launch pays it once for many small tensors. Their
/// gradients wait for the last of a group and cannot share memory meanwhile, which is why a group ends when it has enough of them,
/// and why a tensor that is large enough by itself is updated at once.
/// </summary>
internal static class UpdateGrouping
{
    /// <param name="program">A program whose updates stand where nothing needs the old values any longer.</param>
    /// <param name="maxBytes">Bytes of gradients that a group may hold.</param>
    public static Program Apply(Program program, long maxBytes)
    {
        IEnumerable<KeyValuePair<Value, int>> replaced = program.Nodes.SelectMany(node => node.Replaced).CountBy(value => value);
        HashSet<Value> replacedAgain = [.. replaced.Where(pair => pair.Value > 1).Select(pair => pair.Key)];
        var nodes = new List<Node>();
        var open = new List<List<Node>>();
        foreach (Node node in program.Nodes)
        {
            if (node.Op is not UpdateOp update || !CanWait(node, update) || node.Replaced.Any(replacedAgain.Contains)
                || Bytes(node) > maxBytes)
            {
                nodes.Add(node);
                continue;
            }
            List<Node>? group = open.Find(other => AreEqual(other[0], node));
            if (group is null) open.Add(group = []);
            else if (group.Sum(Bytes) + Bytes(node) > maxBytes)
            {
                nodes.Add(Merge(group));
                group.Clear();
            }
            group.Add(node);
        }
        nodes.AddRange(open.Select(Merge));
        return program with { Nodes = nodes };
    }

    /// <summary>
    /// One that reads other variables, or vectors that repeat, is left where it is: another update may be about to replace what it
    /// reads, and the kernel for many tensors knows no periods. So is one of a variable that has several, which keep their order.
    /// </summary>
    private static bool CanWait(Node node, UpdateOp update) =>
        node.Inputs.Take(update.Formulas.Count).All(input => input.Producer.Op is VariableOp)
        && node.Inputs.Skip(update.Formulas.Count)
            .All(input => input.Producer.Op is not VariableOp && MapOp.Kind(input.Shape, node.Inputs[0].Shape) != MapInputKind.Repeating);

    private static bool AreEqual(Node a, Node b)
    {
        if (!((UpdateOp)a.Op).Formulas.SequenceEqual(((UpdateOp)b.Op).Formulas) || a.Inputs.Count != b.Inputs.Count) return false;
        return a.Inputs.Zip(b.Inputs)
            .All(pair => MapOp.Kind(pair.First.Shape, a.Inputs[0].Shape) == MapOp.Kind(pair.Second.Shape, b.Inputs[0].Shape));
    }

    private static long Bytes(Node node) =>
        node.Inputs.Skip(((UpdateOp)node.Op).Formulas.Count).Where(input => input.Shape == node.Inputs[0].Shape)
            .Sum(input => input.Spec.Bytes);

    private static Node Merge(List<Node> group)
    {
        Node first = group[0];
        return group.Count == 1 ? first : first.Graph.AddNode(
            new UpdateGroupOp((UpdateOp)first.Op, group.Count, first.Inputs.Count), [.. group.SelectMany(node => node.Inputs)], "");
    }
}
