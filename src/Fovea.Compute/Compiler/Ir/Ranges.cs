namespace Fovea.Compute.Compiler.Ir;

/// <summary>Bounds of 32-bit integers that follow from how they are computed: indices of threads are small and not negative.</summary>
internal static class Ranges
{
    private const int Deepest = 6;

    /// <summary>Whether a value, taken with its sign, is never negative.</summary>
    public static bool IsNotNegative(Value value, Dim3 groupSize) => Of(value, groupSize, 0) is { } range && range.Low >= 0;

    private static (long Low, long High)? Of(Value value, Dim3 group, int depth)
    {
        if (value is Constant constant && value.Type == IrType.I32) return (constant.Bits, constant.Bits);
        if (value is Parameter { Kind: KernelParameterKind.Length }) return (0, int.MaxValue);
        if (value is not Instruction i || value.Type != IrType.I32 || depth == Deepest) return null;
        switch (i.Opcode)
        {
            case Opcode.Launch:
                return (LaunchValue)i.Index switch
                {
                    LaunchValue.ThreadX => (0, group.X - 1),
                    LaunchValue.ThreadY => (0, group.Y - 1),
                    LaunchValue.ThreadZ => (0, group.Z - 1),
                    _ => (0, int.MaxValue),
                };
            case Opcode.And when i.Operands[1] is Constant { Bits: >= 0 and var mask }: return (0, mask);
            case Opcode.ShiftRightUnsigned when i.Operands[1] is Constant { Bits: > 0 and < 32 and var count }: return (0, uint.MaxValue >> (int)count);
        }
        if (i.Operands.Length != 2 || Of(i.Operands[0], group, depth + 1) is not { } a || Of(i.Operands[1], group, depth + 1) is not { } b) return null;
        (long Low, long High)? range = i.Opcode switch
        {
            Opcode.Add => (a.Low + b.Low, a.High + b.High),
            Opcode.Subtract => (a.Low - b.High, a.High - b.Low),
            Opcode.Multiply when a.Low >= 0 && b.Low >= 0 => (a.Low * b.Low, a.High * b.High),
            Opcode.Divide when a.Low >= 0 && b.Low > 0 => (a.Low / b.High, a.High / b.Low),
            Opcode.Remainder when a.Low >= 0 && b.Low > 0 => (0, b.High - 1),
            Opcode.ShiftRight when a.Low >= 0 => (0, a.High),
            Opcode.Min => (Math.Min(a.Low, b.Low), Math.Min(a.High, b.High)),
            Opcode.Max => (Math.Max(a.Low, b.Low), Math.Max(a.High, b.High)),
            _ => null,
        };
        // What may wrap has no bounds.
        return range is { Low: >= int.MinValue, High: <= int.MaxValue } ? range : null;
    }
}
