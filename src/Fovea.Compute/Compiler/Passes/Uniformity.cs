using Fovea.Compute.Compiler.Ir;

namespace Fovea.Compute.Compiler.Passes;

/// <summary>
/// Finds which values differ among a group's threads, and so which blocks some threads of a group may pass by: a barrier there
/// would wait for ever, or worse, silently not.
/// </summary>
internal static class Uniformity
{
    /// <summary>The first barrier that not all threads of a group may reach, with the branch that divides them.</summary>
    public static (Instruction Barrier, Block Branch)? FindDivergentBarrier(Function function)
    {
        if (!function.Instructions.Any(instruction => instruction.Opcode is Opcode.Barrier or Opcode.Shuffle)) return null;
        Dictionary<Block, List<Block>> controlling = ControlDependence(function);
        var divergent = new HashSet<Value>();
        bool changed = true;
        while (changed)
        {
            changed = false;
            foreach (Instruction instruction in function.Instructions)
            {
                if (!divergent.Contains(instruction) && Differs(instruction)) changed |= divergent.Add(instruction);
            }
        }
        foreach (Block block in function.Blocks)
        {
            Block? branch = Branch(block);
            if (branch is not null && block.Instructions.FirstOrDefault(instruction => instruction.Opcode is Opcode.Barrier or Opcode.Shuffle) is { } barrier) return (barrier, branch);
        }
        return null;

        bool Differs(Instruction instruction) => instruction.Opcode switch
        {
            Opcode.Launch => (LaunchValue)instruction.Index <= LaunchValue.ThreadZ,
            // Each thread has its own.
            Opcode.LocalArray => true,
            Opcode.Phi => instruction.Operands.Any(divergent.Contains) || DividedAt(instruction),
            _ => instruction.Opcode.IsAtomic() || instruction.Operands.Any(divergent.Contains),
        };

        // The paths that meet at a phi part at a branch: if its condition differs, so does the phi.
        bool DividedAt(Instruction phi) => phi.Sources.SelectMany(source => controlling[source].Append(source)).Any(block => block.Condition is { } condition && divergent.Contains(condition));

        Block? Branch(Block block)
        {
            var seen = new HashSet<Block>();
            var work = new Stack<Block>(controlling[block]);
            while (work.TryPop(out Block? branch))
            {
                if (!seen.Add(branch)) continue;
                if (divergent.Contains(branch.Condition!)) return branch;
                foreach (Block outer in controlling[branch]) work.Push(outer);
            }
            return null;
        }
    }

    /// <summary>For each block the branches that decide whether it runs.</summary>
    private static Dictionary<Block, List<Block>> ControlDependence(Function function)
    {
        // Post-dominators are dominators of the reversed graph, with one end after all others.
        var end = new Block();
        Dictionary<Block, List<Block>> predecessors = function.Blocks.ToDictionary(block => block, block => block.Predecessors.ToList());
        predecessors[end] = [.. function.Blocks.Where(block => block.Targets.Length == 0)];
        var order = new List<Block>();
        HashSet<Block> visited = [end];
        var stack = new Stack<(Block Block, int Next)>([(end, 0)]);
        while (stack.TryPop(out (Block Block, int Next) top))
        {
            if (top.Next == predecessors[top.Block].Count)
            {
                order.Add(top.Block);
                continue;
            }
            stack.Push((top.Block, top.Next + 1));
            Block next = predecessors[top.Block][top.Next];
            if (visited.Add(next)) stack.Push((next, 0));
        }
        order.Reverse();
        Dictionary<Block, int> places = order.Select((block, i) => (block, i)).ToDictionary(entry => entry.block, entry => entry.i);
        Block?[] post = Dominators.Of(order, block => predecessors[block], block => places.GetValueOrDefault(block, -1));

        Dictionary<Block, List<Block>> controlling = function.Blocks.ToDictionary(block => block, _ => new List<Block>());
        foreach (Block block in function.Blocks.Where(block => block.Targets.Length == 2))
        {
            Block? stop = places.TryGetValue(block, out int at) ? post[at] : null;
            foreach (Block target in block.Targets)
            {
                for (Block? runner = target; runner is not null && runner != stop && runner != end; runner = places.TryGetValue(runner, out int place) ? post[place] : null)
                {
                    if (!controlling[runner].Contains(block)) controlling[runner].Add(block);
                }
            }
        }
        return controlling;
    }
}
