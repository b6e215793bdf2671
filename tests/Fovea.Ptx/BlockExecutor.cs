namespace Fovea.Ptx;

/// <summary>
/// Runs blocks of one launch, one after the other. Threads take turns, each until it waits; this part knows who waits for whom.
/// </summary>
internal sealed partial class BlockExecutor
{
    private const int Slice = 1 << 16;

    private enum State : byte
    {
        Ready,
        Barrier,
        Warp,
        Exited,
    }

    private readonly PtxMachine machine;
    private readonly PtxOptions options;
    private readonly PtxEntry entry;
    private readonly PtxCode code;
    private readonly Dim grid, group;
    private readonly byte[] parameters;
    private readonly uint firstBlock;
    private readonly int dynamicShared;
    private readonly int threads, warps, slots;
    private readonly ulong[] registers;
    private readonly bool[] written;
    private readonly State[] states;
    private readonly int[] counters;
    private readonly long[] spent;
    private readonly int[] warpClocks;
    private readonly int[] everyone;
    private int clock, blockClock;
    private long block;
    private int thread;
    private Actor global, shared;

    public BlockExecutor(PtxMachine machine, PtxEntry entry, Dim grid, Dim group, int dynamicShared, byte[] parameters, uint firstBlock)
    {
        this.machine = machine;
        options = machine.Options;
        this.entry = entry;
        code = entry.Code;
        (this.grid, this.group, this.dynamicShared, this.parameters, this.firstBlock) =
            (grid, group, dynamicShared, parameters, firstBlock);
        threads = (int)group.Count;
        warps = (threads + 31) / 32;
        slots = code.Row.Length;
        registers = new ulong[threads * slots];
        written = new bool[code.Certain.Length * threads];
        states = new State[threads];
        counters = new int[threads];
        frames = new Stack<Frame>?[threads];
        copies = new List<PendingCopy>?[threads];
        copyGroups = new int[threads];
        everyone = [.. Enumerable.Range(0, threads)];
        spent = new long[threads];
        warpClocks = new int[warps];
        buffers = new Allocation?[code.Ops.Length];
        PrepareArrays();
    }

    public long Executed { get; private set; }

    public void Run(long linearBlock)
    {
        block = linearBlock;
        Begin();
        while (true)
        {
            bool ready = false;
            for (int warp = 0; warp < warps; warp++)
                ready |= RunWarp(warp);
            if (!ready && !PassBarriers())
                return;
        }
    }

    private void Begin()
    {
        ulong sequence = (ulong)(firstBlock + block) << Shadow.BlockShift;
        clock = blockClock = 0;
        Array.Clear(warpClocks);
        global.Floor = options.CheckRaces ? (ulong)firstBlock << Shadow.BlockShift : ulong.MaxValue;
        global.Initialised = options.CheckUninitialised ? Shadow.HostMark : 0;
        shared.Floor = options.CheckRaces ? sequence : ulong.MaxValue;
        shared.Initialised = options.CheckUninitialised ? sequence : 0;
        Array.Clear(states);
        Array.Clear(counters);
        Array.Clear(spent);
        foreach (Stack<Frame>? frame in frames)
            frame?.Clear();
        foreach (List<PendingCopy>? copy in copies)
            copy?.Clear();
        ClearArrays();
        Dim position = Dim.At(block, grid);
        for (int t = 0; t < threads; t++)
        {
            Span<ulong> row = registers.AsSpan(t * slots, slots);
            code.Row.CopyTo(row);
            code.Certain.CopyTo(written.AsSpan(t * code.Certain.Length));
            Dim own = Dim.At(t, group);
            foreach ((int slot, string name) in code.Specials)
                row[slot] = SpecialRegisters.Value(name, own, group, position, grid, t, dynamicShared,
                    dynamicShared + entry.StaticSharedBytes);
        }
    }

    /// <summary>Gives every thread of a warp that can run a turn; says whether one still can.</summary>
    private bool RunWarp(int warp)
    {
        int first = warp * 32, end = Math.Min(first + 32, threads);
        ulong barrierFloor = (ulong)(firstBlock + block) << Shadow.BlockShift | (ulong)(uint)blockClock << Shadow.ClockShift;
        global.BarrierFloor = shared.BarrierFloor = barrierFloor;
        bool ready = false;
        do
        {
            ready = false;
            for (thread = first; thread < end; thread++)
            {
                if (states[thread] != State.Ready)
                    continue;
                Touch(thread);
                RunThread();
                ready |= states[thread] == State.Ready;
            }
        }
        while (Converge(warp) && !ready);
        for (int t = first; t < end && !ready; t++)
            ready = states[t] == State.Ready;
        return ready;
    }

    /// <summary>Says who touches memory from now on.</summary>
    private void Touch(int t) => shared.Tag = global.Tag = (ulong)(firstBlock + block) << Shadow.BlockShift
        | (ulong)(uint)warpClocks[t >> 5] << Shadow.ClockShift | (uint)t;

    /// <summary>Called when no thread can run: opens the barriers; false if all threads have left.</summary>
    private bool PassBarriers()
    {
        int stuck = Array.IndexOf(states, State.Warp);
        if (stuck >= 0)
            throw StuckWarp(stuck);
        int waiting = Array.IndexOf(states, State.Barrier);
        if (waiting < 0)
            return false;
        ref readonly Op here = ref code.Ops[counters[waiting]];
        bool opened = here is { B: 0, Value: 1 } && !states.AsSpan().ContainsAnyExcept(State.Barrier)
            && !counters.AsSpan().ContainsAnyExcept(counters[waiting]);
        if (opened)
            Release(everyone);
        var seen = new HashSet<ulong>();
        for (int t = 0; t < threads; t++)
        {
            if (states[t] != State.Barrier)
                continue;
            ref readonly Op op = ref code.Ops[counters[t]];
            ulong number = Slot(t, op.A), count = op.B == 0 ? 0 : Slot(t, op.B);
            if (number > 15 || count % 32 != 0 || count > (ulong)warps * 32)
                throw Fault(t, PtxError.OutOfBounds, $"barrier {number} for {count} threads");
            if (!seen.Add(number))
                continue;
            int[] arrived = [.. Enumerable.Range(t, threads - t)
                .Where(u => states[u] == State.Barrier && Slot(u, code.Ops[counters[u]].A) == number)];
            foreach (int u in arrived)
                if (counters[u] != counters[t])
                    throw Fault(t, PtxError.DivergentBarrier,
                        $"thread {Dim.At(u, group)} waits at another barrier, line {code.Lines[counters[u]]}");
            if (count == 0 ? arrived.Length < threads : arrived.Length < (int)count && arrived.Length < threads)
                continue;
            opened = true;
            Release(arrived);
        }
        if (!opened)
        {
            int other = Array.FindIndex(states, s => s == State.Exited);
            throw other >= 0
                ? Fault(waiting, PtxError.DivergentBarrier, $"thread {Dim.At(other, group)} has left, this one waits at a barrier")
                : Fault(waiting, PtxError.DivergentBarrier, "not all threads came to this barrier");
        }
        blockClock = Tick(waiting);
        Array.Fill(warpClocks, blockClock);
        return true;
    }

    private void Release(int[] arrived)
    {
        ref readonly Op op = ref code.Ops[counters[arrived[0]]];
        if (op.Warp != WarpCode.Sync)
            CountVotes(op, arrived);
        foreach (int t in arrived)
        {
            states[t] = State.Ready;
            counters[t]++;
        }
    }

    private void CountVotes(in Op op, int[] arrived)
    {
        int votes = 0;
        foreach (int t in arrived)
            votes += Slot(t, op.C) != 0 != op.SecondNegated ? 1 : 0;
        int result = op.Warp switch
        {
            WarpCode.VoteAll => votes == arrived.Length ? 1 : 0,
            WarpCode.VoteAny => votes > 0 ? 1 : 0,
            _ => votes,
        };
        foreach (int t in arrived)
            registers[t * slots + op.D] = (ulong)result;
    }

    private int Tick(int t) => ++clock < Shadow.ClockLimit
        ? clock : throw Fault(t, PtxError.Budget, $"more than {clock} barriers in one block");

    private ulong Slot(int t, int slot) => registers[t * slots + slot];

    private PtxException Fault(int t, PtxError error, string what)
    {
        int line = code.Lines[counters[t]];
        return new PtxException(error, what, entry.Name, line, entry.Source[line - 1].Trim(), Dim.At(block, grid), Dim.At(t, group));
    }
}
