using System.Reflection;
using System.Reflection.Emit;

namespace Fovea.Compute.Compiler.Il;

/// <summary>A basic block of IL.</summary>
internal sealed class IlBlock(int start)
{
    public int Start { get; } = start;

    public List<IlInstruction> Instructions { get; } = [];

    public List<IlBlock> Successors { get; } = [];

    /// <summary>Its place in reverse post-order: before all that follows it, but for the backward branches of loops.</summary>
    public int Order { get; set; } = -1;

    /// <summary>The innermost loop around it.</summary>
    public IlLoop? Loop { get; set; }
}

/// <summary>A loop: a header that dominates its blocks, and branches back to it.</summary>
internal sealed class IlLoop(IlBlock header)
{
    public IlBlock Header { get; } = header;

    public HashSet<IlBlock> Blocks { get; } = [header];

    public IlLoop? Parent { get; set; }

    /// <summary>The locals and arguments that are assigned in it; arguments as −1 − index.</summary>
    public HashSet<int> Assigned { get; } = [];
}

/// <summary>A method's body: blocks, loops, and source lines.</summary>
internal sealed class IlMethod
{
    private readonly Dictionary<int, IlBlock> blocksByStart = [];
    private readonly SourceLines lines;

    public IlMethod(MethodBase method)
    {
        Method = method;
        Body = method.GetMethodBody() ?? throw new NotSupportedException("has no IL body");
        HasExceptionHandlers = Body.ExceptionHandlingClauses.Count > 0;
        lines = SourceLines.Of(method);
        Split(IlReader.Read(Body.GetILAsByteArray()!));
        Order();
        FindLoops();
    }

    public MethodBase Method { get; }

    public MethodBody Body { get; }

    public bool HasExceptionHandlers { get; }

    /// <summary>In reverse post-order.</summary>
    public IReadOnlyList<IlBlock> Blocks { get; private set; } = [];

    public List<IlLoop> Loops { get; } = [];

    /// <summary>The IL offset of a branch into the middle of a loop, if there is one.</summary>
    public int? IrreducibleAt { get; private set; }

    public Ir.SourceLocation Location(int offset) => lines.At(offset);

    public IlBlock BlockAt(int offset) => blocksByStart[offset];

    private void Split(List<IlInstruction> instructions)
    {
        HashSet<int> starts = [0];
        foreach (IlInstruction instruction in instructions)
        {
            foreach (int target in Targets(instruction)) starts.Add(target);
            if (EndsBlock(instruction.Opcode)) starts.Add(instruction.Next);
        }
        IlBlock block = null!;
        foreach (IlInstruction instruction in instructions)
        {
            if (starts.Contains(instruction.Offset)) blocksByStart[instruction.Offset] = block = new IlBlock(instruction.Offset);
            block.Instructions.Add(instruction);
        }
        foreach (IlBlock each in blocksByStart.Values)
        {
            IlInstruction last = each.Instructions[^1];
            each.Successors.AddRange(Targets(last).Select(target => blocksByStart[target]));
            if (last.Opcode.FlowControl is not (FlowControl.Branch or FlowControl.Return or FlowControl.Throw)) each.Successors.Add(blocksByStart[last.Next]);
        }
    }

    private static int[] Targets(IlInstruction instruction) => instruction.Opcode.OperandType switch
    {
        OperandType.InlineBrTarget or OperandType.ShortInlineBrTarget => [instruction.Int32],
        OperandType.InlineSwitch => (int[])instruction.Operand!,
        _ => [],
    };

    private static bool EndsBlock(OpCode opcode) => opcode.FlowControl is FlowControl.Branch or FlowControl.Cond_Branch or FlowControl.Return or FlowControl.Throw;

    private void Order()
    {
        var order = new List<IlBlock>();
        var visited = new HashSet<IlBlock>();
        var stack = new Stack<(IlBlock Block, int Next)>();
        stack.Push((blocksByStart[0], 0));
        visited.Add(blocksByStart[0]);
        while (stack.TryPop(out (IlBlock Block, int Next) top))
        {
            if (top.Next == top.Block.Successors.Count)
            {
                order.Add(top.Block);
                continue;
            }
            stack.Push((top.Block, top.Next + 1));
            // The last successor first, so that what falls through comes early in the reversed order.
            IlBlock successor = top.Block.Successors[top.Block.Successors.Count - 1 - top.Next];
            if (visited.Add(successor)) stack.Push((successor, 0));
        }
        order.Reverse();
        Blocks = order;
        for (int i = 0; i < order.Count; i++) order[i].Order = i;
    }

    private void FindLoops()
    {
        IlBlock?[] dominators = Dominators.Of(Blocks, block => block.Successors, block => block.Order);
        var predecessors = Blocks.SelectMany(block => block.Successors.Select(successor => (block, successor))).ToLookup(edge => edge.successor, edge => edge.block);
        var loops = new Dictionary<IlBlock, IlLoop>();
        foreach (IlBlock block in Blocks)
        {
            foreach (IlBlock header in block.Successors.Where(successor => successor.Order <= block.Order))
            {
                if (!Dominates(header, block))
                {
                    IrreducibleAt = block.Instructions[^1].Offset;
                    continue;
                }
                if (!loops.TryGetValue(header, out IlLoop? loop)) loops[header] = loop = new IlLoop(header);
                var work = new Stack<IlBlock>([block]);
                while (work.TryPop(out IlBlock? member))
                {
                    if (!loop.Blocks.Add(member)) continue;
                    foreach (IlBlock predecessor in predecessors[member]) work.Push(predecessor);
                }
            }
        }
        // A loop's blocks are its own, and those of the loops inside it: the smallest that holds a block is the innermost.
        foreach (IlLoop loop in loops.Values.OrderBy(loop => loop.Blocks.Count))
        {
            Loops.Add(loop);
            foreach (IlBlock block in loop.Blocks) block.Loop ??= loop;
            loop.Parent = null;
            foreach (IlInstruction instruction in loop.Blocks.SelectMany(block => block.Instructions)) NoteAssignment(loop, instruction);
        }
        foreach (IlLoop loop in Loops) loop.Parent = Loops.Where(other => other != loop && other.Blocks.IsProperSupersetOf(loop.Blocks)).MinBy(other => other.Blocks.Count);

        bool Dominates(IlBlock a, IlBlock b)
        {
            for (IlBlock? at = b; at is not null; at = dominators[at.Order])
            {
                if (at == a) return true;
            }
            return false;
        }
    }

    private static void NoteAssignment(IlLoop loop, IlInstruction instruction)
    {
        string name = instruction.Opcode.Name!;
        if (name.StartsWith("stloc", StringComparison.Ordinal)) loop.Assigned.Add(instruction.Operand is int local ? local : name[^1] - '0');
        else if (name.StartsWith("starg", StringComparison.Ordinal)) loop.Assigned.Add(-1 - instruction.Int32);
    }
}
