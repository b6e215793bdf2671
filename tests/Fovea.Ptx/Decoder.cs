namespace Fovea.Ptx;

/// <summary>Turns the statements of an entry into instructions that can run, and checks names and types on the way.</summary>
internal sealed partial class Decoder(PtxEntry entry, List<PtxInstruction> instructions, Dictionary<string, int> labels)
{
    private readonly Dictionary<string, int> registers = [];
    private readonly Dictionary<ulong, int> constants = [];
    private readonly List<ulong> row = [0];
    private readonly List<string?> names = [null];
    private readonly Dictionary<string, int> specials = [];
    private readonly List<Op> ops = [];
    private readonly List<int> reads = [];
    private readonly List<int> writes = [];
    private PtxInstruction current = null!;

    public PtxCode Decode()
    {
        constants[0] = 0;
        var allReads = new List<int[]>();
        var allWrites = new List<int[]>();
        foreach (PtxInstruction instruction in instructions)
        {
            current = instruction;
            reads.Clear();
            writes.Clear();
            Op op = DecodeOne();
            if (instruction.Guard is { } guard)
            {
                int slot = Slot(guard);
                reads.Add(slot);
                if (op.Code == OpCode.Branch)
                {
                    op.Code = instruction.GuardNegated ? OpCode.BranchUnless : OpCode.BranchIf;
                    op.A = slot;
                }
                else
                {
                    op.Guard = slot;
                    op.Flags |= OpFlags.Guarded | (instruction.GuardNegated ? OpFlags.GuardNegated : 0);
                }
            }
            ops.Add(op);
            allReads.Add([.. reads]);
            allWrites.Add([.. writes]);
        }
        // Running off the end is leaving.
        ops.Add(new Op { Code = OpCode.Exit });
        allReads.Add([]);
        allWrites.Add([]);

        Op[] code = [.. ops];
        int[][] readArray = [.. allReads], writeArray = [.. allWrites];
        bool[] certain = DefiniteAssignment.Mark(code, readArray, writeArray, names);
        return new PtxCode
        {
            Ops = code,
            Lines = [.. instructions.Select(i => i.Line), instructions.Count > 0 ? instructions[^1].Line : 0],
            Reads = readArray,
            Writes = writeArray,
            Row = [.. row],
            Names = [.. names],
            Specials = [.. specials.Select(s => (s.Value, s.Key))],
            Certain = certain,
        };
    }

    private Op DecodeOne()
    {
        string[] parts = current.Name.Split('.');
        if ((parts[0] == "redux" || parts.Contains("NaN")) && (entry.Sm < 80 || entry.Version < new Version(7, 0)))
            throw Error(PtxError.UnknownInstruction, $"'{current.Name}' needs sm_80 and PTX 7.0; the module is for sm_{entry.Sm} and {entry.Version}");
        return parts[0] switch
        {
            "ld" or "st" => DecodeAccess(parts),
            "atom" or "red" => DecodeAtomic(parts),
            "bra" => DecodeBranch(parts),
            "ret" or "exit" => DecodeBare(parts, OpCode.Exit),
            "trap" => DecodeBare(parts, OpCode.Trap),
            "membar" or "fence" => DecodeFence(),
            "bar" or "barrier" => DecodeBarrier(),
            "shfl" or "vote" or "redux" => DecodeWarp(parts),
            "bfi" => DecodeInsert(parts),
            "lop3" => DecodeLop3(),
            "mov" when current.Operands.Any(o => o is Operand.Vector) => DecodePack(parts),
            "mov" when current.Operands is [_, Operand.Symbol or Operand.Special] => DecodeMove(parts),
            _ => DecodePure(parts),
        };
    }

    private Op DecodePure(string[] parts)
    {
        PureOp pure = PureOps.Find(current.Name) ?? throw Unknown(parts[0]);
        Want(pure.Sources.Length + 1);
        var op = new Op { Code = OpCode.Pure, Compute = pure.Compute };
        Span<int> slots = stackalloc int[3];
        for (int i = 0; i < pure.Sources.Length; i++)
        {
            Operand operand = current.Operands[i + 1];
            // A negated predicate combines with a comparison.
            if (operand is Operand.Not negated && i == 2 && pure.Sources[i] == PtxType.Predicate && parts[0] == "setp")
            {
                operand = negated.Value;
                op.Compute = (a, b, c) => pure.Compute(a, b, c ^ 1);
            }
            slots[i] = operand is Operand.Special special && pure.Converts ? Special(special, pure.Sources[i]) : Source(operand, pure.Sources[i], pure.Converts);
        }
        (op.A, op.B, op.C) = (slots[0], slots[1], slots[2]);
        PtxType register = Result(ref op, current.Operands[0], pure.Result, pure.Converts);
        if (register.Bits > pure.Result.Bits && pure.Result.Kind == 's')
        {
            Pure narrow = op.Compute!;
            int shift = 64 - pure.Result.Bits, mask = 64 - register.Bits;
            op.Compute = (a, b, c) => (ulong)((long)(narrow(a, b, c) << shift) >> shift) << mask >> mask;
        }
        if (pure.Divides)
            op.Flags |= OpFlags.Divides;
        op.Code = current.Name switch
        {
            "mov.f32" or "mov.b32" or "mov.u32" or "mov.s32" or "mov.b64" or "mov.u64" or "mov.s64" or "mov.pred" or "cvta.to.global.u64" => OpCode.Move,
            "add.u32" or "add.s32" => OpCode.AddInt,
            "add.u64" or "add.s64" => OpCode.AddLong,
            "mul.lo.u32" or "mul.lo.s32" => OpCode.MulInt,
            "mad.lo.u32" or "mad.lo.s32" => OpCode.MadInt,
            "add.rn.f32" or "add.f32" => OpCode.AddFloat,
            "mul.rn.f32" or "mul.f32" => OpCode.MulFloat,
            "fma.rn.f32" => OpCode.FmaFloat,
            _ => OpCode.Pure,
        };
        return op;
    }

    private Op DecodeMove(string[] parts)
    {
        if (parts.Length != 2 || PureOps.Find(current.Name) is not { Moves: true } move)
            throw Unknown("mov");
        PtxType type = move.Result;
        var op = new Op { Code = OpCode.Move };
        if (current.Operands[1] is Operand.Special special)
        {
            op.A = Special(special, type);
            if (SpecialRegisters.IsClock(special.Name))
                op.Code = OpCode.Clock;
        }
        else
        {
            var symbol = (Operand.Symbol)current.Operands[1];
            if (type.Kind == 'f' || type.Bits < 32)
                throw Mismatch(symbol.Name, type);
            op.A = Constant(Array(symbol, null).Address);
        }
        Result(ref op, current.Operands[0], type);
        return op;
    }

    private Op DecodeBranch(string[] parts)
    {
        if (parts is not (["bra"] or ["bra", "uni"]))
            throw Unknown("bra");
        Want(1);
        string name = current.Operands[0] is Operand.Symbol symbol ? symbol.Name : throw Error(PtxError.TypeMismatch, "a branch goes to a label");
        return labels.TryGetValue(name, out int target)
            ? new Op { Code = OpCode.Branch, Target = target }
            : throw Error(PtxError.Undeclared, $"there is no label '{name}'");
    }

    private Op DecodeBare(string[] parts, OpCode code)
    {
        if (parts.Length != 1 && current.Name != "ret.uni")
            throw Unknown(parts[0]);
        Want(0);
        return new Op { Code = code };
    }

    private void Want(int count)
    {
        if (current.Operands.Count != count)
            throw Error(PtxError.Syntax, $"{current.Name} takes {count} operands, not {current.Operands.Count}");
    }

    private PtxException Unknown(string mnemonic) => Error(PtxError.UnknownInstruction,
        PureOps.IsMnemonic(mnemonic) ? $"'{mnemonic}' has no form '{current.Name}'" : $"'{current.Name}' is no instruction known here");

    private PtxException Mismatch(string what, PtxType wanted) => Error(PtxError.TypeMismatch, $"'{what}' cannot stand for {wanted}");

    private PtxException Error(PtxError error, string what) =>
        new(error, what, entry.Name, current.Line, entry.Source[current.Line - 1].Trim());
}
