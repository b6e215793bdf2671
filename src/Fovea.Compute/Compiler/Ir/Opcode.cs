namespace Fovea.Compute.Compiler.Ir;

/// <summary>What an instruction computes. Integers wrap; shifts take their count modulo the width; floats are IEEE 754, never contracted.</summary>
internal enum Opcode
{
    /// <summary>Chooses by the block that control came from.</summary>
    Phi,

    Add, Subtract, Multiply, Divide, DivideUnsigned, Remainder, RemainderUnsigned,
    And, Or, Xor, ShiftLeft, ShiftRight, ShiftRightUnsigned,
    Negate, Not,

    /// <summary>Minimum and maximum; a NaN wins, and −0 is less than +0.</summary>
    Min, Max, MinUnsigned, MaxUnsigned,

    /// <summary>a · b + c, rounded once.</summary>
    FusedMultiplyAdd,
    Sqrt, Abs, Floor, Ceiling, Truncate, RoundToEven, CopySign,
    PopCount, LeadingZeroCount,

    /// <summary>Comparisons; of floats, all but NotEqual are false where one is NaN.</summary>
    Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual, LessUnsigned, LessOrEqualUnsigned, GreaterUnsigned, GreaterOrEqualUnsigned,

    /// <summary>b where the condition a holds, else c.</summary>
    Select,

    /// <summary>Between widths of integers, keeping the sign; between floats; from signed integers to floats; and from floats to them, saturating.</summary>
    Convert,

    /// <summary>The same for integers without sign.</summary>
    ConvertUnsigned,

    /// <summary>The same bits as another type.</summary>
    Bitcast,

    /// <summary>Pointer a + index b · <see cref="Instruction.Scale"/>, the index sign-extended.</summary>
    Address,

    /// <summary>One element of a vector that was loaded: <see cref="Instruction.Index"/>.</summary>
    Extract,

    /// <summary>Reads memory at a + <see cref="Instruction.Offset"/>.</summary>
    Load,

    /// <summary>Writes operands b … to memory at a + <see cref="Instruction.Offset"/>.</summary>
    Store,

    /// <summary>An index or size of the launch, by <see cref="Instruction.Index"/>: a <see cref="LaunchValue"/>.</summary>
    Launch,

    /// <summary>An array in memory of the group: <see cref="Instruction.Index"/> is its number.</summary>
    SharedArray,

    /// <summary>An array in memory of the thread.</summary>
    LocalArray,
    Barrier,

    /// <summary>The value of lane b.</summary>
    Shuffle,
    AtomicAdd, AtomicMin, AtomicMax, AtomicMinUnsigned, AtomicMaxUnsigned, AtomicAnd, AtomicOr, AtomicXor, AtomicExchange,

    /// <summary>Writes c to a if b is there; gives what was there.</summary>
    AtomicCompareExchange,
}

/// <summary>Indices and sizes that a thread finds in registers of the device.</summary>
internal enum LaunchValue
{
    ThreadX, ThreadY, ThreadZ, GroupX, GroupY, GroupZ, GroupsX, GroupsY, GroupsZ,
}

/// <summary>What is known of opcodes.</summary>
internal static class Opcodes
{
    public static bool IsAtomic(this Opcode opcode) => opcode >= Opcode.AtomicAdd;

    public static bool HasEffect(this Opcode opcode) => opcode is Opcode.Store or Opcode.Barrier or Opcode.Shuffle || opcode.IsAtomic();

    /// <summary>Whether equal operands give equal results, wherever and whenever.</summary>
    public static bool IsPure(this Opcode opcode) => !opcode.HasEffect() && opcode is not (Opcode.Load or Opcode.Phi);

    public static bool IsCommutative(this Opcode opcode) =>
        opcode is Opcode.Add or Opcode.Multiply or Opcode.And or Opcode.Or or Opcode.Xor or Opcode.Equal or Opcode.NotEqual;

    public static bool IsComparison(this Opcode opcode) => opcode is >= Opcode.Equal and <= Opcode.GreaterOrEqualUnsigned;

    /// <summary>The comparison that holds where this one does not; for integers and truth values only.</summary>
    public static Opcode Inverse(this Opcode comparison) => comparison switch
    {
        Opcode.Equal => Opcode.NotEqual,
        Opcode.NotEqual => Opcode.Equal,
        Opcode.Less => Opcode.GreaterOrEqual,
        Opcode.LessOrEqual => Opcode.Greater,
        Opcode.Greater => Opcode.LessOrEqual,
        Opcode.GreaterOrEqual => Opcode.Less,
        Opcode.LessUnsigned => Opcode.GreaterOrEqualUnsigned,
        Opcode.LessOrEqualUnsigned => Opcode.GreaterUnsigned,
        Opcode.GreaterUnsigned => Opcode.LessOrEqualUnsigned,
        _ => Opcode.LessUnsigned,
    };
}
