using ILGPU.IR;
using ILGPU.IR.Analyses;
using ILGPU.IR.Analyses.ControlFlowDirection;
using ILGPU.IR.Analyses.TraversalOrders;
using ILGPU.IR.Transformations;
using ILGPU.IR.Values;

namespace Fovea.Gpu.Devices.Compilation;

/// <summary>
/// Gives every loop an exit block that no other block reaches. ILGPU's unrolling drops the phis of an exit that is reached from
/// elsewhere too (ILGPU issue 1330), such as that of a loop behind a condition.
/// </summary>
internal sealed class DedicatedExits : UnorderedTransformation
{
    /// <inheritdoc/>
    protected override bool PerformTransformation(Method.Builder builder)
    {
        Loops<ReversePostOrder, Forwards> loops = builder.SourceBlocks.CreateCFG().CreateLoops();
        builder.AcceptControlFlowUpdates(accept: true);
        var edges = new List<(BasicBlock From, BasicBlock Exit)>();
        loops.ProcessLoops(new ExitEdges(edges));
        bool changed = false;
        foreach ((BasicBlock from, BasicBlock exit) in edges)
        {
            if (exit.Predecessors.Length < 2) continue;
            Split(builder, from, exit);
            changed = true;
        }
        return changed;
    }

    private static void Split(Method.Builder builder, BasicBlock from, BasicBlock exit)
    {
        BasicBlock.Builder between = builder.CreateBasicBlock(exit.Location);
        between.CreateBranch(exit.Location, exit);
        from.Terminator!.RemapTargets(builder, new Redirection(exit, between.BasicBlock));
        var phis = new List<PhiValue>();
        foreach (Value value in exit)
        {
            if (value is PhiValue phi) phis.Add(phi);
        }
        foreach (PhiValue phi in phis) phi.RemapArguments(builder, new Redirection(from, between.BasicBlock));
    }

    private readonly struct ExitEdges(List<(BasicBlock From, BasicBlock Exit)> edges) : Loops<ReversePostOrder, Forwards>.ILoopProcessor
    {
        public void Process(Loops<ReversePostOrder, Forwards>.Node loop)
        {
            if (loop.Breakers.Length == 1 && loop.Exits.Length == 1) edges.Add((loop.Breakers[0], loop.Exits[0]));
        }
    }

    private readonly struct Redirection(BasicBlock from, BasicBlock to) : TerminatorValue.ITargetRemapper, PhiValue.IArgumentRemapper
    {
        public bool CanRemap(in ReadOnlySpan<BasicBlock> blocks)
        {
            foreach (BasicBlock block in blocks)
            {
                if (block == from) return true;
            }
            return false;
        }

        public BasicBlock Remap(BasicBlock block) => block == from ? to : block;

        public bool CanRemap(PhiValue phi) => CanRemap(phi.Sources);

        public bool TryRemap(PhiValue phi, BasicBlock block, out BasicBlock newBlock)
        {
            newBlock = Remap(block);
            return true;
        }

        public Value RemapValue(PhiValue phi, BasicBlock updatedBlock, Value value) => value;
    }
}
