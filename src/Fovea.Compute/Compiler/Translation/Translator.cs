using System.Reflection;
using Fovea.Compute.Compiler.Il;
using Fovea.Compute.Compiler.Ir;

namespace Fovea.Compute.Compiler.Translation;

/// <summary>What a kernel is compiled for.</summary>
/// <param name="Name">The target's name in listings and caches.</param>
/// <param name="HasShuffle">Whether threads of a warp can exchange registers.</param>
internal sealed record KernelTarget(string Name, bool HasShuffle)
{
    public static KernelTarget OpenCl { get; } = new("opencl", HasShuffle: false);

    public static KernelTarget Ptx { get; } = new("ptx", HasShuffle: true);
}

/// <summary>
/// Translates a kernel's IL to a function in single static assignment form, by running it with symbols for values. Calls are
/// followed, so everything is inlined and generic code is specialised; branches whose condition is known are followed one way only,
/// so loops over known numbers unroll; arrays whose indices are known become registers. Where control flow joins, values that
/// differ become phis.
/// </summary>
internal sealed partial class Translator
{
    private const int MostInstructions = 400_000, MostTurns = 4096, MostRestarts = 64;

    private readonly KernelSource source;
    private readonly KernelTarget target;
    private readonly Decisions decisions;
    private readonly Function function;
    private readonly IrBuilder builder;
    private readonly Stack<OpenLoop> openLoops = [];
    private State state = new();
    private Frame frame = null!;
    private IlInstruction current;

    private Translator(KernelSource source, KernelTarget target, Decisions decisions)
    {
        (this.source, this.target, this.decisions) = (source, target, decisions);
        function = new Function(source);
        builder = new IrBuilder(function);
    }

    /// <summary>Translates a kernel.</summary>
    /// <exception cref="KernelCompilationException">It uses what the dialect does not have.</exception>
    public static Function Translate(KernelSource source, KernelTarget target)
    {
        // Whether a loop must unroll shows when an array of registers meets an index that is not known; then all begins again.
        var decisions = new Decisions();
        for (int restarts = 0; ; restarts++)
        {
            try
            {
                return new Translator(source, target, decisions).Run();
            }
            catch (RestartException) when (restarts < MostRestarts)
            {
            }
        }
    }

    private Function Run()
    {
        builder.Block = NewBlock();
        MethodInfo method = source.Method;
        var arguments = new List<Symbol>();
        int constant = 0, argument = 0;
        foreach (ParameterInfo parameter in method.GetParameters())
        {
            arguments.Add(KernelSource.IsConstant(parameter) ? Known(source.Constants[constant++], parameter.ParameterType) : Given(parameter, argument++));
        }
        Inline(method, arguments);
        builder.Block.End();
        return function;
    }

    private Block NewBlock()
    {
        var block = new Block();
        function.Blocks.Add(block);
        return block;
    }

    /// <summary>Runs a method's body on arguments; its result, if any, is then on the stack.</summary>
    private void Inline(MethodBase method, List<Symbol> arguments)
    {
        for (Frame? outer = frame; outer is not null; outer = outer.Caller)
        {
            if (outer.Method.Method == method) throw Refuse($"{Describe(method)} calls itself", "Kernels have no stack: write a loop instead of a recursion.");
        }
        IlMethod il;
        try
        {
            il = Methods.GetOrAdd(method, static key => new IlMethod(key));
        }
        catch (NotSupportedException)
        {
            throw Refuse($"{Describe(method)} has no C# body that could be compiled", "Use the functions of XMath and the operators of C#.");
        }
        Frame? caller = frame;
        var callee = new Frame(il, caller, current.Offset);
        frame = callee;
        if (il.HasExceptionHandlers) throw Refuse("it catches exceptions or has a finally block (try, using, foreach over an enumerator)", "Kernels have no exceptions: test conditions with if, and loop with for.");
        if (il.IrreducibleAt is { } offset) throw Refuse("a loop is entered in its middle (goto)", "Write the loop with for, while or do.", offset);
        Type[] types = [.. (method.IsStatic ? Array.Empty<Type>() : [method.DeclaringType!.MakeByRefType()]).Concat(method.GetParameters().Select(parameter => parameter.ParameterType))];
        for (int i = 0; i < types.Length; i++)
        {
            callee.Arguments.Add(new Slot($"argument {i}", types[i]));
            state.Slots[callee.Arguments[i]] = Coerce(arguments[i], types[i]);
        }
        foreach (LocalVariableInfo local in il.Body.LocalVariables) callee.Locals.Add(new Slot($"local {local.LocalIndex}", local.LocalType));

        // The caller's stack lies below and is not touched.
        List<Symbol> below = [.. state.Stack];
        state.Stack.Clear();
        SourceLocation? callSite = builder.Location;
        IlInstruction calling = current;
        var pending = new Dictionary<IlBlock, List<Edge>> { [il.Blocks[0]] = [new Edge(builder.Block, state)] };
        Region(null, pending, []);
        if (callee.Returns.Count == 0) throw Refuse("it never ends", "Give the loop a condition that can become false.");
        Enter(callee.Returns);
        foreach (Slot slot in callee.Arguments.Concat(callee.Locals)) state.Slots.Remove(slot);
        foreach (Slot slot in callee.StackArrays.SelectMany(array => array.Slots)) state.Slots.Remove(slot);
        state.Stack.InsertRange(0, below);
        (frame, builder.Location, current) = (caller!, callSite, calling);
    }

    /// <summary>Runs the blocks of a loop, or of a method outside its loops, in an order that comes to a block after all that leads there.</summary>
    private void Region(IlLoop? loop, Dictionary<IlBlock, List<Edge>> pending, List<Edge> latches)
    {
        foreach (IlBlock block in frame.Method.Blocks)
        {
            if (loop is not null && !loop.Blocks.Contains(block)) continue;
            if (block.Loop is { } inner && inner != loop && inner.Header == block && inner.Parent == loop)
            {
                if (pending.ContainsKey(block)) Loop(inner, pending);
            }
            else if (block.Loop == loop && pending.Remove(block, out List<Edge>? edges))
            {
                Enter(edges);
                foreach ((IlBlock next, Edge edge) in Translate(block, loop))
                {
                    if (loop is not null && next == loop.Header) latches.Add(edge);
                    else if (pending.TryGetValue(next, out List<Edge>? waiting)) waiting.Add(edge);
                    else pending[next] = [edge];
                }
            }
        }
    }

    /// <summary>Continues where edges meet.</summary>
    private void Enter(List<Edge> edges)
    {
        if (edges.Count == 1)
        {
            (builder.Block, state) = edges[0];
            return;
        }
        Block join = NewBlock();
        var merged = new State();
        foreach ((Slot slot, _) in edges[0].State.Slots)
        {
            // What a path has not assigned, C# does not let anyone read.
            if (!edges.All(edge => edge.State.Slots.ContainsKey(slot))) continue;
            merged.Slots[slot] = Merge(join, edges, [.. edges.Select(edge => edge.State.Slots[slot])]) ?? LostSymbol.Instance;
        }
        for (int i = 0; i < edges[0].State.Stack.Count; i++)
        {
            merged.Stack.Add(Merge(join, edges, [.. edges.Select(edge => edge.State.Stack[i])])
                ?? throw Refuse("a reference or view is chosen at run time among different variables", "Choose between values, or between views of the same kind of memory."));
        }
        foreach (Edge edge in edges) edge.From.Jump(join);
        (builder.Block, state) = (join, merged);
    }

    private Symbol? Merge(Block join, List<Edge> edges, List<Symbol> symbols) => Leaves.Join(symbols, leaves =>
    {
        if (leaves.All(leaf => leaf == leaves[0])) return leaves[0];
        Value[] values = new Value[leaves.Length];
        bool truths = leaves.Any(leaf => leaf.Value.Type == IrType.Bool) && leaves.All(leaf => leaf.Value.Type == IrType.Bool || leaf.Value is Constant { Bits: 0 or 1 });
        for (int i = 0; i < leaves.Length; i++)
        {
            builder.Block = edges[i].From;
            values[i] = leaves[i].Value.Type.IsPointer ? WithOffset(leaves[i]) : truths ? builder.Truth(leaves[i].Value) : builder.Number(leaves[i].Value);
        }
        builder.Block = join;
        var phi = new Instruction(Opcode.Phi, values[0].Type) { Location = builder.Location, Block = join };
        for (int i = 0; i < values.Length; i++) phi.AddSource(edges[i].From, values[i]);
        join.Instructions.Add(phi);
        return new Leaf(phi);
    });

    private Value WithOffset(Leaf leaf) => leaf.Offset == 0
        ? leaf.Value
        : builder.Append(new Instruction(Opcode.Address, leaf.Value.Type, leaf.Value, function.Int(leaf.Offset)) { Scale = 1 });

    private KernelCompilationException Refuse(string what, string instead, int? offset = null)
    {
        SourceLocation location = frame is null ? null! : frame.Method.Location(offset ?? current.Offset);
        return Refusal.Of(source, frame is null ? source.Name : Describe(frame.Method.Method), location, what, instead);
    }

    private KernelCompilationException RefuseException(string name) =>
        Refuse($"it throws {name}", "Kernels have no exceptions: check on the host before the launch, or write a value that says what was wrong.");

    private KernelCompilationException RefuseDelegate() =>
        Refuse("it uses a delegate (a lambda) or a function pointer", "Pass a struct that implements an interface as a type parameter, and call its method.");

    private static string Describe(MethodBase method) => $"{method.DeclaringType?.Name.Split('`')[0]}.{method.Name}";

    /// <summary>A method that is being inlined.</summary>
    private sealed class Frame(IlMethod method, Frame? caller, int callOffset)
    {
        public IlMethod Method { get; } = method;

        public Frame? Caller { get; } = caller;

        /// <summary>The calls that led here: what tells one copy of an inlined method from another.</summary>
        public string Path { get; } = caller is null ? "" : $"{caller.Path}/{callOffset:x}";

        public List<Slot> Arguments { get; } = [];

        public List<Slot> Locals { get; } = [];

        public List<Edge> Returns { get; } = [];

        /// <summary>What its stackallocs made: it ends with the method.</summary>
        public List<RegisterArray> StackArrays { get; } = [];
    }
}
