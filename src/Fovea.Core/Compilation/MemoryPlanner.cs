using System.Globalization;
using System.Text;
using Fovea.Graph;

namespace Fovea.Compilation;

/// <summary>Where a block of the arena lies, and during which steps it is in use.</summary>
internal sealed class ArenaBlock(string label, int start, long bytes)
{
    public string Label { get; } = label;

    public int Start { get; } = start;

    public int End { get; set; } = start;

    public long Bytes { get; } = bytes;

    public long Offset { get; set; }
}

/// <summary>
/// Which memory each value of a program uses: values whose lives do not overlap share it. Parameters and other variables have
/// memory of their own and do not count.
/// </summary>
public sealed class MemoryPlan
{
    internal const long Alignment = 64;

    private readonly IReadOnlyList<string> steps;

    internal MemoryPlan(IReadOnlyDictionary<Value, ArenaBlock> values, IReadOnlyList<ArenaBlock?> workspaces, IReadOnlyList<string> steps,
        long total, long variables)
    {
        (Values, Workspaces, this.steps) = (values, workspaces, steps);
        Blocks = [.. values.Values.Concat(workspaces.OfType<ArenaBlock>()).Distinct()];
        PeakBytes = Blocks.Count == 0 ? 0 : Blocks.Max(block => block.Offset + block.Bytes);
        TotalBytes = total;
        VariableBytes = variables;
    }

    /// <summary>The size of the arena: the most memory that a run uses at once besides the variables.</summary>
    public long PeakBytes { get; }

    /// <summary>What the same run would use if every tensor and workspace had memory of its own.</summary>
    public long TotalBytes { get; }

    /// <summary>The size of the variables that the program reads or updates.</summary>
    public long VariableBytes { get; }

    internal IReadOnlyDictionary<Value, ArenaBlock> Values { get; }

    internal IReadOnlyList<ArenaBlock?> Workspaces { get; }

    internal IReadOnlyList<ArenaBlock> Blocks { get; }

    /// <summary>The largest blocks, to see what a network's memory goes to.</summary>
    /// <param name="count">How many.</param>
    public IEnumerable<(string Label, long Bytes)> Largest(int count) =>
        Blocks.OrderByDescending(block => block.Bytes).Take(count).Select(block => (block.Label, block.Bytes));

    /// <summary>A report: the steps with the sizes of their results, the peak, and what sharing saved.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        for (int i = 0; i < steps.Count; i++) text.AppendLine(CultureInfo.InvariantCulture, $"{i,4}  {steps[i]}");
        double saved = TotalBytes == 0 ? 0 : 1 - ((double)PeakBytes / TotalBytes);
        text.AppendLine(
            CultureInfo.InvariantCulture,
            $"arena {Size(PeakBytes)} in {Blocks.Count} blocks, {Size(TotalBytes)} without sharing ({saved:P0} saved); "
            + $"variables {Size(VariableBytes)}");
        return text.ToString();
    }

    internal static string Size(long bytes) => bytes switch
    {
        >= 1L << 30 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1 << 30):0.00} GiB"),
        >= 1 << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1 << 20):0.0} MiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:0.0} KiB"),
    };
}

/// <summary>Plans a program's memory from the lives of its values.</summary>
internal static class MemoryPlanner
{
    /// <param name="program">What will run.</param>
    /// <param name="steps">The nodes that become steps, in order.</param>
    /// <param name="workspaceBytes">The scratch memory of each step.</param>
    public static MemoryPlan Plan(Program program, IReadOnlyList<Node> steps, IReadOnlyList<long> workspaceBytes)
    {
        // Views share their input's block; what follows speaks of blocks by their first value.
        var roots = new Dictionary<Value, Value>();
        Value Root(Value value) => roots.TryGetValue(value, out Value? root) ? root : value;
        foreach (Node node in program.Nodes.Where(node => node.Op.IsView)) roots[node.Outputs[0]] = Root(node.Inputs[0]);

        var lastUse = new Dictionary<Value, int>();
        for (int i = 0; i < steps.Count; i++)
        {
            foreach (Value input in steps[i].Inputs) lastUse[Root(input)] = i;
        }
        foreach (Value fetch in program.Fetches) lastUse[Root(fetch)] = steps.Count;

        var blocks = new Dictionary<Value, ArenaBlock>();
        long total = 0;
        foreach (Node node in program.Nodes.Where(node => node.Op is Ops.InputOp)) Open(node, -1);
        for (int i = 0; i < steps.Count; i++)
        {
            Node node = steps[i];
            if (Overwritten(node, i) is { } reused)
            {
                blocks[node.Outputs[0]] = blocks[reused];
                blocks[reused].End = Math.Max(i, lastUse.GetValueOrDefault(node.Outputs[0], i));
                total += Align(node.Outputs[0].Spec.Bytes);
                continue;
            }
            Open(node, i);
        }

        ArenaBlock?[] workspaces = [.. workspaceBytes.Select(
            (bytes, i) => bytes == 0 ? null : new ArenaBlock($"workspace of {Describe(steps[i])}", i, Align(bytes)))];
        Place([.. blocks.Values.Concat(workspaces.OfType<ArenaBlock>()).Distinct()]);
        foreach ((Value view, Value root) in roots)
        {
            if (blocks.TryGetValue(root, out ArenaBlock? block)) blocks[view] = block;
        }
        long variables = program.Nodes.Select(node => node.Op).OfType<Ops.VariableOp>().Sum(op => op.Variable.Shape.Count * sizeof(float));
        string[] lines = [.. steps.Select((node, i) => Line(node, workspaceBytes[i]))];
        return new MemoryPlan(blocks, workspaces, lines, total + workspaceBytes.Sum(Align), variables);

        void Open(Node node, int step)
        {
            foreach (Value output in node.Outputs)
            {
                blocks[output] = new ArenaBlock(Describe(node), step,
                    Align(output.Spec.Bytes))
                { End = Math.Max(step, lastUse.GetValueOrDefault(output, step)) };
                total += Align(output.Spec.Bytes);
            }
        }

        // The input whose memory the node's result can take over: one that dies here, is as large, and has a block in the arena.
        Value? Overwritten(Node node, int step)
        {
            if (node.Outputs.Count != 1) return null;
            for (int i = 0; i < node.Inputs.Count; i++)
            {
                Value root = Root(node.Inputs[i]);
                if (node.Op.MayOverwrite(i) && lastUse[root] == step && blocks.TryGetValue(root, out ArenaBlock? block)
                    && block.Bytes == Align(node.Outputs[0].Spec.Bytes) && node.Inputs[i].Shape.Count == node.Outputs[0].Shape.Count)
                {
                    return root;
                }
            }
            return null;
        }
    }

    /// <summary>Gives every block the lowest place that no block alive at the same time uses, the largest first.</summary>
    private static void Place(List<ArenaBlock> blocks)
    {
        var placed = new List<ArenaBlock>();
        foreach (ArenaBlock block in blocks.OrderByDescending(block => block.Bytes).ThenBy(block => block.Start))
        {
            long offset = 0;
            foreach (ArenaBlock other in placed.Where(other => other.Start <= block.End && block.Start <= other.End)
                .OrderBy(other => other.Offset))
            {
                if (offset + block.Bytes <= other.Offset) break;
                offset = Math.Max(offset, other.Offset + other.Bytes);
            }
            block.Offset = offset;
            placed.Add(block);
        }
    }

    private static long Align(long bytes) => (bytes + MemoryPlan.Alignment - 1) / MemoryPlan.Alignment * MemoryPlan.Alignment;

    private static string Describe(Node node) => node.Path.Length > 0 ? $"{node.Path} ({node.Op.GetType().Name})" : node.Op.Name;

    private static string Line(Node node, long workspace)
    {
        string result = node.Outputs.Count == 0 ? ""
            : $" → {string.Join(", ", node.Outputs.Select(output => $"{output.Spec} ({MemoryPlan.Size(output.Spec.Bytes)})"))}";
        string scratch = workspace == 0 ? "" : $", workspace {MemoryPlan.Size(workspace)}";
        return $"{node.Path,-16} {node.Op.Name}{result}{scratch}";
    }
}
