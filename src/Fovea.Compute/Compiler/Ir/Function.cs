namespace Fovea.Compute.Compiler.Ir;

/// <summary>Instructions without branches between them, and what follows.</summary>
internal sealed class Block
{
    public int Number { get; set; }

    public List<Instruction> Instructions { get; set; } = [];

    /// <summary>Where control goes: nothing for the end of the kernel, one block, or two by the condition.</summary>
    public Block[] Targets { get; private set; } = [];

    /// <summary>With two targets: the first is taken where it holds.</summary>
    public Value? Condition { get; private set; }

    public SourceLocation? Location { get; set; }

    public List<Block> Predecessors { get; } = [];

    public IEnumerable<Instruction> Phis => Instructions.TakeWhile(instruction => instruction.Opcode == Opcode.Phi);

    public void Jump(Block target) => (Targets, Condition) = ([target], null);

    public void Branch(Value condition, Block taken, Block other) => (Targets, Condition) = ([taken, other], condition);

    public void End() => (Targets, Condition) = ([], null);

    public void Retarget(Block from, Block to) => Targets = [.. Targets.Select(target => target == from ? to : target)];

    public void ReplaceCondition(Value condition) => Condition = condition;

    public override string ToString() => $"b{Number}";
}

/// <summary>An array in memory of a group or of a thread.</summary>
/// <param name="Space">Which of the two.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Name">What it holds.</param>
internal sealed record MemoryArray(AddressSpace Space, int Bytes, string Name);

/// <summary>A kernel: everything inlined, in single static assignment form.</summary>
internal sealed class Function(KernelSource source)
{
    private readonly Dictionary<(IrType, long), Constant> constants = [];

    public KernelSource Source { get; } = source;

    public List<Block> Blocks { get; set; } = [];

    public List<Parameter> Parameters { get; } = [];

    public List<MemoryArray> Arrays { get; } = [];

    public Block Entry => Blocks[0];

    public Constant Constant(IrType type, long bits)
    {
        if (type == IrType.I32 || type == IrType.F32) bits = (int)bits;
        if (!constants.TryGetValue((type, bits), out Constant? constant)) constants[(type, bits)] = constant = new Constant(type, bits);
        return constant;
    }

    public Constant Int(int value) => Constant(IrType.I32, value);

    public Constant Bool(bool value) => Constant(IrType.Bool, value ? 1 : 0);

    public Constant Float(float value) => Constant(IrType.F32, BitConverter.SingleToInt32Bits(value));

    public IEnumerable<Instruction> Instructions => Blocks.SelectMany(block => block.Instructions);

    /// <summary>Numbers blocks and instructions for listings.</summary>
    public void Renumber()
    {
        int block = 0, instruction = 0;
        foreach (Block b in Blocks)
        {
            b.Number = block++;
            foreach (Instruction i in b.Instructions) i.Number = instruction++;
        }
    }

    /// <summary>Finds each block's predecessors, and drops blocks that nothing reaches, in the order of their first visit.</summary>
    public void Link()
    {
        HashSet<Block> reached = [Entry];
        var stack = new Stack<Block>([Entry]);
        while (stack.TryPop(out Block? block))
        {
            foreach (Block target in block.Targets)
            {
                if (reached.Add(target)) stack.Push(target);
            }
        }
        Blocks = [.. Blocks.Where(reached.Contains)];
        foreach (Block block in Blocks) block.Predecessors.Clear();
        foreach (Block block in Blocks)
        {
            foreach (Block target in block.Targets) target.Predecessors.Add(block);
        }
        foreach (Instruction phi in Blocks.SelectMany(block => block.Phis))
        {
            for (int i = phi.Sources.Count - 1; i >= 0; i--)
            {
                if (reached.Contains(phi.Sources[i])) continue;
                phi.Sources.RemoveAt(i);
                phi.Operands = [.. phi.Operands[..i], .. phi.Operands[(i + 1)..]];
            }
        }
    }

    /// <summary>Replaces values everywhere.</summary>
    public void Replace(IReadOnlyDictionary<Value, Value> replacements)
    {
        if (replacements.Count == 0) return;
        foreach (Block block in Blocks)
        {
            foreach (Instruction instruction in block.Instructions)
            {
                Value[] operands = instruction.Operands;
                for (int i = 0; i < operands.Length; i++) operands[i] = Resolve(operands[i]);
            }
            if (block.Condition is { } condition) block.ReplaceCondition(Resolve(condition));
        }

        Value Resolve(Value value)
        {
            while (replacements.TryGetValue(value, out Value? other)) value = other;
            return value;
        }
    }
}
