using System.Numerics;

namespace Fovea.Compute.Compiler.Ir;

/// <summary>Computes what is known while compiling, exactly as the device would.</summary>
internal static class Folding
{
    /// <summary>The value of an instruction whose operands are constants, or that is equal to one of them; null if it must be computed.</summary>
    public static Value? Fold(Function function, Opcode opcode, IrType type, Value[] operands)
    {
        if (operands.Length == 0) return null;
        if (operands.All(operand => operand is Constant) && Compute(opcode, type, [.. operands.Cast<Constant>()]) is { } bits) return function.Constant(type, bits);
        return operands.Length switch
        {
            1 => Unary(opcode, type, operands[0]),
            2 => type.IsInteger || type == IrType.Bool ? Integer(function, opcode, type, operands[0], operands[1]) : Float(opcode, operands[0], operands[1]),
            _ when opcode == Opcode.Select => Select(function, type, operands[0], operands[1], operands[2]),
            _ => null,
        };
    }

    private static Value? Unary(Opcode opcode, IrType type, Value a) => opcode switch
    {
        Opcode.Not or Opcode.Negate when a is Instruction inner && inner.Opcode == opcode => inner.Operands[0],
        Opcode.Bitcast when a is Instruction { Opcode: Opcode.Bitcast } inner && inner.Operands[0].Type == type => inner.Operands[0],
        Opcode.Bitcast or Opcode.Convert when a.Type == type => a,
        _ => null,
    };

    private static Value? Select(Function function, IrType type, Value condition, Value a, Value b)
    {
        if (a == b) return a;
        if (condition is Constant known) return known.Bits != 0 ? a : b;
        return type == IrType.Bool && a == function.Bool(true) && b == function.Bool(false) ? condition : null;
    }

    private static Value? Integer(Function function, Opcode opcode, IrType type, Value a, Value b)
    {
        if (opcode.IsComparison())
        {
            if (a == b && !a.Type.IsFloat) return function.Bool(opcode is Opcode.Equal or Opcode.LessOrEqual or Opcode.GreaterOrEqual or Opcode.LessOrEqualUnsigned or Opcode.GreaterOrEqualUnsigned);
            return null;
        }
        long? x = (a as Constant)?.Bits, y = (b as Constant)?.Bits;
        return opcode switch
        {
            Opcode.Add or Opcode.Or or Opcode.Xor when x == 0 => b,
            Opcode.Add or Opcode.Subtract or Opcode.Or or Opcode.Xor or Opcode.ShiftLeft or Opcode.ShiftRight or Opcode.ShiftRightUnsigned when y == 0 => a,
            Opcode.Subtract or Opcode.Xor when a == b => function.Constant(type, 0),
            Opcode.Multiply when x == 1 => b,
            Opcode.Multiply or Opcode.Divide or Opcode.DivideUnsigned when y == 1 => a,
            Opcode.Multiply or Opcode.And when x == 0 || y == 0 => function.Constant(type, 0),
            Opcode.And or Opcode.Or or Opcode.Min or Opcode.Max when a == b => a,
            Opcode.And when y == -1 || (type == IrType.Bool && y == 1) => a,
            Opcode.And when x == -1 || (type == IrType.Bool && x == 1) => b,
            Opcode.Or when type == IrType.Bool && (x == 1 || y == 1) => function.Bool(true),
            Opcode.Remainder or Opcode.RemainderUnsigned when y == 1 => function.Constant(type, 0),
            _ => null,
        };
    }

    // Only what is exact for every value, −0 and infinities included (a NaN stays one).
    private static Value? Float(Opcode opcode, Value a, Value b) => opcode switch
    {
        Opcode.Multiply when One(b) => a,
        Opcode.Multiply when One(a) => b,
        Opcode.Divide when One(b) => a,
        Opcode.Subtract when b is Constant { Bits: 0 } && b.Type.IsFloat => a,
        _ => null,
    };

    private static bool One(Value value) => value is Constant constant && (value.Type == IrType.F32 ? constant.Float32 == 1 : value.Type == IrType.F64 && constant.Float64 == 1);

    private static long? Compute(Opcode opcode, IrType type, Constant[] operands)
    {
        Constant a = operands[0];
        Constant b = operands.Length > 1 ? operands[1] : a;
        if (opcode == Opcode.Select) return a.Bits != 0 ? b.Bits : operands[2].Bits;
        if (opcode.IsComparison()) return Compare(opcode, a, b) is { } holds ? holds ? 1 : 0 : null;
        if (opcode is Opcode.Convert or Opcode.ConvertUnsigned) return Convert(a, type, opcode == Opcode.ConvertUnsigned);
        if (opcode == Opcode.Bitcast) return type == IrType.I32 || type == IrType.F32 ? (int)a.Bits : a.Bits;
        if (a.Type == IrType.I32) return Integer(opcode, (int)a.Bits, (int)b.Bits);
        if (a.Type == IrType.I64) return Integer(opcode, a.Bits, opcode is Opcode.ShiftLeft or Opcode.ShiftRight or Opcode.ShiftRightUnsigned ? b.Bits & 63 : b.Bits);
        if (a.Type == IrType.Bool)
        {
            return opcode switch { Opcode.Not => 1 - a.Bits, Opcode.And => a.Bits & b.Bits, Opcode.Or => a.Bits | b.Bits, Opcode.Xor => a.Bits ^ b.Bits, _ => null };
        }
        if (a.Type == IrType.F32) return Floating(opcode, a.Float32, b.Float32, operands.Length > 2 ? operands[2].Float32 : 0) is { } single ? BitConverter.SingleToInt32Bits(single) : null;
        if (a.Type == IrType.F64) return Floating(opcode, a.Float64, b.Float64, operands.Length > 2 ? operands[2].Float64 : 0) is { } number ? BitConverter.DoubleToInt64Bits(number) : null;
        return null;
    }

    private static T? Floating<T>(Opcode opcode, T a, T b, T c)
        where T : struct, IFloatingPointIeee754<T> => opcode switch
        {
            Opcode.Add => a + b,
            Opcode.Subtract => a - b,
            Opcode.Multiply => a * b,
            Opcode.Divide => a / b,
            Opcode.Negate => -a,
            Opcode.Min => T.Min(a, b),
            Opcode.Max => T.Max(a, b),
            Opcode.FusedMultiplyAdd => T.FusedMultiplyAdd(a, b, c),
            Opcode.Sqrt => T.Sqrt(a),
            Opcode.Abs => T.Abs(a),
            Opcode.Floor => T.Floor(a),
            Opcode.Ceiling => T.Ceiling(a),
            Opcode.Truncate => T.Truncate(a),
            Opcode.RoundToEven => T.Round(a),
            Opcode.CopySign => T.CopySign(a, b),
            _ => null,
        };

    private static long? Integer<T>(Opcode opcode, T a, T b)
        where T : struct, IBinaryInteger<T>, IMinMaxValue<T>
    {
        int bits = a.GetByteCount() * 8, count = int.CreateTruncating(b) & (bits - 1);
        ulong ua = bits == 32 ? uint.CreateTruncating(a) : ulong.CreateTruncating(a), ub = bits == 32 ? uint.CreateTruncating(b) : ulong.CreateTruncating(b);
        T? result = opcode switch
        {
            Opcode.Add => a + b,
            Opcode.Subtract => a - b,
            Opcode.Multiply => a * b,
            Opcode.Divide when !T.IsZero(b) && !(a == T.MinValue && b == -T.One) => a / b,
            Opcode.Remainder when !T.IsZero(b) && !(a == T.MinValue && b == -T.One) => a % b,
            Opcode.DivideUnsigned when ub != 0 => T.CreateTruncating(ua / ub),
            Opcode.RemainderUnsigned when ub != 0 => T.CreateTruncating(ua % ub),
            Opcode.And => a & b,
            Opcode.Or => a | b,
            Opcode.Xor => a ^ b,
            Opcode.ShiftLeft => a << count,
            Opcode.ShiftRight => a >> count,
            Opcode.ShiftRightUnsigned => a >>> count,
            Opcode.Negate => -a,
            Opcode.Not => ~a,
            Opcode.Min => T.Min(a, b),
            Opcode.Max => T.Max(a, b),
            Opcode.MinUnsigned => ua < ub ? a : b,
            Opcode.MaxUnsigned => ua > ub ? a : b,
            Opcode.Abs when a != T.MinValue => T.Abs(a),
            Opcode.PopCount => T.PopCount(a),
            Opcode.LeadingZeroCount => T.LeadingZeroCount(a),
            _ => null,
        };
        return result is { } value ? long.CreateTruncating(value) : null;
    }

    private static bool? Compare(Opcode opcode, Constant a, Constant b)
    {
        if (a.Type.IsFloat)
        {
            double x = a.Type == IrType.F32 ? a.Float32 : a.Float64, y = b.Type == IrType.F32 ? b.Float32 : b.Float64;
            return opcode switch
            {
                Opcode.Equal => x == y,
                Opcode.NotEqual => x != y,
                Opcode.Less => x < y,
                Opcode.LessOrEqual => x <= y,
                Opcode.Greater => x > y,
                Opcode.GreaterOrEqual => x >= y,
                _ => null,
            };
        }
        ulong ua = a.Type == IrType.I32 ? (uint)a.Bits : (ulong)a.Bits, ub = b.Type == IrType.I32 ? (uint)b.Bits : (ulong)b.Bits;
        return opcode switch
        {
            Opcode.Equal => a.Bits == b.Bits,
            Opcode.NotEqual => a.Bits != b.Bits,
            Opcode.Less => a.Bits < b.Bits,
            Opcode.LessOrEqual => a.Bits <= b.Bits,
            Opcode.Greater => a.Bits > b.Bits,
            Opcode.GreaterOrEqual => a.Bits >= b.Bits,
            Opcode.LessUnsigned => ua < ub,
            Opcode.LessOrEqualUnsigned => ua <= ub,
            Opcode.GreaterUnsigned => ua > ub,
            _ => ua >= ub,
        };
    }

    private static long? Convert(Constant a, IrType to, bool unsigned)
    {
        if (a.Type.IsFloat)
        {
            double x = a.Type == IrType.F32 ? a.Float32 : a.Float64;
            if (to == IrType.F32) return BitConverter.SingleToInt32Bits((float)x);
            if (to == IrType.F64) return BitConverter.DoubleToInt64Bits(x);
            return to == IrType.I32 ? unsigned ? (int)(uint)x : (int)x : unsigned ? (long)(ulong)x : (long)x;
        }
        long value = unsigned && a.Type == IrType.I32 ? (uint)a.Bits : a.Bits;
        if (to == IrType.F32) return BitConverter.SingleToInt32Bits(unsigned ? (float)(ulong)value : value);
        if (to == IrType.F64) return BitConverter.DoubleToInt64Bits(unsigned ? (ulong)value : value);
        return to == IrType.I32 ? (int)value : value;
    }
}
