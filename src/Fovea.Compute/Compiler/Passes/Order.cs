using Fovea.Compute.Compiler.Ir;

namespace Fovea.Compute.Compiler.Passes;

/// <summary>Orders of a function's blocks.</summary>
internal static class Order
{
    /// <summary>Reverse post-order: a block comes after all that leads to it, but for the backward branches of loops.</summary>
    public static List<Block> ReversePost(Function function)
    {
        var order = new List<Block>();
        HashSet<Block> visited = [function.Entry];
        var stack = new Stack<(Block Block, int Next)>([(function.Entry, 0)]);
        while (stack.TryPop(out (Block Block, int Next) top))
        {
            if (top.Next == top.Block.Targets.Length)
            {
                order.Add(top.Block);
                continue;
            }
            stack.Push((top.Block, top.Next + 1));
            Block target = top.Block.Targets[top.Block.Targets.Length - 1 - top.Next];
            if (visited.Add(target)) stack.Push((target, 0));
        }
        order.Reverse();
        return order;
    }

    /// <summary>Each block's immediate dominator; null for the entry.</summary>
    public static Dictionary<Block, Block?> ImmediateDominators(Function function)
    {
        List<Block> order = ReversePost(function);
        Dictionary<Block, int> places = order.Select((block, i) => (block, i)).ToDictionary(entry => entry.block, entry => entry.i);
        Block?[] dominators = Dominators.Of(order, block => block.Targets, block => places[block]);
        return order.Select((block, i) => (block, dominators[i])).ToDictionary(entry => entry.block, entry => entry.Item2);
    }
}
