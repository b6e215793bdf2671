using System.Collections;

namespace Fovea.Ptx;

/// <summary>
/// Finds the reads that some path reaches without a write before it, so that only those are looked at while the kernel runs.
/// </summary>
internal static class DefiniteAssignment
{
    /// <summary>Sets the flags of the instructions concerned, and gives the slots that need no watching; empty if none needs it.</summary>
    public static bool[] Mark(Op[] ops, int[] functions, int[][] reads, int[][] writes, List<string?> names)
    {
        bool[] starts = new bool[ops.Length + 1];
        foreach (int start in functions)
            starts[start] = true;
        for (int i = 0; i < ops.Length; i++)
        {
            if (IsBranch(ops[i]))
                starts[ops[i].Target] = starts[i + 1] = true;
            if (ops[i].Code == OpCode.BranchTable)
                foreach (int target in ops[i].Slots!)
                    starts[target] = true;
            if (Ends(ops[i]))
                starts[i + 1] = true;
        }
        // What is certainly written when a block begins; null until a path has come there.
        var known = new BitArray?[ops.Length + 1];
        foreach (int start in functions)
            known[start] = new BitArray(names.Count);
        var work = new Queue<int>(functions);
        while (work.TryDequeue(out int at))
        {
            var state = new BitArray(known[at]!);
            while (true)
            {
                Op op = ops[at];
                if (IsBranch(op))
                    Flow(op.Target);
                if (op.Code == OpCode.BranchTable)
                    foreach (int target in op.Slots!)
                        Flow(target);
                bool guarded = (op.Flags & OpFlags.Guarded) != 0;
                if (op.Code == OpCode.Branch || Ends(op) && !guarded)
                    break;
                if (!guarded)
                    foreach (int slot in writes[at])
                        state[slot] = true;
                at++;
                if (starts[at])
                {
                    Flow(at);
                    break;
                }
            }

            void Flow(int to)
            {
                if (known[to] is { } old)
                {
                    BitArray both = new BitArray(old).And(state);
                    if (!both.Xor(old).HasAnySet())
                        return;
                    old.And(state);
                }
                else
                    known[to] = new BitArray(state);
                if (!work.Contains(to))
                    work.Enqueue(to);
            }
        }

        var watched = new BitArray(names.Count);
        BitArray? now = null;
        for (int i = 0; i < ops.Length; i++)
        {
            if (starts[i])
                now = known[i] is { } begin ? new BitArray(begin) : null;
            foreach (int slot in reads[i])
            {
                if (now is null || now[slot])
                    continue;
                watched[slot] = true;
                ops[i].Flags |= OpFlags.CheckSources;
            }
            if (now is not null && (ops[i].Flags & OpFlags.Guarded) == 0)
                foreach (int slot in writes[i])
                    now[slot] = true;
        }
        for (int i = 0; i < ops.Length; i++)
            if (writes[i].Any(slot => watched[slot]))
                ops[i].Flags |= OpFlags.MarkResults;
        if (!watched.HasAnySet())
            return [];
        var certain = new bool[names.Count];
        watched.Not().CopyTo(certain, 0);
        return certain;
    }

    private static bool Ends(in Op op) => op.Code is OpCode.Exit or OpCode.Trap or OpCode.Return or OpCode.BranchTable;

    private static bool IsBranch(in Op op) => op.Code is OpCode.Branch or OpCode.BranchIf or OpCode.BranchUnless;
}
