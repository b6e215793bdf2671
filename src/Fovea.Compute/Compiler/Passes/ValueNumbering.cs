using Fovea.Compute.Compiler.Ir;

namespace Fovea.Compute.Compiler.Passes;

/// <summary>Computes what is equal once: an instruction gives way to one above it, in a block that dominates its own, with the same operands.</summary>
internal static class ValueNumbering
{
    public static void Run(Function function)
    {
        RemoveTrivialPhis(function);
        ILookup<Block?, Block> children = Order.ImmediateDominators(function).ToLookup(entry => entry.Value, entry => entry.Key);
        var known = new Dictionary<Key, Instruction>();
        var replacements = new Dictionary<Value, Value>();
        // A block's entries are taken back when its part of the dominator tree is done.
        var stack = new Stack<(Block Block, List<Key>? Added)>([(function.Entry, null)]);
        while (stack.TryPop(out (Block Block, List<Key>? Added) top))
        {
            if (top.Added is not null)
            {
                foreach (Key key in top.Added) known.Remove(key);
                continue;
            }
            var added = new List<Key>();
            stack.Push((top.Block, added));
            top.Block.Instructions = [.. top.Block.Instructions.Where(instruction => Stays(instruction, added))];
            if (top.Block.Condition is { } condition) top.Block.ReplaceCondition(Resolve(condition));
            foreach (Block child in children[top.Block]) stack.Push((child, null));
        }
        function.Replace(replacements);
        RemoveTrivialPhis(function);

        bool Stays(Instruction instruction, List<Key> added)
        {
            for (int i = 0; i < instruction.Operands.Length; i++) instruction.Operands[i] = Resolve(instruction.Operands[i]);
            if (!instruction.Opcode.IsPure()) return true;
            if (Folding.Fold(function, instruction.Opcode, instruction.Type, instruction.Operands) is { } folded)
            {
                replacements[instruction] = folded;
                return false;
            }
            var key = new Key(instruction);
            if (known.TryGetValue(key, out Instruction? equal))
            {
                replacements[instruction] = equal;
                return false;
            }
            known[key] = instruction;
            added.Add(key);
            return true;
        }

        Value Resolve(Value value)
        {
            while (replacements.TryGetValue(value, out Value? other)) value = other;
            return value;
        }
    }

    /// <summary>A phi of one value alone, or of itself besides, is that value.</summary>
    private static void RemoveTrivialPhis(Function function)
    {
        while (true)
        {
            var replacements = new Dictionary<Value, Value>();
            foreach (Block block in function.Blocks)
            {
                foreach (Instruction phi in block.Phis)
                {
                    Value[] others = [.. phi.Operands.Where(operand => operand != phi).Distinct()];
                    if (others.Length == 1) replacements[phi] = others[0];
                }
            }
            if (replacements.Count == 0) return;
            // Two phis may each be replaced by the other: break such circles by keeping the first.
            foreach (Value phi in replacements.Keys.ToList())
            {
                Value end = replacements[phi];
                while (end != phi && replacements.TryGetValue(end, out Value? next)) end = next;
                if (end == phi) replacements.Remove(phi);
            }
            foreach (Block block in function.Blocks) block.Instructions.RemoveAll(replacements.ContainsKey);
            function.Replace(replacements);
        }
    }

    private readonly struct Key(Instruction instruction) : IEquatable<Key>
    {
        private readonly Instruction instruction = instruction;

        public bool Equals(Key other) => instruction.Opcode == other.instruction.Opcode && instruction.Type == other.instruction.Type && instruction.Scale == other.instruction.Scale
            && instruction.Index == other.instruction.Index && instruction.Operands.AsSpan().SequenceEqual(other.instruction.Operands);

        public override bool Equals(object? obj) => obj is Key other && Equals(other);

        public override int GetHashCode()
        {
            var hash = default(HashCode);
            hash.Add(instruction.Opcode);
            hash.Add(instruction.Index);
            foreach (Value operand in instruction.Operands) hash.Add(operand);
            return hash.ToHashCode();
        }
    }
}
