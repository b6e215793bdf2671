using Fovea.Ops;

namespace Fovea.Graph;

/// <summary>A computation: nodes in the order of their execution. Build it once, compile it, run it many times.</summary>
public sealed class ComputationGraph
{
    private readonly List<Node> nodes = [];
    private readonly Dictionary<Variable, Value> variables = [];
    private readonly NamedValues named = new();
    private readonly Stack<(string Path, object? Owner)> scopes = [];

    /// <summary>Whether layers such as dropout act as in training.</summary>
    public bool IsTraining { get; init; }

    /// <summary>The seed of everything random in the graph.</summary>
    public ulong Seed { get; init; }

    /// <summary>The nodes, in the order of their execution.</summary>
    public IReadOnlyList<Node> Nodes => nodes;

    /// <summary>The variables that the graph reads, in the order of their first use.</summary>
    public IEnumerable<Variable> Variables => variables.Keys;

    /// <summary>The values that have names. To ask for one that is not there is an error that lists them.</summary>
    public IReadOnlyDictionary<string, Value> Named => named;

    /// <summary>The path of the layer that is being built.</summary>
    public string Path => scopes.TryPeek(out (string Path, object? Owner) scope) ? scope.Path : "";

    /// <summary>Who is adding nodes, as it said when it entered; null outside a layer.</summary>
    internal object? Owner => scopes.TryPeek(out (string Path, object? Owner) scope) ? scope.Owner : null;

    /// <summary>The parts of the network that have added themselves, in order.</summary>
    internal List<GraphSection> Sections { get; } = [];

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
            throw new ShapeException(
                $"{(path.Length > 0 ? $"{path}: " : "")}{op.Name} was given {given}, "
                + "and asks for an input or a dimension that is not there.");
        }
    }

    /// <summary>Enters a layer: until the result is disposed, new nodes belong to it.</summary>
    /// <param name="path">The layer's path in the network.</param>
    /// <param name="owner">Who adds the nodes.</param>
    internal Scope Enter(string path, object? owner = null)
    {
        scopes.Push((path, owner));
        return new Scope(scopes);
    }

    internal void Register(string name, Value value) => named.Add(name, value);

    internal readonly struct Scope(Stack<(string Path, object? Owner)> scopes) : IDisposable
    {
        public void Dispose() => scopes.Pop();
    }
}
