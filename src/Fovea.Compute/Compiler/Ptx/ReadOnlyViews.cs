using Fovea.Compute.Compiler.Ir;

namespace Fovea.Compute.Compiler.Ptx;

/// <summary>Finds the views that overlap no other and are only read: their loads may go through the read-only cache.</summary>
internal static class ReadOnlyViews
{
    public static HashSet<Parameter> Of(Function function)
    {
        HashSet<Parameter> views = [.. function.Parameters.Where(parameter => parameter.NoAlias)];
        foreach (Instruction instruction in function.Instructions.Where(instruction => instruction.Opcode == Opcode.Store || instruction.Opcode.IsAtomic()))
        {
            foreach (Value root in Roots(instruction.Operands[0])) if (root is Parameter parameter) views.Remove(parameter);
        }
        return views;
    }

    /// <summary>Where a pointer may come from.</summary>
    public static IEnumerable<Value> Roots(Value pointer)
    {
        var seen = new HashSet<Value>();
        var work = new Stack<Value>([pointer]);
        while (work.TryPop(out Value? value))
        {
            if (!seen.Add(value)) continue;
            switch (value)
            {
                case Instruction { Opcode: Opcode.Address } address: work.Push(address.Operands[0]); break;
                case Instruction { Opcode: Opcode.Phi } phi: foreach (Value operand in phi.Operands) work.Push(operand); break;
                case Instruction { Opcode: Opcode.Select } select: work.Push(select.Operands[1]); work.Push(select.Operands[2]); break;
                default: yield return value; break;
            }
        }
    }
}
