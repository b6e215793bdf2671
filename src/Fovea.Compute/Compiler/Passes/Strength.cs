using System.Numerics;
using Fovea.Compute.Compiler.Ir;

namespace Fovea.Compute.Compiler.Passes;

/// <summary>Divides by powers of two with shifts and masks, where the dividend has no sign or is never negative.</summary>
internal static class Strength
{
    public static void Run(Function function)
    {
        var replacements = new Dictionary<Value, Value>();
        foreach (Block block in function.Blocks)
        {
            for (int i = 0; i < block.Instructions.Count; i++)
            {
                Instruction old = block.Instructions[i];
                if (Cheaper(function, old) is not { } better) continue;
                better.Block = block;
                better.Location = old.Location;
                block.Instructions[i] = better;
                replacements[old] = better;
                // What follows may rest on this one's bounds.
                foreach (Instruction later in block.Instructions.Skip(i)) Replace(later, old, better);
            }
        }
        function.Replace(replacements);
    }

    private static void Replace(Instruction instruction, Value old, Value better)
    {
        for (int i = 0; i < instruction.Operands.Length; i++) if (instruction.Operands[i] == old) instruction.Operands[i] = better;
    }

    private static Instruction? Cheaper(Function function, Instruction i)
    {
        if (i.Opcode is not (Opcode.Divide or Opcode.Remainder or Opcode.DivideUnsigned or Opcode.RemainderUnsigned) || i.Type != IrType.I32) return null;
        if (i.Operands[1] is not Constant { Bits: > 0 } divisor || !BitOperations.IsPow2(divisor.Int32)) return null;
        if (i.Opcode is Opcode.Divide or Opcode.Remainder && !Ranges.IsNotNegative(i.Operands[0], function.Source.GroupSize)) return null;
        return i.Opcode is Opcode.Divide or Opcode.DivideUnsigned
            ? new Instruction(Opcode.ShiftRightUnsigned, i.Type, i.Operands[0], function.Int(BitOperations.Log2((uint)divisor.Int32)))
            : new Instruction(Opcode.And, i.Type, i.Operands[0], function.Int(divisor.Int32 - 1));
    }
}
