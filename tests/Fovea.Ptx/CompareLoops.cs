namespace Fovea.Ptx;

/// <summary>
/// Finds the loads whose value an atomic compare-and-swap compares. Such a loop begins with a plain load that races with the swaps of
/// other threads; that is no fault, since a value that is out of date is not swapped. Those loads count as ordered by themselves.
/// </summary>
internal static class CompareLoops
{
    public static void Mark(Op[] ops)
    {
        var compared = new HashSet<int>();
        foreach (ref readonly Op op in ops.AsSpan())
            if ((op.Flags & OpFlags.Compares) != 0)
                compared.Add(op.B);
        if (compared.Count == 0)
            return;
        // Back along moves, whatever the order of execution: registers of functions are apart.
        for (int known = 0; known != compared.Count;)
        {
            known = compared.Count;
            foreach (ref readonly Op op in ops.AsSpan())
                if (op.Code == OpCode.Move && compared.Contains(op.D))
                    compared.Add(op.A);
        }
        foreach (ref Op op in ops.AsSpan())
            if (op is { Code: OpCode.LoadGlobal or OpCode.LoadShared or OpCode.LoadGeneric, Count: 1 } && compared.Contains(op.D))
                op.Flags |= OpFlags.Strong;
    }
}
