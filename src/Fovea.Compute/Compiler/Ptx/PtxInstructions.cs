using System.Globalization;
using Fovea.Compute.Compiler.Ir;

namespace Fovea.Compute.Compiler.Ptx;

/// <summary>
/// How instructions read in PTX. Sums and products name their rounding, so that the driver does not contract them; shifts are taken
/// modulo the width, which PTX by itself does not do.
/// </summary>
internal sealed class PtxInstructions(Function function, PtxTarget target, PtxRegisters registers, HashSet<Parameter> readOnly)
{
    /// <summary>The lines for an instruction.</summary>
    /// <param name="i">The instruction; not a phi.</param>
    /// <param name="isUsed">Whether anything reads its result.</param>
    public IEnumerable<string> Of(Instruction i, bool isUsed)
    {
        switch (i.Opcode)
        {
            case Opcode.Load: return Load(i);
            case Opcode.Store: return Store(i);
            case Opcode.Barrier: return ["bar.sync 0;"];
            case Opcode.Shuffle: return Shuffle(i);
            case Opcode.Address: return Address(i);
            case Opcode.Extract:
                registers.Alias(i, registers.Elements((Instruction)i.Operands[0])[i.Index]);
                return [];
            case Opcode.SharedArray: return [$"mov.u32 {registers.Of(i)}, {function.Arrays[i.Index].Name};"];
            case Opcode.LocalArray: return [$"mov.u64 {registers.Of(i)}, {function.Arrays[i.Index].Name};"];
            case Opcode.Launch: return [$"mov.u32 {registers.Of(i)}, {LaunchRegister((LaunchValue)i.Index)};"];
            case Opcode.Select when i.Type == IrType.Bool: return SelectTruth(i);
            case Opcode.Min or Opcode.Max when i.Type.IsFloat: return MinMax(i);
            case Opcode.Equal or Opcode.NotEqual when i.Operands[0].Type == IrType.Bool: return CompareTruth(i);
        }
        if (i.Opcode.IsAtomic()) return Atomic(i, isUsed);
        var lines = new List<string>();
        string[] o = [.. i.Operands.Select(operand => Operand(operand, lines))];
        string d = registers.Of(i);
        IrType type = i.Operands[0].Type;
        string s = Signed(type), u = Unsigned(type), b = Bits(type), f = Float(type);
        lines.Add(i.Opcode switch
        {
            Opcode.Add => type.IsFloat ? $"add.rn{f} {d}, {o[0]}, {o[1]};" : $"add{s} {d}, {o[0]}, {o[1]};",
            Opcode.Subtract => type.IsFloat ? $"sub.rn{f} {d}, {o[0]}, {o[1]};" : $"sub{s} {d}, {o[0]}, {o[1]};",
            Opcode.Multiply => type.IsFloat ? $"mul.rn{f} {d}, {o[0]}, {o[1]};" : $"mul.lo{s} {d}, {o[0]}, {o[1]};",
            Opcode.Divide => type.IsFloat ? $"div.rn{f} {d}, {o[0]}, {o[1]};" : $"div{s} {d}, {o[0]}, {o[1]};",
            Opcode.DivideUnsigned => $"div{u} {d}, {o[0]}, {o[1]};",
            Opcode.Remainder => $"rem{s} {d}, {o[0]}, {o[1]};",
            Opcode.RemainderUnsigned => $"rem{u} {d}, {o[0]}, {o[1]};",
            Opcode.And => $"and{b} {d}, {o[0]}, {o[1]};",
            Opcode.Or => $"or{b} {d}, {o[0]}, {o[1]};",
            Opcode.Xor => $"xor{b} {d}, {o[0]}, {o[1]};",
            Opcode.ShiftLeft => $"shl{b} {d}, {o[0]}, {Count(i, lines)};",
            Opcode.ShiftRight => $"shr{s} {d}, {o[0]}, {Count(i, lines)};",
            Opcode.ShiftRightUnsigned => $"shr{u} {d}, {o[0]}, {Count(i, lines)};",
            Opcode.Negate => $"neg{(type.IsFloat ? f : s)} {d}, {o[0]};",
            Opcode.Not => $"not{b} {d}, {o[0]};",
            Opcode.Min or Opcode.Max => $"{Lower(i)}{s} {d}, {o[0]}, {o[1]};",
            Opcode.MinUnsigned => $"min{u} {d}, {o[0]}, {o[1]};",
            Opcode.MaxUnsigned => $"max{u} {d}, {o[0]}, {o[1]};",
            Opcode.FusedMultiplyAdd => $"fma.rn{f} {d}, {o[0]}, {o[1]}, {o[2]};",
            Opcode.Sqrt => $"sqrt.rn{f} {d}, {o[0]};",
            Opcode.Abs => $"abs{(type.IsFloat ? f : s)} {d}, {o[0]};",
            Opcode.Floor => $"cvt.rmi{f}{f} {d}, {o[0]};",
            Opcode.Ceiling => $"cvt.rpi{f}{f} {d}, {o[0]};",
            Opcode.Truncate => $"cvt.rzi{f}{f} {d}, {o[0]};",
            Opcode.RoundToEven => $"cvt.rni{f}{f} {d}, {o[0]};",
            // PTX names the sign first.
            Opcode.CopySign => $"copysign{f} {d}, {o[1]}, {o[0]};",
            Opcode.PopCount or Opcode.LeadingZeroCount => CountBits(i, o[0], d),
            Opcode.Equal => $"setp.eq{(type.IsFloat ? f : s)} {d}, {o[0]}, {o[1]};",
            // What C# calls unequal holds for a NaN too.
            Opcode.NotEqual => type.IsFloat ? $"setp.neu{f} {d}, {o[0]}, {o[1]};" : $"setp.ne{s} {d}, {o[0]}, {o[1]};",
            Opcode.Less => $"setp.lt{(type.IsFloat ? f : s)} {d}, {o[0]}, {o[1]};",
            Opcode.LessOrEqual => $"setp.le{(type.IsFloat ? f : s)} {d}, {o[0]}, {o[1]};",
            Opcode.Greater => $"setp.gt{(type.IsFloat ? f : s)} {d}, {o[0]}, {o[1]};",
            Opcode.GreaterOrEqual => $"setp.ge{(type.IsFloat ? f : s)} {d}, {o[0]}, {o[1]};",
            Opcode.LessUnsigned => $"setp.lt{u} {d}, {o[0]}, {o[1]};",
            Opcode.LessOrEqualUnsigned => $"setp.le{u} {d}, {o[0]}, {o[1]};",
            Opcode.GreaterUnsigned => $"setp.gt{u} {d}, {o[0]}, {o[1]};",
            Opcode.GreaterOrEqualUnsigned => $"setp.ge{u} {d}, {o[0]}, {o[1]};",
            Opcode.Select => $"selp{(i.Type.IsFloat ? Float(i.Type) : Bits(i.Type))} {d}, {o[1]}, {o[2]}, {o[0]};",
            Opcode.Convert or Opcode.ConvertUnsigned => Conversion(i, o[0], d),
            Opcode.Bitcast => $"mov{Bits(i.Type)} {d}, {o[0]};",
            _ => throw new NotSupportedException($"PTX has no equivalent of {i.Opcode}."),
        });
        return lines;
    }

    /// <summary>The lines that bring a value into a register.</summary>
    public IEnumerable<string> Move(string register, Value value) => value.Type == IrType.Bool && value is Constant truth
        ? [$"setp.{(truth.Bits != 0 ? "eq" : "ne")}.u32 {register}, 0, 0;"]
        : [$"mov{PtxRegisters.MoveSuffix(value.Type)} {register}, {(value is Constant constant ? Literal(constant) : registers.Of(value))};"];

    /// <summary>A value where an instruction reads it: a register, or a number; truth values come into a register first.</summary>
    private string Operand(Value value, List<string> lines)
    {
        if (value is not Constant constant) return registers.Of(value);
        // A number of more than 32 bits is moved: not every reader of PTX takes it for one.
        bool moved = constant.Type == IrType.Bool || constant.Type.IsPointer || (constant.Type == IrType.I64 && constant.Bits != (int)constant.Bits);
        return moved ? InRegister(value, lines) : Literal(constant);
    }

    private string InRegister(Value value, List<string> lines)
    {
        if (value is not Constant) return registers.Of(value);
        string register = registers.New(value.Type);
        lines.AddRange(Move(register, value));
        return register;
    }

    private static string Literal(Constant constant) => constant.Type.IsPointer ? "0" : constant.Type.Scalar switch
    {
        ScalarType.Float32 => $"0f{(uint)constant.Bits:X8}",
        ScalarType.Float64 => $"0d{constant.Bits:X16}",
        _ => constant.Bits.ToString(CultureInfo.InvariantCulture),
    };

    private List<string> Load(Instruction i)
    {
        var lines = new List<string>();
        string place = Place(i, lines), space = PtxEmitter.Space(i.Operands[0].Type.Space);
        bool cached = i.Operands[0].Type.Space == AddressSpace.Global && ReadOnlyViews.Roots(i.Operands[0]).All(root => root is Parameter view && readOnly.Contains(view));
        if (cached) space += ".nc";
        if (i.Width > 1) lines.Add($"ld.{space}.v{i.Width}{Memory(i.Element)} {{{string.Join(", ", registers.Elements(i))}}}, {place};");
        else if (i.Element == ScalarType.Bool)
        {
            string number = registers.New(IrType.I32);
            lines.Add($"ld.{space}.u8 {number}, {place};");
            lines.Add($"setp.ne.u32 {registers.Of(i)}, {number}, 0;");
        }
        else lines.Add($"ld.{space}{Memory(i.Element)} {registers.Of(i)}, {place};");
        return lines;
    }

    private List<string> Store(Instruction i)
    {
        var lines = new List<string>();
        string place = Place(i, lines), space = PtxEmitter.Space(i.Operands[0].Type.Space);
        string[] values = [.. i.Operands[1..].Select(value => InRegister(value, lines))];
        if (i.Element == ScalarType.Bool)
        {
            string number = registers.New(IrType.I32);
            lines.Add($"selp.u32 {number}, 1, 0, {values[0]};");
            values = [number];
        }
        lines.Add(i.Width > 1
            ? $"st.{space}.v{i.Width}{Memory(i.Element)} {place}, {{{string.Join(", ", values)}}};"
            : $"st.{space}{Memory(i.Element)} {place}, {values[0]};");
        return lines;
    }

    private string Place(Instruction i, List<string> lines)
    {
        string pointer = InRegister(i.Operands[0], lines);
        return i.Offset == 0 ? $"[{pointer}]" : $"[{pointer}+{i.Offset}]";
    }

    private List<string> Address(Instruction i)
    {
        var lines = new List<string>();
        string d = registers.Of(i), pointer = InRegister(i.Operands[0], lines);
        bool narrow = i.Type.Space == AddressSpace.Shared;
        if (i.Operands[1] is Constant constant)
        {
            lines.Add($"add{(narrow ? ".s32" : ".s64")} {d}, {pointer}, {constant.Bits * i.Scale};");
            return lines;
        }
        string index = registers.Of(i.Operands[1]);
        bool wideIndex = i.Operands[1].Type == IrType.I64;
        if (narrow)
        {
            if (wideIndex)
            {
                string low = registers.New(IrType.I32);
                lines.Add($"cvt.u32.u64 {low}, {index};");
                index = low;
            }
            lines.Add(i.Scale == 1 ? $"add.s32 {d}, {pointer}, {index};" : $"mad.lo.s32 {d}, {index}, {i.Scale}, {pointer};");
        }
        else lines.Add(wideIndex ? $"mad.lo.s64 {d}, {index}, {i.Scale}, {pointer};" : $"mad.wide.s32 {d}, {index}, {i.Scale}, {pointer};");
        return lines;
    }

    private List<string> Shuffle(Instruction i)
    {
        var lines = new List<string>();
        string value = InRegister(i.Operands[0], lines), lane = Operand(i.Operands[1], lines), d = registers.Of(i);
        if (!i.Type.IsFloat) return [.. lines, $"shfl.sync.idx.b32 {d}, {value}, {lane}, 31, 0xffffffff;"];
        string from = registers.New(IrType.I32), to = registers.New(IrType.I32);
        return [.. lines, $"mov.b32 {from}, {value};", $"shfl.sync.idx.b32 {to}, {from}, {lane}, 31, 0xffffffff;", $"mov.b32 {d}, {to};"];
    }

    private List<string> SelectTruth(Instruction i)
    {
        var lines = new List<string>();
        string[] o = [.. i.Operands.Select(operand => InRegister(operand, lines))];
        string yes = registers.New(IrType.Bool), other = registers.New(IrType.Bool), no = registers.New(IrType.Bool);
        return [.. lines, $"and.pred {yes}, {o[0]}, {o[1]};", $"not.pred {other}, {o[0]};", $"and.pred {no}, {other}, {o[2]};", $"or.pred {registers.Of(i)}, {yes}, {no};"];
    }

    private List<string> CompareTruth(Instruction i)
    {
        var lines = new List<string>();
        string a = InRegister(i.Operands[0], lines), b = InRegister(i.Operands[1], lines), d = registers.Of(i);
        if (i.Opcode == Opcode.NotEqual) return [.. lines, $"xor.pred {d}, {a}, {b};"];
        string differ = registers.New(IrType.Bool);
        return [.. lines, $"xor.pred {differ}, {a}, {b};", $"not.pred {d}, {differ};"];
    }

    /// <summary>A NaN wins: newer cards say so themselves, for older ones it is chosen.</summary>
    private List<string> MinMax(Instruction i)
    {
        var lines = new List<string>();
        string a = Operand(i.Operands[0], lines), b = Operand(i.Operands[1], lines), d = registers.Of(i), f = Float(i.Type);
        if (i.Type == IrType.F32 && target.Sm >= 80) return [.. lines, $"{Lower(i)}.NaN.f32 {d}, {a}, {b};"];
        string number = registers.New(i.Type), sum = registers.New(i.Type), isNaN = registers.New(IrType.Bool);
        return [.. lines, $"{Lower(i)}{f} {number}, {a}, {b};", $"add.rn{f} {sum}, {a}, {b};", $"setp.nan{f} {isNaN}, {a}, {b};", $"selp{f} {d}, {sum}, {number}, {isNaN};"];
    }

    private List<string> Atomic(Instruction i, bool isUsed)
    {
        var lines = new List<string>();
        string place = Place(i, lines), space = PtxEmitter.Space(i.Operands[0].Type.Space);
        string[] values = [.. i.Operands[1..].Select(value => InRegister(value, lines))];
        string operation = i.Opcode switch
        {
            Opcode.AtomicAdd => "add.u32",
            Opcode.AtomicMin => "min.s32",
            Opcode.AtomicMax => "max.s32",
            Opcode.AtomicMinUnsigned => "min.u32",
            Opcode.AtomicMaxUnsigned => "max.u32",
            Opcode.AtomicAnd => "and.b32",
            Opcode.AtomicOr => "or.b32",
            Opcode.AtomicXor => "xor.b32",
            Opcode.AtomicExchange => "exch.b32",
            _ => "cas.b32",
        };
        bool reduces = !isUsed && i.Opcode is not (Opcode.AtomicExchange or Opcode.AtomicCompareExchange);
        lines.Add(reduces ? $"red.{space}.{operation} {place}, {values[0]};" : $"atom.{space}.{operation} {registers.Of(i)}, {place}, {string.Join(", ", values)};");
        return lines;
    }

    private string Count(Instruction i, List<string> lines)
    {
        int mask = i.Operands[0].Type == IrType.I64 ? 63 : 31;
        if (i.Operands[1] is Constant count) return (count.Bits & mask).ToString(CultureInfo.InvariantCulture);
        string value = registers.Of(i.Operands[1]);
        if (i.Operands[1].Type == IrType.I64)
        {
            string low = registers.New(IrType.I32);
            lines.Add($"cvt.u32.u64 {low}, {value};");
            value = low;
        }
        string masked = registers.New(IrType.I32);
        lines.Add($"and.b32 {masked}, {value}, {mask};");
        return masked;
    }

    private string CountBits(Instruction i, string a, string d)
    {
        string name = i.Opcode == Opcode.PopCount ? "popc" : "clz";
        if (i.Type != IrType.I64) return $"{name}.b32 {d}, {a};";
        string count = registers.New(IrType.I32);
        return $"{name}.b64 {count}, {a}; cvt.u64.u32 {d}, {count};";
    }

    private static string Conversion(Instruction i, string a, string d)
    {
        IrType from = i.Operands[0].Type, to = i.Type;
        bool unsigned = i.Opcode == Opcode.ConvertUnsigned;
        string source = from.IsFloat ? Float(from) : unsigned ? Unsigned(from) : Signed(from), result = to.IsFloat ? Float(to) : unsigned ? Unsigned(to) : Signed(to);
        string rounding = from.IsFloat && !to.IsFloat ? ".rzi" : to.IsFloat && (!from.IsFloat || (from == IrType.F64 && to == IrType.F32)) ? ".rn" : "";
        return $"cvt{rounding}{result}{source} {d}, {a};";
    }

    private static string LaunchRegister(LaunchValue value) => value switch
    {
        LaunchValue.ThreadX => "%tid.x",
        LaunchValue.ThreadY => "%tid.y",
        LaunchValue.ThreadZ => "%tid.z",
        LaunchValue.GroupX => "%ctaid.x",
        LaunchValue.GroupY => "%ctaid.y",
        LaunchValue.GroupZ => "%ctaid.z",
        LaunchValue.GroupsX => "%nctaid.x",
        LaunchValue.GroupsY => "%nctaid.y",
        _ => "%nctaid.z",
    };

    private static string Lower(Instruction i) => i.Opcode == Opcode.Min ? "min" : "max";

    private static string Memory(ScalarType type) => type switch
    {
        ScalarType.Bool or ScalarType.UInt8 => ".u8",
        ScalarType.Int8 => ".s8",
        ScalarType.Int16 => ".s16",
        ScalarType.UInt16 => ".u16",
        ScalarType.Int32 => ".u32",
        ScalarType.Int64 => ".u64",
        ScalarType.Float32 => ".f32",
        _ => ".f64",
    };

    private static string Signed(IrType type) => Wide(type) ? ".s64" : ".s32";

    private static string Unsigned(IrType type) => Wide(type) ? ".u64" : ".u32";

    private static string Bits(IrType type) => type == IrType.Bool ? ".pred" : Wide(type) ? ".b64" : ".b32";

    private static string Float(IrType type) => type == IrType.F64 ? ".f64" : ".f32";

    private static bool Wide(IrType type) => type.IsPointer ? type.Space != AddressSpace.Shared : type.Scalar is ScalarType.Int64 or ScalarType.Float64;
}
