using System.Reflection;
using System.Reflection.Emit;

namespace Fovea.Compute.Compiler.Il;

/// <summary>One instruction of a method's body.</summary>
/// <param name="Offset">Where it begins.</param>
/// <param name="Next">Where the next one begins.</param>
/// <param name="Opcode">What it does.</param>
/// <param name="Operand">A number, a branch's target, several for a switch, or a token.</param>
internal readonly record struct IlInstruction(int Offset, int Next, OpCode Opcode, object? Operand)
{
    public int Int32 => (int)Operand!;
}

/// <summary>Decodes method bodies (ECMA-335, partition III).</summary>
internal static class IlReader
{
    private static readonly Dictionary<short, OpCode> ByValue = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!).ToDictionary(opcode => opcode.Value);

    public static List<IlInstruction> Read(byte[] il)
    {
        var instructions = new List<IlInstruction>();
        int at = 0;
        while (at < il.Length)
        {
            int offset = at;
            short value = il[at++];
            if (value == 0xFE) value = (short)((value << 8) | il[at++]);
            OpCode opcode = ByValue[value];
            object? operand = null;
            switch (opcode.OperandType)
            {
                case OperandType.InlineNone: break;
                case OperandType.ShortInlineBrTarget: operand = at + 1 + (sbyte)il[at]; at++; break;
                case OperandType.InlineBrTarget: operand = at + 4 + BitConverter.ToInt32(il, at); at += 4; break;
                case OperandType.ShortInlineI: operand = opcode == OpCodes.Ldc_I4_S ? (sbyte)il[at] : (int)il[at]; at++; break;
                case OperandType.ShortInlineVar: operand = (int)il[at++]; break;
                case OperandType.InlineVar: operand = (int)BitConverter.ToUInt16(il, at); at += 2; break;
                case OperandType.InlineI8: operand = BitConverter.ToInt64(il, at); at += 8; break;
                case OperandType.ShortInlineR: operand = BitConverter.ToSingle(il, at); at += 4; break;
                case OperandType.InlineR: operand = BitConverter.ToDouble(il, at); at += 8; break;
                case OperandType.InlineSwitch:
                    int count = BitConverter.ToInt32(il, at), after = at + 4 + (4 * count);
                    int[] targets = new int[count];
                    for (int i = 0; i < count; i++) targets[i] = after + BitConverter.ToInt32(il, at + 4 + (4 * i));
                    (operand, at) = (targets, after);
                    break;
                default: operand = BitConverter.ToInt32(il, at); at += 4; break;
            }
            if (operand is sbyte small) operand = (int)small;
            instructions.Add(new IlInstruction(offset, at, opcode, operand));
        }
        return instructions;
    }
}
