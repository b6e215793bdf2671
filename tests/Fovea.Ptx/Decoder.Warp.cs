namespace Fovea.Ptx;

internal sealed partial class Decoder
{
    private Op DecodeFence()
    {
        if (current.Name is not ("membar.cta" or "membar.gl" or "membar.sys" or "fence.acq_rel.cta" or "fence.acq_rel.gpu"
            or "fence.acq_rel.sys"
            or "fence.sc.cta" or "fence.sc.gpu" or "fence.sc.sys"))
            throw Unknown(current.Name);
        Want(0);
        return new Op { Code = OpCode.Nothing };
    }

    private Op DecodeBarrier()
    {
        if (current.Name == "bar.warp.sync")
        {
            Want(1);
            return new Op { Code = OpCode.Warp, Warp = WarpCode.Sync, A = Source(current.Operands[0], PtxType.B32) };
        }
        if (current.Name is "bar.red.popc.u32" or "bar.red.and.pred" or "bar.red.or.pred")
            return DecodeBarrierVote();
        if (current.Name is not ("bar.sync" or "bar.cta.sync" or "barrier.sync" or "barrier.sync.aligned" or "barrier.cta.sync"
            or "barrier.cta.sync.aligned"))
            throw Unknown(current.Name);
        if (current.Operands.Count is not (1 or 2))
            Want(1);
        return Barrier(current.Operands[0], current.Operands.Count == 2 ? current.Operands[1] : null);
    }

    private Op Barrier(Operand name, Operand? count)
    {
        if (name is Operand.Immediate { Bits: > 15 } number)
            throw Error(PtxError.OutOfBounds, $"barriers have numbers from 0 to 15, not {number.Bits}");
        return new Op
        {
            Code = OpCode.Barrier,
            Value = name is Operand.Immediate ? 1 : 0,
            A = Source(name, PtxType.U32),
            B = count is null ? 0 : Source(count, PtxType.U32),
        };
    }

    private Op DecodeBarrierVote()
    {
        if (current.Operands.Count is not (3 or 4))
            Want(3);
        Op op = Barrier(current.Operands[1], current.Operands.Count == 4 ? current.Operands[2] : null);
        Operand vote = current.Operands[^1];
        op.SecondNegated = vote is Operand.Not;
        op.C = Source(vote is Operand.Not not ? not.Value : vote, PtxType.Predicate);
        op.Warp = current.Name switch
        {
            "bar.red.popc.u32" => WarpCode.Ballot,
            "bar.red.and.pred" => WarpCode.VoteAll,
            _ => WarpCode.VoteAny,
        };
        Result(ref op, current.Operands[0], op.Warp == WarpCode.Ballot ? PtxType.U32 : PtxType.Predicate);
        return op;
    }

    private Op DecodeWarp(string[] parts)
    {
        var op = new Op { Code = OpCode.Warp, C = -1 };
        if (parts is ["shfl", "sync", "idx" or "up" or "down" or "bfly", "b32"])
        {
            Want(5);
            op.Warp = parts[2] switch
            {
                "idx" => WarpCode.ShuffleIndex,
                "up" => WarpCode.ShuffleUp,
                "down" => WarpCode.ShuffleDown,
                _ => WarpCode.ShuffleButterfly,
            };
            op.A = Source(current.Operands[4], PtxType.U32);
            op.B = Source(current.Operands[1], PtxType.B32);
            op.Slots = [Source(current.Operands[2], PtxType.U32), Source(current.Operands[3], PtxType.U32)];
            Operand result = current.Operands[0];
            if (result is Operand.Pair pair)
            {
                result = pair.First;
                ResultSlot(pair.Second, PtxType.Predicate, wider: false, out op.C);
            }
            Result(ref op, result, PtxType.B32);
            return op;
        }
        if (parts is ["vote", "sync", "all" or "any" or "uni", "pred"] or ["vote", "sync", "ballot", "b32"])
        {
            Want(3);
            op.Warp = parts[2] switch
            {
                "all" => WarpCode.VoteAll,
                "any" => WarpCode.VoteAny,
                "uni" => WarpCode.VoteUniform,
                _ => WarpCode.Ballot,
            };
            Operand vote = current.Operands[1];
            op.SecondNegated = vote is Operand.Not;
            op.B = Source(vote is Operand.Not not ? not.Value : vote, PtxType.Predicate);
            op.A = Source(current.Operands[2], PtxType.U32);
            Result(ref op, current.Operands[0], op.Warp == WarpCode.Ballot ? PtxType.B32 : PtxType.Predicate);
            return op;
        }
        if (parts is ["redux", "sync", "add" or "min" or "max", "u32" or "s32"] or ["redux", "sync", "and" or "or" or "xor", "b32"])
        {
            Want(3);
            PureOp combine = PureOps.Find($"{parts[2]}.{parts[3]}")!;
            op.Warp = WarpCode.Reduce;
            op.Compute = combine.Compute;
            op.B = Source(current.Operands[1], combine.Result);
            op.A = Source(current.Operands[2], PtxType.U32);
            Result(ref op, current.Operands[0], combine.Result);
            return op;
        }
        throw Unknown(parts[0]);
    }
}
