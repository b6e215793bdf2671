namespace Fovea.Ptx;

/// <summary>
/// Turns the statements of an entry, and of the functions that it calls, into instructions that can run, and checks names and types on
/// the way. Each function has slots of its own in a thread's row.
/// </summary>
internal sealed partial class Decoder(
    PtxEntry entry, PtxFunction main, IReadOnlyDictionary<string, PtxFunction?> functions, IReadOnlyList<PtxArray> moduleArrays)
{
    private readonly Dictionary<string, int> registers = [];
    private readonly Dictionary<ulong, int> constants = [];
    private readonly List<ulong> row = [0];
    private readonly List<string?> names = [null];
    private readonly Dictionary<string, int> specials = [];
    private readonly List<Op> ops = [];
    private readonly List<int> lines = [];
    private readonly List<int> reads = [];
    private readonly List<int> writes = [];
    private readonly List<PtxArray> arrays = [];
    private readonly List<Linked> linked = [];
    private readonly List<CallSite> calls = [];
    private Linked function = null!;
    private PtxInstruction current = null!;

    /// <summary>A function that is part of the code: where it begins, and the slots that are its own.</summary>
    private sealed record Linked(PtxFunction Body, int Number)
    {
        public int Start { get; set; }
        public Dictionary<string, (int Slot, PtxParameter Variable)> Variables { get; } = [];
        public Dictionary<string, PtxArray> Arrays { get; } = [];
        public List<int> Slots { get; } = [];
    }

    public PtxCode Decode()
    {
        constants[0] = 0;
        foreach (PtxArray array in moduleArrays)
            AddArray(array);
        Link(main);
        var allReads = new List<int[]>();
        var allWrites = new List<int[]>();
        // The list grows by what is called.
        for (int i = 0; i < linked.Count; i++)
            Place(linked[i], allReads, allWrites);

        foreach (PtxArray array in arrays.Where(a => a.Shared && !a.Dynamic))
            entry.StaticSharedBytes = PtxParser.Align(entry.StaticSharedBytes, array.Alignment) + array.Size;
        entry.Arrays = arrays;
        Op[] code = [.. ops];
        int[][] readArray = [.. allReads], writeArray = [.. allWrites];
        CompareLoops.Mark(code);
        bool[] certain = DefiniteAssignment.Mark(code, [.. linked.Select(f => f.Start)], readArray, writeArray, names);
        return new PtxCode
        {
            Ops = code,
            Lines = [.. lines],
            Reads = readArray,
            Writes = writeArray,
            Row = [.. row],
            Names = [.. names],
            Specials = [.. specials.Select(s => (s.Value, s.Key))],
            Certain = certain,
            Functions = [.. linked.Select(f => new LinkedFunction(f.Body.Name, f.Start, [.. f.Slots], f.Body.Arrays.Any(a => !a.Shared)))],
            Calls = [.. calls],
        };
    }

    private Linked Link(PtxFunction body)
    {
        if (linked.Find(f => f.Body == body) is { } known)
            return known;
        var added = new Linked(body, linked.Count);
        linked.Add(added);
        foreach (PtxParameter variable in body.Variables)
        {
            added.Variables[variable.Name] = (row.Count, variable);
            for (int i = 0; i < variable.Size; i += sizeof(ulong))
                added.Slots.Add(NewSlot(0, null));
        }
        foreach (PtxArray array in body.Arrays)
            added.Arrays[array.Name] = AddArray(array);
        return added;
    }

    private PtxArray AddArray(PtxArray array)
    {
        int dynamic = array.Dynamic ? arrays.FindIndex(a => a.Dynamic) : -1;
        PtxArray placed = array with { Region = 1 + (dynamic >= 0 ? dynamic : arrays.Count) };
        arrays.Add(placed);
        return placed;
    }

    private void Place(Linked target, List<int[]> allReads, List<int[]> allWrites)
    {
        function = target;
        function.Start = ops.Count;
        registers.Clear();
        foreach (PtxInstruction instruction in function.Body.Instructions)
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
            lines.Add(instruction.Line);
            allReads.Add([.. reads]);
            allWrites.Add([.. writes]);
        }
        // Running off the end is leaving.
        ops.Add(new Op { Code = Leaving });
        lines.Add(lines.Count > 0 ? lines[^1] : 0);
        allReads.Add([]);
        allWrites.Add([]);
    }

    private OpCode Leaving => function.Number == 0 ? OpCode.Exit : OpCode.Return;

    private Op DecodeOne()
    {
        string[] parts = current.Name.Split('.');
        if (parts[0] == "redux" || parts.Contains("NaN") || parts.Contains("tf32"))
            Need(80, new Version(7, 0));
        if (parts[0] == "tanh" || parts is ["ex2", .., "f16"])
            Need(75, new Version(7, 0));
        if (parts is ["min" or "max", .., "f16"])
            Need(80, new Version(7, 0));
        return parts[0] switch
        {
            "ld" or "st" => DecodeAccess(parts),
            "atom" or "red" => DecodeAtomic(parts),
            "bra" => DecodeBranch(parts),
            "brx" => DecodeBranchTable(),
            "call" => DecodeCall(),
            "ret" => DecodeBare(parts, Leaving),
            "exit" => DecodeBare(parts, OpCode.Exit),
            "trap" => DecodeBare(parts, OpCode.Trap),
            "membar" or "fence" => DecodeFence(),
            "bar" or "barrier" => DecodeBarrier(),
            "ldmatrix" => DecodeLoadMatrix(parts),
            "mma" => DecodeMultiply(parts),
            "cp" => DecodeCopy(parts),
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
            slots[i] = operand is Operand.Special special && pure.Converts
                ? Special(special, pure.Sources[i]) : Source(operand, pure.Sources[i], pure.Converts);
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
            "mov.f32" or "mov.f64" or "mov.b32" or "mov.u32" or "mov.s32" or "mov.b64" or "mov.u64" or "mov.s64" or "mov.pred"
                or "cvta.to.global.u64" => OpCode.Move,
            "add.u32" or "add.s32" => OpCode.AddInt,
            "add.u64" or "add.s64" => OpCode.AddLong,
            "mul.wide.u32" => OpCode.MulWide,
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
        string name = current.Operands[0] is Operand.Symbol symbol
            ? symbol.Name : throw Error(PtxError.TypeMismatch, "a branch goes to a label");
        return new Op { Code = OpCode.Branch, Target = Label(name) };
    }

    private int Label(string name) => function.Body.Labels.TryGetValue(name, out int target)
        ? function.Start + target
        : throw Error(PtxError.Undeclared, $"there is no label '{name}'");

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
