namespace Fovea.Compute.Compiler;

/// <summary>Immediate dominators: the last node that every path to a node passes.</summary>
/// <remarks>K. D. Cooper, T. J. Harvey, K. Kennedy, "A Simple, Fast Dominance Algorithm", Rice University, 2001.</remarks>
internal static class Dominators
{
    /// <param name="order">The nodes in reverse post-order, the root first.</param>
    /// <param name="successors">Where control goes from a node.</param>
    /// <param name="index">A node's place in <paramref name="order"/>; −1 for one that is not in it.</param>
    /// <returns>For each place in the order the immediate dominator, null for the root.</returns>
    public static T?[] Of<T>(IReadOnlyList<T> order, Func<T, IEnumerable<T>> successors, Func<T, int> index)
        where T : class
    {
        var predecessors = new List<int>[order.Count];
        for (int i = 0; i < order.Count; i++) predecessors[i] = [];
        for (int i = 0; i < order.Count; i++)
        {
            foreach (T successor in successors(order[i]))
            {
                if (index(successor) >= 0) predecessors[index(successor)].Add(i);
            }
        }
        int[] dominator = new int[order.Count];
        Array.Fill(dominator, -1);
        dominator[0] = 0;
        bool changed = true;
        while (changed)
        {
            changed = false;
            for (int i = 1; i < order.Count; i++)
            {
                int common = -1;
                foreach (int predecessor in predecessors[i])
                {
                    if (dominator[predecessor] >= 0) common = common < 0 ? predecessor : Intersect(common, predecessor);
                }
                if (common == dominator[i]) continue;
                dominator[i] = common;
                changed = true;
            }
        }
        return [.. dominator.Select((place, i) => i == 0 || place < 0 ? null : order[place])];

        int Intersect(int a, int b)
        {
            while (a != b)
            {
                while (a > b) a = dominator[a];
                while (b > a) b = dominator[b];
            }
            return a;
        }
    }
}
