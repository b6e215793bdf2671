using Fovea.Compute.Compiler.Ir;

namespace Fovea.Compute.Compiler.Passes;

/// <summary>Removes what nothing depends on: neither memory, nor a barrier, nor a branch.</summary>
internal static class DeadCode
{
    public static void Run(Function function)
    {
        var live = new HashSet<Value>();
        var work = new Stack<Value>();
        foreach (Block block in function.Blocks)
        {
            if (block.Condition is { } condition) Use(condition);
            foreach (Instruction instruction in block.Instructions.Where(instruction => instruction.Opcode.HasEffect())) Use(instruction);
        }
        while (work.TryPop(out Value? value))
        {
            if (value is not Instruction instruction) continue;
            foreach (Value operand in instruction.Operands) Use(operand);
        }
        foreach (Block block in function.Blocks) block.Instructions.RemoveAll(instruction => !live.Contains(instruction));
        function.Parameters.RemoveAll(parameter => !live.Contains(parameter));
        // Arrays keep their numbers while some of them are in use.
        bool[] used = new bool[function.Arrays.Count];
        foreach (Instruction array in function.Instructions.Where(instruction => instruction.Opcode is Opcode.SharedArray or Opcode.LocalArray)) used[array.Index] = true;
        for (int i = 0; i < used.Length; i++) if (!used[i]) function.Arrays[i] = function.Arrays[i] with { Bytes = 0 };

        void Use(Value value)
        {
            if (live.Add(value)) work.Push(value);
        }
    }
}
