using Fovea.Graph.Ops;

namespace Fovea.Graph;

/// <summary>A tensor in a graph: what a node produces and others consume.</summary>
public sealed class Value
{
    internal Value(Node producer, int index, TensorSpec spec) => (Producer, Index, Spec) = (producer, index, spec);

    /// <summary>The node that computes it.</summary>
    public Node Producer { get; }

    /// <summary>Which of the node's results it is.</summary>
    public int Index { get; }

    /// <summary>Its shape and type.</summary>
    public TensorSpec Spec { get; }

    /// <summary>Its sizes.</summary>
    public Shape Shape => Spec.Shape;

    /// <summary>The graph it belongs to.</summary>
    public ComputationGraph Graph => Producer.Graph;

    /// <summary>The name by which it can be found and fetched, if it has one.</summary>
    public string? Name { get; private set; }

    /// <summary>Gives the value a name by which it can be found and fetched.</summary>
    /// <exception cref="ArgumentException">Another value of the graph has that name.</exception>
    public Value Named(string name)
    {
        Graph.Register(name, this);
        Name = name;
        return this;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Name ?? Producer.Op.Name} {Spec}";

    /// <summary>Elementwise sum; shapes broadcast as in NumPy.</summary>
    public static Value operator +(Value left, Value right) => left.Add(right);

    /// <summary>Elementwise difference; shapes broadcast.</summary>
    public static Value operator -(Value left, Value right) => left.Subtract(right);

    /// <summary>Elementwise product; shapes broadcast.</summary>
    public static Value operator *(Value left, Value right) => left.Multiply(right);

    /// <summary>Elementwise quotient; shapes broadcast.</summary>
    public static Value operator /(Value left, Value right) => left.Divide(right);

    /// <summary>Scales every element.</summary>
    public static Value operator *(Value left, float right) => left.Scale(right);
}

/// <summary>An operation in a graph, with its place in the network.</summary>
public sealed class Node
{
    internal Node(ComputationGraph graph, Op op, Value[] inputs, string path)
    {
        (Graph, Op, Inputs, Path) = (graph, op, inputs, path);
        Outputs = [.. op.Infer([.. inputs.Select(input => input.Spec)]).Select((spec, i) => new Value(this, i, spec))];
    }

    /// <summary>The graph it belongs to.</summary>
    public ComputationGraph Graph { get; }

    /// <summary>What it computes.</summary>
    public Op Op { get; }

    /// <summary>What it reads.</summary>
    public IReadOnlyList<Value> Inputs { get; }

    /// <summary>What it produces.</summary>
    public IReadOnlyList<Value> Outputs { get; }

    /// <summary>The layer it belongs to, such as <c>features.3</c>.</summary>
    public string Path { get; }

    /// <summary>Multiply-adds of one run.</summary>
    public long MultiplyAdds => Op.MultiplyAdds([.. Inputs.Select(i => i.Spec)], [.. Outputs.Select(o => o.Spec)]);
}

/// <summary>A computation: nodes in the order of their execution. Build it once, compile it, run it many times.</summary>
public sealed class ComputationGraph
{
    private readonly List<Node> nodes = [];
    private readonly Dictionary<Variable, Value> variables = [];
    private readonly Dictionary<string, Value> named = [];
    private readonly List<string> scopes = [];

    /// <summary>Whether layers such as dropout act as in training.</summary>
    public bool IsTraining { get; init; }

    /// <summary>The seed of everything random in the graph.</summary>
    public ulong Seed { get; init; }

    /// <summary>The nodes, in the order of their execution.</summary>
    public IReadOnlyList<Node> Nodes => nodes;

    /// <summary>The variables that the graph reads, in the order of their first use.</summary>
    public IEnumerable<Variable> Variables => variables.Keys;

    /// <summary>The values that have names.</summary>
    public IReadOnlyDictionary<string, Value> Named => named;

    /// <summary>The path of the layer that is being built.</summary>
    public string Path => string.Join('.', scopes);

    /// <summary>The layers that were applied, in order.</summary>
    internal List<Layers.LayerCall> Layers { get; } = [];

    /// <summary>Adds an input that every run is fed with.</summary>
    /// <exception cref="ArgumentException">Another value has that name.</exception>
    public Value Input(string name, Shape shape, DType dtype = DType.Float32) =>
        Add(new InputOp(name, new TensorSpec(shape, dtype))).Named(name);

    /// <summary>Gives the value of a variable; the same one whenever it is asked for.</summary>
    public Value Read(Variable variable)
    {
        if (!variables.TryGetValue(variable, out Value? value)) variables[variable] = value = Add(new VariableOp(variable));
        return value;
    }

    /// <summary>Gives a tensor that holds one value everywhere.</summary>
    public Value Constant(float value, Shape shape) => Add(new ConstantOp(value, shape));

    /// <summary>The training step's number, by which dropout chooses its masks: an input named <c>step</c>.</summary>
    public Value Step => named.TryGetValue("step", out Value? step) ? step : Input("step", Shape.Scalar, DType.Int32);

    /// <summary>Adds a node with one result.</summary>
    /// <exception cref="ShapeException">The inputs do not fit the operation.</exception>
    public Value Add(Op op, params Value[] inputs) => AddNode(op, inputs).Outputs[0];

    /// <summary>Adds a node.</summary>
    /// <exception cref="ShapeException">The inputs do not fit the operation.</exception>
    /// <exception cref="ArgumentException">An input belongs to another graph.</exception>
    public Node AddNode(Op op, params Value[] inputs) => AddNode(op, inputs, Path);

    internal Node AddNode(Op op, Value[] inputs, string path)
    {
        if (inputs.FirstOrDefault(input => input.Graph != this) is { } foreign)
            throw new ArgumentException($"{foreign} belongs to another graph.", nameof(inputs));
        try
        {
            var node = new Node(this, op, inputs, path);
            nodes.Add(node);
            return node;
        }
        catch (ShapeException exception) when (path.Length > 0 && !exception.Message.StartsWith(path, StringComparison.Ordinal))
        {
            throw new ShapeException($"{path}: {exception.Message}");
        }
        catch (Exception exception) when (exception is IndexOutOfRangeException or ArgumentOutOfRangeException { ParamName: "index" })
        {
            string given = inputs.Length == 0 ? "nothing" : string.Join(" and ", inputs.Select(input => input.Spec));
            throw new ShapeException($"{(path.Length > 0 ? $"{path}: " : "")}{op.Name} was given {given}, and asks for an input or a dimension that is not there.");
        }
    }

    /// <summary>Enters a layer: until the result is disposed, new nodes belong to it.</summary>
    internal Scope Enter(string name)
    {
        if (name.Length > 0) scopes.Add(name);
        return new Scope(scopes, name.Length > 0);
    }

    internal void Register(string name, Value value)
    {
        if (!named.TryAdd(name, value) && named[name] != value) throw new ArgumentException($"The graph has a value named '{name}' already.", nameof(name));
    }

    internal readonly struct Scope(List<string> scopes, bool entered) : IDisposable
    {
        public void Dispose()
        {
            if (entered) scopes.RemoveAt(scopes.Count - 1);
        }
    }
}
