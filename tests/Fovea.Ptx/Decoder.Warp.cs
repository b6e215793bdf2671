namespace Fovea.Ptx;

internal sealed partial class Decoder
{
    private Op DecodeFence()
    {
        if (current.Name is not ("membar.cta" or "membar.gl" or "membar.sys" or "fence.acq_rel.cta" or "fence.acq_rel.gpu" or "fence.acq_rel.sys"
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
        if (current.Name is not ("bar.sync" or "bar.cta.sync" or "barrier.sync" or "barrier.sync.aligned" or "barrier.cta.sync" or "barrier.cta.sync.aligned"))
            throw Unknown(current.Name);
        if (current.Operands.Count is not (1 or 2))
            Want(1);
        if (current.Operands[0] is Operand.Immediate { Bits: > 15 } number)
            throw Error(PtxError.OutOfBounds, $"barriers have numbers from 0 to 15, not {number.Bits}");
        return new Op
        {
            Code = OpCode.Barrier,
            Value = current.Operands[0] is Operand.Immediate ? 1 : 0,
            A = Source(current.Operands[0], PtxType.U32),
            B = current.Operands.Count == 2 ? Source(current.Operands[1], PtxType.U32) : 0,
        };
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
