using System.Globalization;

namespace Fovea.Compute.Compiler.Ir;

/// <summary>Something that instructions compute with.</summary>
internal abstract class Value(IrType type)
{
    public IrType Type { get; } = type;
}

/// <summary>A number known while compiling. A function has one object for each.</summary>
internal sealed class Constant(IrType type, long bits) : Value(type)
{
    /// <summary>Integers sign-extended; floats as their bits.</summary>
    public long Bits { get; } = bits;

    public int Int32 => (int)Bits;

    public float Float32 => BitConverter.Int32BitsToSingle((int)Bits);

    public double Float64 => BitConverter.Int64BitsToDouble(Bits);

    public override string ToString() => Type.IsPointer ? "undefined" : Type.Scalar switch
    {
        ScalarType.Bool => Bits != 0 ? "true" : "false",
        ScalarType.Float32 => Float32.ToString("R", CultureInfo.InvariantCulture) + "f",
        ScalarType.Float64 => Float64.ToString("R", CultureInfo.InvariantCulture),
        _ => Bits.ToString(CultureInfo.InvariantCulture),
    };
}

/// <summary>What a launch gives: a view's pointer or length, or a number.</summary>
internal sealed class Parameter(IrType type, string name, KernelParameterKind kind, int argument, int byteOffset, ScalarType scalar) : Value(type)
{
    public string Name { get; } = name;

    public KernelParameterKind Kind { get; } = kind;

    public int Argument { get; } = argument;

    public int ByteOffset { get; } = byteOffset;

    public ScalarType Scalar { get; } = scalar;

    /// <summary>Whether a view overlaps no other.</summary>
    public bool NoAlias { get; init; }

    public override string ToString() => Name;
}

/// <summary>A place in the C# source, or in IL where there is none.</summary>
internal sealed record SourceLocation(string Method, string File, int Line, int IlOffset)
{
    public string Short => Line > 0 ? $"{Path.GetFileName(File)}:{Line}" : $"{Method}+IL_{IlOffset:x4}";

    public override string ToString() => Line > 0 ? $"{Path.GetFileName(File)}, line {Line}" : $"IL offset 0x{IlOffset:x}";
}

/// <summary>One instruction in single static assignment form.</summary>
internal sealed class Instruction(Opcode opcode, IrType type, params Value[] operands) : Value(type)
{
    public Opcode Opcode { get; } = opcode;

    public Value[] Operands { get; set; } = operands;

    /// <summary>For a phi, the blocks that the operands come from.</summary>
    public List<Block> Sources { get; } = [];

    public Block? Block { get; set; }

    public SourceLocation? Location { get; set; }

    /// <summary>The number in memory, of loads, stores and atomics.</summary>
    public ScalarType Element { get; init; }

    /// <summary>Elements that a load or store moves at once.</summary>
    public int Width { get; init; } = 1;

    /// <summary>Bytes added to the address of a load, store or atomic.</summary>
    public int Offset { get; init; }

    /// <summary>Bytes between elements, of an address.</summary>
    public int Scale { get; init; }

    /// <summary>Which one: an element, an array, a launch value.</summary>
    public int Index { get; init; }

    /// <summary>Its number in listings.</summary>
    public int Number { get; set; }

    /// <summary>Of a phi: the loop whose turns it counts, if it stands at a loop's head.</summary>
    public object? Loop { get; init; }

    public void AddSource(Block block, Value value)
    {
        Sources.Add(block);
        Operands = [.. Operands, value];
    }

    public override string ToString() => $"%{Number}";
}
