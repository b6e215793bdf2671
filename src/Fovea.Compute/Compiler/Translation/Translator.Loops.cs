using Fovea.Compute.Compiler.Il;
using Fovea.Compute.Compiler.Ir;
using Fovea.Compute.Dialect;

namespace Fovea.Compute.Compiler.Translation;

/// <summary>Loops: unrolled turn by turn, or kept with phis for what changes in them.</summary>
internal sealed partial class Translator
{
    private void Loop(IlLoop loop, Dictionary<IlBlock, List<Edge>> pending)
    {
        if (decisions.MustUnroll(frame.Method, loop)) Unroll(loop, pending);
        else Keep(loop, pending);
    }

    private void Unroll(IlLoop loop, Dictionary<IlBlock, List<Edge>> pending)
    {
        SourceLocation where = frame.Method.Location(loop.Header.Start);
        int turns = 0;
        while (pending.ContainsKey(loop.Header))
        {
            int known = knownExits;
            var latches = new List<Edge>();
            Region(loop, pending, latches);
            if (latches.Count == 0) break;
            // A turn must decide for itself whether another one follows.
            if (known == knownExits || ++turns > MostTurns || function.Blocks.Sum(block => block.Instructions.Count) > MostInstructions)
            {
                if (frame.Method.Method.IsDefined(typeof(UnrollAttribute), false))
                {
                    throw Refusal.Of(source, Describe(frame.Method.Method), where, turns > MostTurns ? $"a loop of an [Unroll] method has more than {MostTurns} turns" : "how often a loop of an [Unroll] method turns is not known while compiling",
                        "Loop over constants, over sizes that type parameters or [Constant] parameters give, or take [Unroll] away.");
                }
                decisions.Keep(frame.Method, loop);
                throw new RestartException();
            }
            pending[loop.Header] = latches;
        }
    }

    /// <summary>
    /// Translates a loop as a loop. Which values change in it is not known before: what its IL assigns is taken to, and when a turn
    /// changes more than that, it is translated again.
    /// </summary>
    private void Keep(IlLoop loop, Dictionary<IlBlock, List<Edge>> pending)
    {
        Enter(pending[loop.Header]);
        pending.Remove(loop.Header);
        Block before = builder.Block;
        State entry = state;
        var changing = new HashSet<(Slot, int)>();
        foreach (int assigned in loop.Assigned)
        {
            Slot slot = assigned >= 0 ? frame.Locals[assigned] : frame.Arguments[-1 - assigned];
            if (!entry.Slots.TryGetValue(slot, out Symbol? symbol)) continue;
            for (int i = Leaves.Of(symbol).Count() - 1; i >= 0; i--) changing.Add((slot, i));
        }
        var lost = new HashSet<Slot>();
        Checkpoint checkpoint = Save(pending, before);
        while (true)
        {
            var open = new OpenLoop(loop, frame.Method);
            Block header = NewBlock();
            var phis = new Dictionary<(Slot, int), Instruction>();
            State head = Head(entry, before, header, changing, lost, phis, open);
            before.Jump(header);
            (builder.Block, state) = (header, head.Clone());
            pending[loop.Header] = [new Edge(header, state)];
            var latches = new List<Edge>();
            openLoops.Push(open);
            Region(loop, pending, latches);
            openLoops.Pop();
            if (latches.Count == 0 || Close(latches, head, header, changing, lost, phis)) return;
            Restore(checkpoint, pending, before);
        }
    }

    /// <summary>The state at a loop's head: phis for what changes.</summary>
    private State Head(State entry, Block before, Block header, HashSet<(Slot, int)> changing, HashSet<Slot> lost, Dictionary<(Slot, int), Instruction> phis, OpenLoop open)
    {
        var head = new State();
        head.Stack.AddRange(entry.Stack);
        foreach ((Slot slot, Symbol symbol) in entry.Slots)
        {
            if (lost.Contains(slot))
            {
                head.Slots[slot] = LostSymbol.Instance;
                continue;
            }
            int index = 0;
            head.Slots[slot] = Leaves.Join([symbol], leaves =>
            {
                (Slot, int) key = (slot, index++);
                if (!changing.Contains(key)) return leaves[0];
                builder.Block = before;
                Value first = WithOffset(leaves[0]);
                var phi = new Instruction(Opcode.Phi, first.Type) { Block = header, Location = builder.Location, Loop = open };
                phi.AddSource(before, first);
                header.Instructions.Add(phi);
                phis[key] = phi;
                return new Leaf(phi);
            })!;
        }
        return head;
    }

    /// <summary>Leads the last turn's values back to the head; false if more changes than was thought.</summary>
    private bool Close(List<Edge> latches, State head, Block header, HashSet<(Slot, int)> changing, HashSet<Slot> lost, Dictionary<(Slot, int), Instruction> phis)
    {
        Enter(latches);
        bool closed = true;
        foreach ((Slot slot, Symbol first) in head.Slots)
        {
            if (first is LostSymbol) continue;
            if (!state.Slots.TryGetValue(slot, out Symbol? last))
            {
                lost.Add(slot);
                closed = false;
                continue;
            }
            int index = 0;
            Symbol? joined = Leaves.Join([first, last], leaves =>
            {
                (Slot, int) key = (slot, index++);
                if (phis.TryGetValue(key, out Instruction? phi))
                {
                    Value value = leaves[1].Value.Type.IsPointer ? WithOffset(leaves[1]) : phi.Type == IrType.Bool ? builder.Truth(leaves[1].Value) : builder.Number(leaves[1].Value);
                    phi.AddSource(builder.Block, value);
                }
                else if (leaves[0] != leaves[1])
                {
                    changing.Add(key);
                    closed = false;
                }
                return leaves[0];
            });
            if (joined is not null) continue;
            lost.Add(slot);
            closed = false;
        }
        builder.Block.Jump(header);
        return closed;
    }

    /// <summary>
    /// An index into an array of registers that is not known. If it depends on loops that may unroll, they will; if not, the array
    /// stays in memory. Either way the translation begins again.
    /// </summary>
    private RestartException IndexIsNotKnown(RegisterArray array, Value index)
    {
        var seen = new HashSet<Value>();
        var work = new Stack<Value>([index]);
        bool unroll = false;
        while (work.TryPop(out Value? value))
        {
            if (value is not Instruction instruction || !seen.Add(value)) continue;
            foreach (Value operand in instruction.Operands) work.Push(operand);
            if (instruction.Loop is not OpenLoop open || !openLoops.Contains(open) || !decisions.MayUnroll(open.Method, open.Loop)) continue;
            decisions.Unroll(open.Method, open.Loop);
            unroll = true;
        }
        if (!unroll) decisions.InMemory.Add(array.Site);
        return new RestartException();
    }

    private Checkpoint Save(Dictionary<IlBlock, List<Edge>> pending, Block before) => new(
        function.Blocks.Count, before.Instructions.Count, frame.Returns.Count, pending.ToDictionary(entry => entry.Key, entry => entry.Value.ToList()), builder.Location);

    private void Restore(Checkpoint checkpoint, Dictionary<IlBlock, List<Edge>> pending, Block before)
    {
        function.Blocks.RemoveRange(checkpoint.Blocks, function.Blocks.Count - checkpoint.Blocks);
        before.Instructions.RemoveRange(checkpoint.Instructions, before.Instructions.Count - checkpoint.Instructions);
        frame.Returns.RemoveRange(checkpoint.Returns, frame.Returns.Count - checkpoint.Returns);
        pending.Clear();
        foreach ((IlBlock block, List<Edge> edges) in checkpoint.Pending) pending[block] = [.. edges];
        builder.Location = checkpoint.Location;
    }

    private sealed record OpenLoop(IlLoop Loop, IlMethod Method)
    {
        public bool Equals(OpenLoop? other) => ReferenceEquals(this, other);

        public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
    }

    private sealed record Checkpoint(int Blocks, int Instructions, int Returns, Dictionary<IlBlock, List<Edge>> Pending, SourceLocation? Location);
}
