namespace Fovea.Compute.Compiler.Ir;

/// <summary>Appends instructions to a block, computing at once what is known and letting constants drift outwards, to where addresses absorb them.</summary>
internal sealed class IrBuilder(Function function)
{
    public Function Function { get; } = function;

    public Block Block { get; set; } = null!;

    public SourceLocation? Location { get; set; }

    public Value Emit(Opcode opcode, IrType type, params Value[] operands)
    {
        if (opcode.IsCommutative() && operands[0] is Constant && operands[1] is not Constant) operands = [operands[1], operands[0]];
        return Folding.Fold(Function, opcode, type, operands) ?? Reassociate(opcode, type, operands) ?? Append(new Instruction(opcode, type, operands));
    }

    public Instruction Append(Instruction instruction)
    {
        instruction.Block = Block;
        instruction.Location = Location;
        Block.Instructions.Add(instruction);
        return instruction;
    }

    public Value Not(Value condition) =>
        condition is Instruction { Opcode: var opcode, Operands: [var a, var b] } && opcode.IsComparison() && (!a.Type.IsFloat || opcode is Opcode.Equal or Opcode.NotEqual)
            ? Emit(opcode.Inverse(), IrType.Bool, a, b)
            : Emit(Opcode.Not, IrType.Bool, condition);

    /// <summary>A truth value from a number, as C# tests it.</summary>
    public Value Truth(Value value) => value.Type == IrType.Bool ? value : Emit(Opcode.NotEqual, IrType.Bool, value, Function.Constant(value.Type, 0));

    /// <summary>A number from a truth value.</summary>
    public Value Number(Value value) => value.Type == IrType.Bool ? Emit(Opcode.Select, IrType.I32, value, Function.Int(1), Function.Int(0)) : value;

    /// <summary>A pointer a number of elements further; a constant part is given back for the access to add.</summary>
    public (Value Pointer, int Offset) Address(Value pointer, Value index, int scale)
    {
        index = Number(index);
        if (index is Constant known) return (pointer, checked((int)(known.Bits * scale)));
        if (index is Instruction { Opcode: Opcode.Add, Operands: [var variable, Constant part] } && part.Bits * scale is >= int.MinValue and <= int.MaxValue)
        {
            return (Append(new Instruction(Opcode.Address, pointer.Type, pointer, variable) { Scale = scale }), (int)part.Bits * scale);
        }
        return (Append(new Instruction(Opcode.Address, pointer.Type, pointer, index) { Scale = scale }), 0);
    }

    // (x + c) + d → x + (c + d); (x + c) + y → (x + y) + c; (x + c) · d → x · d + c · d; (x + c) << d likewise.
    private Value? Reassociate(Opcode opcode, IrType type, Value[] operands)
    {
        if (!type.IsInteger || operands.Length != 2) return null;
        Value a = operands[0], b = operands[1];
        if (opcode == Opcode.Subtract && b is Constant subtrahend) return Emit(Opcode.Add, type, a, Function.Constant(type, -subtrahend.Bits));
        if (opcode == Opcode.Subtract && Sum(a, out Value? rest, out Constant? addend)) return Emit(Opcode.Add, type, Emit(Opcode.Subtract, type, rest!, b), addend!);
        if (opcode == Opcode.Add)
        {
            if (Sum(a, out Value? x, out Constant? c)) return b is Constant d ? Emit(Opcode.Add, type, x!, Emit(Opcode.Add, type, c!, d)) : Emit(Opcode.Add, type, Emit(Opcode.Add, type, x!, b), c!);
            if (Sum(b, out x, out c)) return Emit(Opcode.Add, type, Emit(Opcode.Add, type, a, x!), c!);
        }
        if (opcode is Opcode.Multiply or Opcode.ShiftLeft && b is Constant && Sum(a, out Value? variable, out Constant? part))
        {
            return Emit(Opcode.Add, type, Emit(opcode, type, variable!, b), Emit(opcode, type, part!, b));
        }
        if (opcode == Opcode.Multiply && b is Constant factor && a is Instruction { Opcode: Opcode.Multiply, Operands: [var inner, Constant first] })
        {
            return Emit(Opcode.Multiply, type, inner, Emit(Opcode.Multiply, type, first, factor));
        }
        return null;

        static bool Sum(Value value, out Value? variable, out Constant? part)
        {
            (variable, part) = value is Instruction { Opcode: Opcode.Add, Operands: [var x, Constant c] } ? (x, c) : (null, null);
            return part is not null;
        }
    }
}
