using System.Globalization;
using Fovea.Compute.Compiler.Ir;

namespace Fovea.Compute.Compiler.OpenCl;

/// <summary>
/// How values and instructions read in OpenCL C 1.2. Integers are unsigned there, since signed ones must not overflow in C; where
/// the sign matters they are cast.
/// </summary>
internal static class OpenClExpressions
{
    public static string TypeName(IrType type) => type.IsPointer ? $"{Space(type.Space)} uchar*" : type.Width > 1 ? $"{MemoryName(type.Scalar)}{type.Width}" : type.Scalar switch
    {
        ScalarType.Bool => "bool",
        ScalarType.Int64 => "ulong",
        ScalarType.Float32 => "float",
        ScalarType.Float64 => "double",
        _ => "uint",
    };

    public static string MemoryName(ScalarType type) => type switch
    {
        ScalarType.Bool or ScalarType.UInt8 => "uchar",
        ScalarType.Int8 => "char",
        ScalarType.Int16 => "short",
        ScalarType.UInt16 => "ushort",
        ScalarType.Int32 => "uint",
        ScalarType.Int64 => "ulong",
        ScalarType.Float32 => "float",
        _ => "double",
    };

    public static string Space(AddressSpace space) => space switch { AddressSpace.Global => "__global", AddressSpace.Shared => "__local", _ => "__private" };

    public static string Literal(Constant constant)
    {
        if (constant.Type.IsPointer) return "0";
        switch (constant.Type.Scalar)
        {
            case ScalarType.Bool: return constant.Bits != 0 ? "true" : "false";
            case ScalarType.Float32:
                float single = constant.Float32;
                if (!float.IsFinite(single)) return $"as_float(0x{(uint)constant.Bits:x8}u)";
                return Decimal(single.ToString("R", CultureInfo.InvariantCulture)) + "f";
            case ScalarType.Float64:
                double number = constant.Float64;
                return double.IsFinite(number) ? Decimal(number.ToString("R", CultureInfo.InvariantCulture)) : $"as_double(0x{constant.Bits:x16}ul)";
            case ScalarType.Int64: return ((ulong)constant.Bits).ToString(CultureInfo.InvariantCulture) + "ul";
            default: return constant.Int32 is >= -1024 and < 0 ? $"(uint){constant.Int32}" : ((uint)constant.Int32).ToString(CultureInfo.InvariantCulture) + "u";
        }

        static string Decimal(string text) => text.AsSpan().IndexOfAny('.', 'E') < 0 ? text + ".0" : text;
    }

    /// <summary>The expression of an instruction.</summary>
    /// <param name="i">The instruction.</param>
    /// <param name="o">Its operands' expressions.</param>
    public static string Of(Instruction i, string[] o)
    {
        IrType type = i.Operands.Length > 0 ? i.Operands[0].Type : i.Type;
        bool isFloat = type.IsFloat;
        return i.Opcode switch
        {
            Opcode.Add => $"({o[0]} + {o[1]})",
            Opcode.Subtract => $"({o[0]} - {o[1]})",
            Opcode.Multiply => $"({o[0]} * {o[1]})",
            Opcode.Divide => isFloat ? $"({o[0]} / {o[1]})" : Back($"{Signed(o[0])} / {Signed(o[1])}"),
            Opcode.DivideUnsigned => $"({o[0]} / {o[1]})",
            Opcode.Remainder => Back($"{Signed(o[0])} % {Signed(o[1])}"),
            Opcode.RemainderUnsigned => $"({o[0]} % {o[1]})",
            Opcode.And => $"({o[0]} & {o[1]})",
            Opcode.Or => $"({o[0]} | {o[1]})",
            Opcode.Xor => $"({o[0]} ^ {o[1]})",
            Opcode.ShiftLeft => $"({o[0]} << {Count()})",
            Opcode.ShiftRight => Back($"{Signed(o[0])} >> {Count()}"),
            Opcode.ShiftRightUnsigned => $"({o[0]} >> {Count()})",
            Opcode.Negate => $"(-{o[0]})",
            Opcode.Not => type == IrType.Bool ? $"(!{o[0]})" : $"(~{o[0]})",
            Opcode.Min or Opcode.Max => isFloat ? $"fovea_{i.Opcode.ToString().ToLowerInvariant()}_{TypeName(type)}({o[0]}, {o[1]})" : Back($"{i.Opcode.ToString().ToLowerInvariant()}({Signed(o[0])}, {Signed(o[1])})"),
            Opcode.MinUnsigned => $"min({o[0]}, {o[1]})",
            Opcode.MaxUnsigned => $"max({o[0]}, {o[1]})",
            Opcode.FusedMultiplyAdd => $"fma({o[0]}, {o[1]}, {o[2]})",
            Opcode.Sqrt => $"sqrt({o[0]})",
            Opcode.Abs => isFloat ? $"fabs({o[0]})" : Back($"abs({Signed(o[0])})"),
            Opcode.Floor => $"floor({o[0]})",
            Opcode.Ceiling => $"ceil({o[0]})",
            Opcode.Truncate => $"trunc({o[0]})",
            Opcode.RoundToEven => $"rint({o[0]})",
            Opcode.CopySign => $"copysign({o[0]}, {o[1]})",
            Opcode.PopCount => $"popcount({o[0]})",
            Opcode.LeadingZeroCount => $"clz({o[0]})",
            Opcode.Equal => $"({o[0]} == {o[1]})",
            Opcode.NotEqual => $"({o[0]} != {o[1]})",
            Opcode.Less => Comparison("<"),
            Opcode.LessOrEqual => Comparison("<="),
            Opcode.Greater => Comparison(">"),
            Opcode.GreaterOrEqual => Comparison(">="),
            Opcode.LessUnsigned => $"({o[0]} < {o[1]})",
            Opcode.LessOrEqualUnsigned => $"({o[0]} <= {o[1]})",
            Opcode.GreaterUnsigned => $"({o[0]} > {o[1]})",
            Opcode.GreaterOrEqualUnsigned => $"({o[0]} >= {o[1]})",
            Opcode.Select => $"({o[0]} ? {o[1]} : {o[2]})",
            Opcode.Convert or Opcode.ConvertUnsigned => Conversion(i, o[0]),
            Opcode.Bitcast => $"as_{TypeName(i.Type)}({o[0]})",
            Opcode.Address => Address(i, o),
            Opcode.Extract => $"{o[0]}.s{i.Index:x}",
            Opcode.Launch => (LaunchValue)i.Index switch
            {
                <= LaunchValue.ThreadZ => $"(uint)get_local_id({i.Index})",
                <= LaunchValue.GroupZ => $"(uint)get_group_id({i.Index - 3})",
                _ => $"(uint)get_num_groups({i.Index - 6})",
            },
            Opcode.Load when i.Width == 1 && i.Element == ScalarType.Bool => $"(*(({Space(type.Space)} const uchar*){At(o[0], i.Offset)}) != 0)",
            Opcode.Load when i.Width == 1 && i.Element.Bytes() < 4 => $"(uint)(int)*(({Space(type.Space)} const {MemoryName(i.Element)}*){At(o[0], i.Offset)})",
            Opcode.Load => $"*(({Space(type.Space)} const {MemoryName(i.Element)}{(i.Width > 1 ? i.Width : "")}*){At(o[0], i.Offset)})",
            Opcode.AtomicMin or Opcode.AtomicMax => $"(uint)atomic_{(i.Opcode == Opcode.AtomicMin ? "min" : "max")}((volatile {Space(type.Space)} int*){At(o[0], i.Offset)}, (int){o[1]})",
            Opcode.AtomicCompareExchange => $"atomic_cmpxchg((volatile {Space(type.Space)} uint*){At(o[0], i.Offset)}, {o[1]}, {o[2]})",
            _ when i.Opcode.IsAtomic() => $"atomic_{Atomic(i.Opcode)}((volatile {Space(type.Space)} uint*){At(o[0], i.Offset)}, {o[1]})",
            _ => throw new NotSupportedException($"OpenCL C has no equivalent of {i.Opcode}."),
        };

        string Signed(string operand) => type == IrType.I64 ? $"(long){operand}" : $"(int){operand}";
        string Back(string signed) => type == IrType.I64 ? $"(ulong)({signed})" : $"(uint)({signed})";
        string Comparison(string sign) => isFloat ? $"({o[0]} {sign} {o[1]})" : $"({Signed(o[0])} {sign} {Signed(o[1])})";
        string Count() => i.Operands[1] is Constant count ? $"{count.Bits & (type == IrType.I64 ? 63 : 31)}u" : $"({o[1]} & {(type == IrType.I64 ? 63 : 31)}u)";
    }

    public static string Store(Instruction i, string[] o)
    {
        string target = $"*(({Space(i.Operands[0].Type.Space)} {MemoryName(i.Element)}{(i.Width > 1 ? i.Width : "")}*){At(o[0], i.Offset)})";
        if (i.Width > 1) return $"{target} = ({MemoryName(i.Element)}{i.Width})({string.Join(", ", o[1..])});";
        return i.Element.Bytes() < 4 ? $"{target} = ({MemoryName(i.Element)}){o[1]};" : $"{target} = {o[1]};";
    }

    private static string At(string pointer, int offset) => offset == 0 ? pointer : $"({pointer} {(offset < 0 ? '-' : '+')} {Math.Abs((long)offset)})";

    private static string Address(Instruction i, string[] o)
    {
        if (i.Operands[1] is Constant { Bits: var bits }) return At(o[0], checked((int)(bits * i.Scale)));
        string index = i.Operands[1].Type == IrType.I64 ? $"(long){o[1]}" : $"(long)(int){o[1]}";
        return i.Scale == 1 ? $"({o[0]} + {index})" : $"({o[0]} + {index} * {i.Scale})";
    }

    private static string Conversion(Instruction i, string a)
    {
        IrType from = i.Operands[0].Type;
        bool unsigned = i.Opcode == Opcode.ConvertUnsigned;
        if (from.IsFloat)
        {
            if (i.Type.IsFloat) return $"({TypeName(i.Type)}){a}";
            string name = i.Type == IrType.I64 ? "long" : "int";
            return unsigned ? $"convert_u{name}_sat_rtz({a})" : $"as_u{name}(convert_{name}_sat_rtz({a}))";
        }
        string value = unsigned ? a : from == IrType.I64 ? $"(long){a}" : $"(int){a}";
        if (i.Type.IsFloat) return $"convert_{TypeName(i.Type)}({value})";
        return i.Type == IrType.I64 && !unsigned ? $"(ulong)(long){value}" : $"({TypeName(i.Type)}){a}";
    }

    private static string Atomic(Opcode opcode) => opcode switch
    {
        Opcode.AtomicAdd => "add",
        Opcode.AtomicMinUnsigned => "min",
        Opcode.AtomicMaxUnsigned => "max",
        Opcode.AtomicAnd => "and",
        Opcode.AtomicOr => "or",
        Opcode.AtomicXor => "xor",
        _ => "xchg",
    };
}
