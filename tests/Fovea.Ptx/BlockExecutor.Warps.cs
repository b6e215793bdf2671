using System.Numerics;

namespace Fovea.Ptx;

/// <summary>What the lanes of a warp do together.</summary>
internal sealed partial class BlockExecutor
{
    /// <summary>Executes what all its lanes have come to; says whether anything was executed.</summary>
    private bool Converge(int warp)
    {
        int first = warp * 32, end = Math.Min(first + 32, threads);
        bool progress = false;
        for (int t = first; t < end; t++)
        {
            if (states[t] != State.Warp)
                continue;
            ref readonly Op op = ref code.Ops[counters[t]];
            var mask = (uint)Slot(t, op.A);
            if ((mask >> (t - first) & 1) == 0)
                throw Fault(t, PtxError.DivergentWarp, $"lane {t - first} is not in its own mask 0x{mask:x8}");
            uint present = 0;
            bool all = true;
            for (int u = first; u < end; u++)
            {
                if ((mask >> (u - first) & 1) == 0 || states[u] == State.Exited)
                    continue;
                present |= 1u << (u - first);
                all &= states[u] == State.Warp && counters[u] == counters[t] && (uint)Slot(u, op.A) == mask;
            }
            if (!all)
                continue;
            Together(op, first, present);
            if (op.Warp == WarpCode.Sync
                && (int)BitOperations.PopCount(present) == states.AsSpan(first, end - first).ToArray().Count(s => s != State.Exited))
                warpClocks[warp] = Tick(t);
            for (uint lanes = present; lanes != 0; lanes &= lanes - 1)
            {
                int u = first + BitOperations.TrailingZeroCount(lanes);
                counters[u]++;
                states[u] = State.Ready;
            }
            progress = true;
        }
        return progress;
    }

    private void Together(in Op op, int first, uint lanes)
    {
        if (op.Warp == WarpCode.Sync)
            return;
        if (op.Warp == WarpCode.LoadMatrix)
        {
            LoadMatrices(op, first, lanes);
            return;
        }
        if (op.Warp == WarpCode.MultiplyTf32)
        {
            MultiplyTf32(op, first, lanes);
            return;
        }
        Span<ulong> values = stackalloc ulong[32];
        uint votes = 0;
        for (uint rest = lanes; rest != 0; rest &= rest - 1)
        {
            int lane = BitOperations.TrailingZeroCount(rest);
            values[lane] = Slot(first + lane, op.B);
            votes |= (values[lane] != 0 != op.SecondNegated ? 1u : 0u) << lane;
        }
        ulong reduced = 0;
        if (op.Warp == WarpCode.Reduce)
        {
            reduced = values[BitOperations.TrailingZeroCount(lanes)];
            for (uint rest = lanes & (lanes - 1); rest != 0; rest &= rest - 1)
                reduced = op.Compute!(reduced, values[BitOperations.TrailingZeroCount(rest)], 0);
        }
        // Where results go may be where other operands of the same lane lie: all of them are read first.
        for (uint rest = lanes; rest != 0; rest &= rest - 1)
        {
            int lane = BitOperations.TrailingZeroCount(rest), t = first + lane;
            bool inRange = true;
            ulong result = op.Warp switch
            {
                WarpCode.VoteAll => votes == lanes ? 1u : 0,
                WarpCode.VoteAny => votes != 0 ? 1u : 0,
                WarpCode.VoteUniform => votes == 0 || votes == lanes ? 1u : 0,
                WarpCode.Ballot => votes,
                WarpCode.Reduce => reduced,
                _ => values[Source(op, t, lane, lanes, out inRange)],
            };
            registers[t * slots + op.D] = result;
            if (op.C >= 0)
                registers[t * slots + op.C] = inRange ? 1u : 0u;
        }
    }

    /// <summary>The lane that a shuffle reads, as the PTX manual's pseudo-code has it.</summary>
    private int Source(in Op op, int t, int lane, uint lanes, out bool inRange)
    {
        int b = (int)(Slot(t, op.Slots![0]) & 31), c = (int)Slot(t, op.Slots[1]);
        int clamp = c & 31, segment = c >> 8 & 31;
        int last = lane & segment | clamp & ~segment, start = lane & segment;
        int from = op.Warp switch
        {
            WarpCode.ShuffleUp => lane - b,
            WarpCode.ShuffleDown => lane + b,
            WarpCode.ShuffleButterfly => lane ^ b,
            _ => start | b & ~segment,
        };
        inRange = op.Warp == WarpCode.ShuffleUp ? from >= last : from <= last;
        if (!inRange)
            from = lane;
        if ((lanes >> from & 1) == 0)
            throw Fault(t, PtxError.DivergentWarp, $"lane {lane} reads lane {from}, which takes no part");
        return from;
    }

    private PtxException StuckWarp(int t)
    {
        ref readonly Op op = ref code.Ops[counters[t]];
        int first = t & ~31;
        var mask = (uint)Slot(t, op.A);
        for (int lane = 0; lane < 32 && first + lane < threads; lane++)
        {
            int u = first + lane;
            if ((mask >> lane & 1) != 0 && states[u] != State.Exited && (counters[u] != counters[t] || (uint)Slot(u, op.A) != mask))
                return Fault(t, PtxError.DivergentWarp,
                    $"mask 0x{mask:x8} names lane {lane}, which waits at line {code.Lines[counters[u]]}");
        }
        return Fault(t, PtxError.DivergentWarp, $"mask 0x{mask:x8} is never met");
    }
}
