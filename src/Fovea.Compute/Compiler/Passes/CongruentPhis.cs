using Fovea.Compute.Compiler.Ir;

namespace Fovea.Compute.Compiler.Passes;

/// <summary>
/// Two phis of a loop that begin equal and change in the same way are one: each turn's values are equal if the last turn's were, so
/// what they are computed from is compared on that assumption.
/// </summary>
internal static class CongruentPhis
{
    private const int Deepest = 8;

    public static void Run(Function function)
    {
        var replacements = new Dictionary<Value, Value>();
        foreach (Block block in function.Blocks)
        {
            Instruction[] phis = [.. block.Phis];
            for (int i = 1; i < phis.Length; i++)
            {
                Instruction? same = phis[..i].FirstOrDefault(other => !replacements.ContainsKey(other) && other.Type == phis[i].Type && Equal(other, phis[i]));
                if (same is not null) replacements[phis[i]] = same;
            }
            block.Instructions.RemoveAll(replacements.ContainsKey);
        }
        function.Replace(replacements);
    }

    private static bool Equal(Instruction first, Instruction second)
    {
        for (int i = 0; i < first.Sources.Count; i++)
        {
            int j = second.Sources.IndexOf(first.Sources[i]);
            if (j < 0 || !Same(first.Operands[i], second.Operands[j], 0)) return false;
        }
        return true;

        bool Same(Value a, Value b, int depth)
        {
            if (a == b || (a == first && b == second)) return true;
            if (depth == Deepest || a is not Instruction x || b is not Instruction y || !x.Opcode.IsPure()) return false;
            if (x.Opcode != y.Opcode || x.Type != y.Type || x.Scale != y.Scale || x.Index != y.Index || x.Operands.Length != y.Operands.Length) return false;
            for (int i = 0; i < x.Operands.Length; i++) if (!Same(x.Operands[i], y.Operands[i], depth + 1)) return false;
            return true;
        }
    }
}
