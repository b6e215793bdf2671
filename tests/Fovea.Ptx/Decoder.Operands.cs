namespace Fovea.Ptx;

internal sealed partial class Decoder
{
    private int Slot(Operand.Register register)
    {
        if (!registers.TryGetValue(register.Name, out int slot))
        {
            registers[register.Name] = slot = NewSlot(0, register.Name.Split('#')[0]);
            function.Slots.Add(slot);
        }
        return slot;
    }

    private int Constant(ulong value)
    {
        if (!constants.TryGetValue(value, out int slot))
            constants[value] = slot = NewSlot(value, null);
        return slot;
    }

    private int NewSlot(ulong value, string? name)
    {
        row.Add(value);
        names.Add(name);
        return row.Count - 1;
    }

    private int Special(Operand.Special special, PtxType type)
    {
        if (!SpecialRegisters.TypeOf(special.Name).Serves(type))
            throw Mismatch(special.Name, type);
        if (!specials.TryGetValue(special.Name, out int slot))
            specials[special.Name] = slot = NewSlot(0, null);
        return slot;
    }

    private int Source(Operand operand, PtxType type, bool wider = false)
    {
        switch (operand)
        {
            case Operand.Register register:
                if (!register.Type.Serves(type, wider))
                    throw Error(PtxError.TypeMismatch, $"register '{register.Name}' is {register.Type}, the instruction takes {type}");
                int slot = Slot(register);
                reads.Add(slot);
                return slot;
            case Operand.Immediate immediate:
                return Constant(Immediate(immediate, type));
            case Operand.Special special:
                throw Error(PtxError.TypeMismatch, $"'{special.Name}' can only be moved or converted");
            case Operand.Symbol symbol:
                throw Error(PtxError.Undeclared, $"'{symbol.Name}' is no register");
            default:
                throw Error(PtxError.TypeMismatch, $"an operand of type {type} is expected");
        }
    }

    private ulong Immediate(Operand.Immediate immediate, PtxType type)
    {
        if (type.Kind == 'f' ? immediate.Kind == 'i' : immediate.Kind != 'i' && type.Kind != 'b')
            throw Error(PtxError.TypeMismatch, $"a number of type {type} is expected");
        if (type.Kind == 'p')
            return immediate.Bits == 0 ? 0u : 1u;
        ulong bits = immediate.Bits;
        if (type.Kind == 'f' && immediate.Kind == 'd' && type.Bits == 32)
            bits = PureOps.Bits((float)PureOps.As<double>(bits));
        else if (type.Kind == 'f' && immediate.Kind == 'f' && type.Bits == 64)
            bits = PureOps.Bits((double)PureOps.As<float>(bits));
        return bits & ulong.MaxValue >> (64 - type.Bits);
    }

    /// <summary>Notes where the result goes, and gives the type of that register.</summary>
    private PtxType Result(ref Op op, Operand operand, PtxType type, bool wider = false)
    {
        PtxType register = ResultSlot(operand, type, wider, out op.D);
        op.ResultBits = (byte)register.Bits;
        return register;
    }

    private PtxType ResultSlot(Operand operand, PtxType type, bool wider, out int slot)
    {
        if (operand is not Operand.Register register)
            throw Error(PtxError.TypeMismatch, "a result goes into one register here");
        if (!register.Type.Serves(type, wider))
            throw Error(PtxError.TypeMismatch, $"register '{register.Name}' is {register.Type}, the result is {type}");
        slot = Slot(register);
        writes.Add(slot);
        return register.Type;
    }

    private PtxArray Array(Operand.Symbol symbol, bool? shared)
    {
        PtxArray array = function.Arrays.GetValueOrDefault(symbol.Name)
            ?? arrays.Take(moduleArrays.Count).FirstOrDefault(a => a.Name == symbol.Name)
            ?? throw Error(PtxError.Undeclared, $"'{symbol.Name}' is not declared");
        if (shared is { } wanted && array.Shared != wanted)
            throw Error(PtxError.TypeMismatch, $"'{symbol.Name}' lies in {(array.Shared ? "shared" : "local")} memory");
        return array;
    }

    /// <summary>Sets the slot that holds the base of an address, and the offset.</summary>
    private void Address(ref Op op, Operand operand, string space)
    {
        if (operand is not Operand.Address address)
            throw Error(PtxError.TypeMismatch, "an address in brackets is expected");
        op.Value = address.Offset;
        switch (address.Base)
        {
            case Operand.Register register:
                bool narrow = space is "shared" or "local" && PtxType.U32.Serves(register.Type);
                if (!narrow && !PtxType.U64.Serves(register.Type) || register.Type.Kind == 'f')
                {
                    string kind = space.Length > 0 ? space : "generic";
                    throw Error(PtxError.TypeMismatch, $"register '{register.Name}' ({register.Type}) cannot hold a {kind} address");
                }
                op.A = Slot(register);
                reads.Add(op.A);
                break;
            case Operand.Symbol symbol when space is "shared" or "local":
                op.A = Constant(Array(symbol, space == "shared").Address);
                break;
            case Operand.Immediate { Kind: 'i' } number:
                op.A = Constant(number.Bits);
                break;
            default:
                throw Error(PtxError.TypeMismatch, $"this is no {space} address");
        }
    }
}
