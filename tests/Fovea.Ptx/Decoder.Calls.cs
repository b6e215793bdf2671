namespace Fovea.Ptx;

internal sealed partial class Decoder
{
    private Op DecodeBranchTable()
    {
        if (current.Name is not ("brx.idx" or "brx.idx.uni"))
            throw Unknown("brx");
        Want(2);
        string name = current.Operands[1] is Operand.Symbol symbol
            ? symbol.Name : throw Error(PtxError.TypeMismatch, "the second operand is a list of targets");
        if (!function.Body.Tables.TryGetValue(name, out IReadOnlyList<string>? targets))
            throw Error(PtxError.Undeclared, $"there is no list of targets '{name}'");
        return new Op { Code = OpCode.BranchTable, A = Source(current.Operands[0], PtxType.U32), Slots = [.. targets.Select(Label)] };
    }

    /// <summary>call (result), function, (arguments); results and arguments may be absent.</summary>
    private Op DecodeCall()
    {
        if (current.Name is not ("call" or "call.uni"))
            throw Unknown("call");
        var operands = new Queue<Operand>(current.Operands);
        IReadOnlyList<Operand> results = operands.TryPeek(out Operand? first) && first is Operand.Group given ? given.Parts : [];
        if (first is Operand.Group)
            operands.Dequeue();
        if (!operands.TryDequeue(out Operand? called) || called is not Operand.Symbol { Name: var name })
            throw Error(PtxError.UnknownInstruction, "only functions that are named can be called here");
        IReadOnlyList<Operand> arguments = operands.TryDequeue(out Operand? list) && list is Operand.Group group ? group.Parts : [];
        if (operands.Count > 0 || list is not (null or Operand.Group))
            throw Error(PtxError.UnknownInstruction, "a call takes a list of results, a function and a list of arguments here");
        if (!functions.TryGetValue(name, out PtxFunction? body))
            throw Error(PtxError.Undeclared, $"there is no function '{name}'");
        Linked target = Link(body ?? throw Error(PtxError.Undeclared, $"function '{name}' has no body"));
        calls.Add(new CallSite(target.Number, Copies(arguments, body.Parameters, target, toCaller: false),
            Copies(results, body.Results, target, toCaller: true)));
        return new Op { Code = OpCode.Call, A = calls.Count - 1 };
    }

    private SlotCopy[] Copies(IReadOnlyList<Operand> given, IReadOnlyList<PtxParameter> declared, Linked target, bool toCaller)
    {
        if (given.Count != declared.Count)
            throw Error(PtxError.Syntax,
                $"'{target.Body.Name}' has {declared.Count} {(toCaller ? "results" : "parameters")}, not {given.Count}");
        var copies = new SlotCopy[given.Count];
        for (int i = 0; i < copies.Length; i++)
        {
            if (given[i] is not Operand.Symbol symbol
                || !function.Variables.TryGetValue(symbol.Name, out (int Slot, PtxParameter Variable) own))
                throw Error(PtxError.TypeMismatch, "what a call passes on lies in variables of the parameter space here");
            if (own.Variable.Size != declared[i].Size)
                throw Error(PtxError.TypeMismatch, $"'{declared[i].Name}' has {declared[i].Size} bytes, not {own.Variable.Size}");
            int theirs = target.Variables[declared[i].Name].Slot, count = (declared[i].Size + sizeof(ulong) - 1) / sizeof(ulong);
            copies[i] = toCaller ? new SlotCopy(theirs, own.Slot, count) : new SlotCopy(own.Slot, theirs, count);
        }
        return copies;
    }
}
