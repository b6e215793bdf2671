namespace Fovea.Ptx;

internal sealed partial class Decoder
{
    private Op DecodeLoadMatrix(string[] parts)
    {
        bool transposed = parts.Length == 8 && parts[5] == "trans";
        if (parts is not (["ldmatrix", "sync", "aligned", "m8n8", "x1" or "x2" or "x4", .., "shared", "b16"])
            || parts.Length != (transposed ? 8 : 7))
            throw Unknown("ldmatrix");
        Need(75, new Version(6, 5));
        Want(2);
        var op = new Op { Code = OpCode.Warp, Warp = WarpCode.LoadMatrix, Target = transposed ? 1 : 0, C = -1 };
        Address(ref op, current.Operands[1], "shared");
        op.B = op.A;
        op.A = Constant(uint.MaxValue);
        op.Slots = [.. Elements(current.Operands[0], parts[4][1] - '0').Select(Matrix)];
        return op;

        int Matrix(Operand element)
        {
            ResultSlot(element, PtxType.B32, wider: false, out int slot);
            return slot;
        }
    }

    private Op DecodeMultiply(string[] parts)
    {
        if (current.Name != "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32")
            throw Unknown(parts[0]);
        Need(80, new Version(7, 0));
        Want(4);
        var op = new Op { Code = OpCode.Warp, Warp = WarpCode.MultiplyTf32, A = Constant(uint.MaxValue), C = -1 };
        var real = new PtxType('f', 32);
        var slots = new List<int>();
        foreach (Operand element in Elements(current.Operands[0], 4))
        {
            ResultSlot(element, real, wider: false, out int slot);
            slots.Add(slot);
        }
        slots.AddRange(Elements(current.Operands[1], 4).Select(e => Source(e, PtxType.B32)));
        slots.AddRange(Elements(current.Operands[2], 2).Select(e => Source(e, PtxType.B32)));
        slots.AddRange(Elements(current.Operands[3], 4).Select(e => Source(e, real)));
        op.Slots = [.. slots];
        return op;
    }

    private Op DecodeCopy(string[] parts)
    {
        Need(80, new Version(7, 0));
        if (current.Name == "cp.async.commit_group")
        {
            Want(0);
            return new Op { Code = OpCode.CloseCopies };
        }
        if (current.Name == "cp.async.wait_all")
        {
            Want(0);
            return new Op { Code = OpCode.AwaitCopies, Target = -1 };
        }
        if (current.Name == "cp.async.wait_group")
        {
            Want(1);
            return current.Operands[0] is Operand.Immediate { Kind: 'i', Bits: < 1000 } groups
                ? new Op { Code = OpCode.AwaitCopies, Target = (int)groups.Bits }
                : throw Error(PtxError.TypeMismatch, "the number of groups that may be on their way is a number");
        }
        if (parts is not ["cp", "async", "ca" or "cg", "shared", "global", ..]
            || parts[5..].Any(p => !p.StartsWith("L2::", StringComparison.Ordinal)))
            throw Unknown("cp");
        if (current.Operands.Count is not (3 or 4))
            Want(3);
        if (current.Operands[2] is not Operand.Immediate { Kind: 'i', Bits: 4 or 8 or 16 } size || parts[2] == "cg" && size.Bits != 16)
            throw Error(PtxError.TypeMismatch, "copies have 4, 8 or 16 bytes, past the first cache 16");
        var op = new Op { Code = OpCode.CopyAsync, Size = (byte)size.Bits, Count = 1 };
        Address(ref op, current.Operands[1], "global");
        (op.B, op.Target) = (op.A, checked((int)op.Value));
        Address(ref op, current.Operands[0], "shared");
        op.C = Source(current.Operands.Count == 4 ? current.Operands[3] : size, PtxType.U32);
        return op;
    }

    private IReadOnlyList<Operand> Elements(Operand operand, int count)
    {
        IReadOnlyList<Operand> parts = operand is Operand.Vector vector ? vector.Parts : [operand];
        return parts.Count == count ? parts : throw Error(PtxError.TypeMismatch, $"{count} elements are expected");
    }

    private void Need(int sm, Version version)
    {
        if (entry.Sm < sm || entry.Version < version)
            throw Error(PtxError.UnknownInstruction,
                $"'{current.Name}' needs sm_{sm} and PTX {version}; the module is for sm_{entry.Sm} and {entry.Version}");
    }
}
