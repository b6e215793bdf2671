using System.Runtime.InteropServices;

namespace Fovea.Ptx;

internal enum OpCode : byte
{
    Pure,
    Move,
    AddInt,
    MulInt,
    MadInt,
    AddLong,
    MulWide,
    MulFloat,
    AddFloat,
    FmaFloat,
    Branch,
    BranchIf,
    BranchUnless,
    LoadGlobal,
    LoadShared,
    LoadLocal,
    LoadParameter,
    StoreGlobal,
    StoreShared,
    StoreLocal,
    AtomicGlobal,
    AtomicShared,
    Pack,
    Unpack,
    Insert,
    Clock,
    Nothing,
    LoadGeneric,
    StoreGeneric,
    AtomicGeneric,
    LoadVariable,
    StoreVariable,
    BranchTable,
    Call,
    Return,
    CopyAsync,
    CloseCopies,
    AwaitCopies,
    Barrier,
    Warp,
    Trap,
    Exit,
}

/// <summary>What a warp does together.</summary>
internal enum WarpCode : byte
{
    Sync,
    ShuffleIndex,
    ShuffleUp,
    ShuffleDown,
    ShuffleButterfly,
    VoteAll,
    VoteAny,
    VoteUniform,
    Ballot,
    Reduce,
    LoadMatrix,
    MultiplyTf32,
}

[Flags]
internal enum OpFlags : byte
{
    None = 0,
    Guarded = 1,
    GuardNegated = 2,

    /// <summary>Some source may never have been written; look.</summary>
    CheckSources = 4,

    /// <summary>Note that the results have been written; someone looks.</summary>
    MarkResults = 8,
    Divides = 16,

    /// <summary>Loads of narrow signed values widen with the sign.</summary>
    Signed = 32,

    /// <summary>Volatile, relaxed, acquire, release: ordered by itself, no race.</summary>
    Strong = 64,

    /// <summary>An atomic operation that compares.</summary>
    Compares = 128,
    Prologue = Guarded | CheckSources | MarkResults | Divides,
}

/// <summary>One instruction, ready to run. Operands are slots of a thread's row; constants and special registers have slots too.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct Op
{
    public OpCode Code;
    public OpFlags Flags;

    /// <summary>Bytes of one element.</summary>
    public byte Size;

    /// <summary>Elements of a vector.</summary>
    public byte Count;
    public WarpCode Warp;
    public byte ResultBits;
    public bool SecondNegated;
    public int Guard;
    public int D;
    public int A;
    public int B;
    public int C;

    /// <summary>The target of a branch; for what has none, one more number that the instruction states.</summary>
    public int Target;

    /// <summary>An offset from an address; for a barrier, 1 if its number is a constant.</summary>
    public long Value;
    public Pure? Compute;

    /// <summary>The elements of a vector, or the targets of a branch by a table.</summary>
    public int[]? Slots;
}

/// <summary>A function within the code of an entry: where it begins, its own slots, and whether it has arrays in local memory.</summary>
internal sealed record LinkedFunction(string Name, int Start, int[] Slots, bool HasLocals);

/// <summary>What a call copies on its way there and back.</summary>
internal sealed record CallSite(int Function, SlotCopy[] Arguments, SlotCopy[] Results);

internal readonly record struct SlotCopy(int From, int To, int Count);

/// <summary>An entry's instructions and the layout of a thread's row of slots.</summary>
internal sealed class PtxCode
{
    public required Op[] Ops { get; init; }
    public required int[] Lines { get; init; }

    /// <summary>Per instruction, the slots that it reads and writes.</summary>
    public required int[][] Reads { get; init; }
    public required int[][] Writes { get; init; }

    /// <summary>The row before a thread begins: constants in their slots.</summary>
    public required ulong[] Row { get; init; }
    public required string?[] Names { get; init; }
    public required (int Slot, string Name)[] Specials { get; init; }

    /// <summary>The slots that are written before they are read, whatever the path; empty if all are.</summary>
    public required bool[] Certain { get; init; }

    /// <summary>The entry itself, then what it calls.</summary>
    public required LinkedFunction[] Functions { get; init; }
    public required CallSite[] Calls { get; init; }
}
