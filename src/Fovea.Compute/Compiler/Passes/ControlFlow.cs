using Fovea.Compute.Compiler.Ir;

namespace Fovea.Compute.Compiler.Passes;

/// <summary>Straightens control flow: known branches, blocks in a row, blocks that only lead on, and small choices that become a select.</summary>
internal static class ControlFlow
{
    private const int MostHoisted = 4;

    public static void Run(Function function)
    {
        bool changed = true;
        while (changed)
        {
            function.Link();
            changed = Known(function) | LeadOn(function);
            function.Link();
            changed |= Choose(function);
            changed |= Join(function);
        }
    }

    private static bool Known(Function function)
    {
        bool changed = false;
        foreach (Block block in function.Blocks)
        {
            if (block.Targets.Length != 2) continue;
            Block? only = block.Targets[0] == block.Targets[1] ? block.Targets[0] : block.Condition is Constant known ? block.Targets[known.Bits != 0 ? 0 : 1] : null;
            if (only is null) continue;
            Block other = block.Targets[only == block.Targets[0] ? 1 : 0];
            block.Jump(only);
            if (other != only) Forget(other, block);
            changed = true;
        }
        return changed;
    }

    private static void Forget(Block block, Block source)
    {
        foreach (Instruction phi in block.Phis)
        {
            int i = phi.Sources.IndexOf(source);
            phi.Sources.RemoveAt(i);
            phi.Operands = [.. phi.Operands[..i], .. phi.Operands[(i + 1)..]];
        }
    }

    /// <summary>An empty block gives way to its only target, unless phis there tell where control came from.</summary>
    private static bool LeadOn(Function function)
    {
        bool changed = false;
        foreach (Block block in function.Blocks)
        {
            if (block.Instructions.Count > 0 || block.Targets is not [var target] || target == block || block == function.Entry || target.Phis.Any()) continue;
            foreach (Block predecessor in function.Blocks.Where(other => other.Targets.Contains(block)).ToList())
            {
                predecessor.Retarget(block, target);
                changed = true;
            }
        }
        return changed;
    }

    /// <summary>A branch around one or two small blocks without effects, after which only values differ, becomes selects.</summary>
    private static bool Choose(Function function)
    {
        bool changed = false;
        foreach (Block block in function.Blocks)
        {
            if (block.Targets is not [var yes, var no] || yes == no) continue;
            if (yes.Targets is not [var join] || no.Targets is not [var same] || join != same || join.Predecessors.Count != 2 || join == block) continue;
            if (!Small(yes) || !Small(no) || !join.Phis.Any()) continue;
            Value condition = block.Condition!;
            Hoist(yes);
            Hoist(no);
            var replacements = new Dictionary<Value, Value>();
            foreach (Instruction phi in join.Phis.ToList())
            {
                var select = new Instruction(Opcode.Select, phi.Type, condition, phi.Operands[phi.Sources.IndexOf(yes)], phi.Operands[phi.Sources.IndexOf(no)]) { Block = block, Location = phi.Location };
                block.Instructions.Add(select);
                join.Instructions.Remove(phi);
                replacements[phi] = select;
            }
            block.Jump(join);
            function.Replace(replacements);
            function.Link();
            return true;

            void Hoist(Block side)
            {
                foreach (Instruction instruction in side.Instructions) instruction.Block = block;
                block.Instructions.AddRange(side.Instructions);
                side.Instructions = [];
            }
        }
        return changed;
    }

    // A division by zero must not be hoisted to where it was guarded: some processors stop at it.
    private static bool Small(Block block) => block.Predecessors.Count == 1 && block.Instructions.Count <= MostHoisted && block.Instructions.All(instruction =>
        instruction.Opcode.IsPure() && instruction.Opcode is not (Opcode.Divide or Opcode.DivideUnsigned or Opcode.Remainder or Opcode.RemainderUnsigned or Opcode.LocalArray or Opcode.SharedArray));

    /// <summary>A block that leads nowhere else, to one that nothing else leads to, takes it in.</summary>
    private static bool Join(Function function)
    {
        bool changed = false;
        foreach (Block block in function.Blocks)
        {
            while (block.Targets is [var next] && next != block && next.Predecessors.Count == 1 && next != function.Entry && !next.Phis.Any())
            {
                foreach (Instruction instruction in next.Instructions) instruction.Block = block;
                block.Instructions.AddRange(next.Instructions);
                next.Instructions = [];
                Block[] targets = next.Targets;
                if (targets.Length == 0) block.End();
                else if (targets.Length == 1) block.Jump(targets[0]);
                else block.Branch(next.Condition!, targets[0], targets[1]);
                block.Location = next.Location;
                foreach (Block target in targets)
                {
                    for (int i = 0; i < target.Predecessors.Count; i++) if (target.Predecessors[i] == next) target.Predecessors[i] = block;
                    foreach (Instruction phi in target.Phis)
                    {
                        for (int i = 0; i < phi.Sources.Count; i++) if (phi.Sources[i] == next) phi.Sources[i] = block;
                    }
                }
                next.Predecessors.Clear();
                next.End();
                changed = true;
            }
        }
        return changed;
    }
}
