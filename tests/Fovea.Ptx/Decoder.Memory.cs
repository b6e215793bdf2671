namespace Fovea.Ptx;

internal sealed partial class Decoder
{
    private Op DecodeAccess(string[] parts)
    {
        bool load = parts[0] == "ld";
        int at = 1;
        bool Accept(string modifiers)
        {
            bool found = at < parts.Length && modifiers.Split(' ').Contains(parts[at]);
            at += found ? 1 : 0;
            return found;
        }

        var op = new Op { Count = 1 };
        if (Accept("volatile"))
            op.Flags |= OpFlags.Strong;
        else if (Accept(load ? "relaxed acquire" : "relaxed release"))
        {
            op.Flags |= OpFlags.Strong;
            if (!Accept("cta gpu sys cluster"))
                throw Unknown(parts[0]);
        }
        else
            Accept("weak");
        string space = at < parts.Length && parts[at] is "global" or "shared" or "local" or "param" ? parts[at++] : "";
        if (space == "global" && load)
            Accept("nc");
        if (space == "global")
            Accept(load ? "ca cg cs lu cv" : "wb cg cs wt");
        while (space == "global" && load && at < parts.Length
            && (parts[at].StartsWith("L1::", StringComparison.Ordinal) || parts[at].StartsWith("L2::", StringComparison.Ordinal)))
            at++;
        op.Count = Accept("v2") ? (byte)2 : Accept("v4") ? (byte)4 : (byte)1;
        if (at != parts.Length - 1 || !PtxType.TryParse(parts[at], out PtxType type) || type.Kind == 'p' || type.Bytes * op.Count > 16)
            throw Unknown(parts[0]);
        op.Code = (space, load) switch
        {
            ("global", true) => OpCode.LoadGlobal,
            ("global", false) => OpCode.StoreGlobal,
            ("shared", true) => OpCode.LoadShared,
            ("shared", false) => OpCode.StoreShared,
            ("local", true) => OpCode.LoadLocal,
            ("local", false) => OpCode.StoreLocal,
            ("param", true) => OpCode.LoadParameter,
            ("param", false) => OpCode.StoreVariable,
            (_, true) => OpCode.LoadGeneric,
            (_, false) => OpCode.StoreGeneric,
        };
        op.Size = (byte)type.Bytes;
        Want(2);
        Operand value = current.Operands[load ? 0 : 1], address = current.Operands[load ? 1 : 0];
        if (space == "param")
            Parameter(ref op, address, type.Bytes * op.Count);
        else
            Address(ref op, address, space);

        IReadOnlyList<Operand> elements = value is Operand.Vector vector ? vector.Parts : [value];
        if (elements.Count != op.Count || op.Count == 1 != value is not Operand.Vector)
            throw Error(PtxError.TypeMismatch, $"{op.Count} elements are expected");
        if (load && type.Kind == 's')
            op.Flags |= OpFlags.Signed;
        op.Slots = new int[op.Count];
        for (int i = 0; i < op.Count; i++)
        {
            if (load)
                op.ResultBits = (byte)ResultSlot(elements[i], type, wider: true, out op.Slots[i]).Bits;
            else
                op.Slots[i] = Source(elements[i], type, wider: true);
        }
        if (load && writes.Distinct().Count() != op.Count)
            throw Error(PtxError.TypeMismatch, "a register stands twice among the results");
        op.D = op.Slots[0];
        return op;
    }

    /// <summary>A parameter of the entry is constant; variables of functions and calls lie in the thread's row.</summary>
    private void Parameter(ref Op op, Operand operand, int bytes)
    {
        if (operand is not Operand.Address { Base: Operand.Symbol symbol, Offset: var offset })
            throw Error(PtxError.TypeMismatch, "a parameter is named");
        PtxParameter? parameter = null;
        if (function.Variables.TryGetValue(symbol.Name, out (int Slot, PtxParameter Variable) own))
        {
            parameter = own.Variable;
            op.A = own.Slot;
            op.Value = offset;
            op.Code = op.Code == OpCode.StoreVariable ? OpCode.StoreVariable : OpCode.LoadVariable;
        }
        else if (function.Number == 0 && op.Code == OpCode.LoadParameter)
        {
            parameter = entry.Parameters.FirstOrDefault(p => p.Name == symbol.Name);
            op.Value = offset + (parameter?.Offset ?? 0);
        }
        if (parameter is null)
            throw Error(PtxError.Undeclared, $"there is no parameter '{symbol.Name}'");
        if (offset < 0 || offset + bytes > parameter.Size)
            throw Error(PtxError.OutOfBounds, $"{bytes} bytes at {offset} lie outside parameter '{symbol.Name}' of {parameter.Size} bytes");
        if (offset % bytes != 0)
            throw Error(PtxError.Misaligned, $"offset {offset} is not aligned to {bytes} bytes");
    }

    private Op DecodeAtomic(string[] parts)
    {
        bool returns = parts[0] == "atom";
        string space = "", operation = "";
        // The manual puts the space before the operation; the assembler takes it behind too.
        foreach (string part in parts[1..^1])
        {
            if (part is "global" or "shared" && space.Length == 0)
                space = part;
            else if (part is "relaxed" or "acquire" or "release" or "acq_rel" or "cta" or "gpu" or "sys" or "cluster"
                && operation.Length == 0)
                continue;
            else if (operation.Length == 0)
                operation = part;
            else
                throw Unknown(parts[0]);
        }
        if (!returns && operation is "exch" or "cas" || PureOps.Find($"atom.{operation}.{parts[^1]}") is not { } combine)
            throw Unknown(parts[0]);
        Want(combine.Sources.Length + (returns ? 2 : 1));
        int first = returns ? 1 : 0;
        var op = new Op
        {
            Code = space switch { "global" => OpCode.AtomicGlobal, "shared" => OpCode.AtomicShared, _ => OpCode.AtomicGeneric },
            Count = 1,
            Size = (byte)combine.Result.Bytes,
            Compute = combine.Compute,
            D = -1,
        };
        Address(ref op, current.Operands[first], space);
        op.B = Source(current.Operands[first + 1], combine.Sources[^1]);
        if (combine.Sources.Length == 2 && operation == "cas")
        {
            op.C = Source(current.Operands[first + 2], combine.Sources[^1]);
            op.Flags |= OpFlags.Compares;
        }
        if (returns)
            Result(ref op, current.Operands[0], combine.Result);
        return op;
    }

    private Op DecodePack(string[] parts)
    {
        if (parts.Length != 2 || !PtxType.TryParse(parts[1], out PtxType type) || type.Kind != 'b' || type.Bits < 32)
            throw Unknown("mov");
        Want(2);
        bool pack = current.Operands[1] is Operand.Vector;
        if (current.Operands[pack ? 1 : 0] is not Operand.Vector { Parts: var elements } || type.Bits % elements.Count != 0)
            throw Error(PtxError.TypeMismatch, "one side is a vector and divides the other");
        var part = new PtxType('b', type.Bits / elements.Count);
        if (part.Bits is not (16 or 32))
            throw Error(PtxError.TypeMismatch, $"elements of {part.Bits} bits cannot be packed");
        var op = new Op { Code = pack ? OpCode.Pack : OpCode.Unpack, Size = (byte)part.Bytes, Slots = new int[elements.Count] };
        for (int i = 0; i < elements.Count; i++)
        {
            if (pack)
                op.Slots[i] = Source(elements[i], part);
            else
                ResultSlot(elements[i], part, wider: false, out op.Slots[i]);
        }
        if (pack)
            Result(ref op, current.Operands[0], type);
        else
            op.A = Source(current.Operands[1], type);
        return op;
    }

    private Op DecodeInsert(string[] parts)
    {
        if (parts is not ["bfi", "b32" or "b64"])
            throw Unknown("bfi");
        Want(5);
        PtxType type = PtxType.Parse(parts[1]);
        var op = new Op { Code = OpCode.Insert, Size = (byte)type.Bytes };
        op.A = Source(current.Operands[1], type);
        op.B = Source(current.Operands[2], type);
        op.C = Source(current.Operands[3], PtxType.U32);
        op.Slots = [Source(current.Operands[4], PtxType.U32)];
        Result(ref op, current.Operands[0], type);
        return op;
    }

    private Op DecodeLop3()
    {
        if (current.Name != "lop3.b32")
            throw Unknown("lop3");
        Want(5);
        if (current.Operands[4] is not Operand.Immediate { Kind: 'i', Bits: < 256 } table)
            throw Error(PtxError.TypeMismatch, "the table of lop3 is a number from 0 to 255");
        var op = new Op { Code = OpCode.Pure, Compute = PureOps.Lop3((int)table.Bits) };
        op.A = Source(current.Operands[1], PtxType.B32);
        op.B = Source(current.Operands[2], PtxType.B32);
        op.C = Source(current.Operands[3], PtxType.B32);
        Result(ref op, current.Operands[0], PtxType.B32);
        return op;
    }
}
