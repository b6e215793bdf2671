using System.Diagnostics.CodeAnalysis;
using Fovea.Graph;
using Fovea.Initializers;

namespace Fovea.Layers;

/// <summary>
/// A part of a network: a layer, or a composition of layers. It knows its parameters and buffers and how to add itself to a graph, but
/// no device. Derive from it, keep the layers in fields, and write <see cref="Forward"/> in ordinary C#.
/// </summary>
/// <remarks>
/// <para>A layer's name is that of the field or property it is kept in, beginning in lower case (<c>conv1</c>). Layers may be in arrays,
/// lists and dictionaries with strings as keys, also nested ones; they are named by index or key (<c>blocks.0</c>, <c>branches.left</c>).
/// Parameters and buffers are named by the path of names (<c>features.0.weight</c>), as in PyTorch. A module that is kept in several
/// places is one module: its parameters are shared, counted once, and have the first of its names.</para>
/// <para>Every layer that <see cref="Forward"/> applies must be kept in one of these ways by the network or by a module in it.</para>
/// </remarks>
[DynamicallyAccessedMembers(ModuleFields.Kept)]
public abstract class Module
{
    private readonly Dictionary<string, ModuleVariable> variables = [];

    /// <summary>
    /// Its path of names within the network that it was last applied in, such as <c>features.3</c>; empty for a network itself, and before.
    /// </summary>
    public string Name { get; internal set; } = "";

    /// <summary>Adds the module to the graph of its input. Call <see cref="Apply"/>, which calls this.</summary>
    /// <param name="x">The input.</param>
    /// <returns>The output.</returns>
    /// <exception cref="ShapeException">The input does not fit; the message names the layer.</exception>
    public abstract Value Forward(Value x);

    /// <summary>Calls <see cref="Forward"/> with the module's path noted for errors, reports and files.</summary>
    /// <param name="x">The input.</param>
    /// <returns>The output.</returns>
    /// <exception cref="ShapeException">The input does not fit; the message names the layer.</exception>
    /// <exception cref="InvalidOperationException">
    /// The module is applied inside another one, and the outermost module does not hold it; or <see cref="Forward"/> of a layer with
    /// parameters or buffers was called directly.
    /// </exception>
    public Value Apply(Value x)
    {
        ComputationGraph graph = x.Graph;
        ModuleTree tree = TreeOf(graph);
        using ComputationGraph.Scope scope = graph.Enter(Name, new Call(this, tree));
        int place = graph.Sections.Count;
        try
        {
            Value y = Forward(x);
            graph.Sections.Insert(place, new GraphSection(Name, this, y));
            return y;
        }
        catch (ShapeException exception) when (!exception.Message.StartsWith(Name, StringComparison.Ordinal))
        {
            throw new ShapeException($"{Name}: {exception.Message}");
        }
    }

    /// <summary>
    /// The modules it holds and their names, in the order of its fields. Override it if they are kept where they are not found: a name
    /// must stay the same from run to run.
    /// </summary>
    public virtual IEnumerable<(string Name, Module Module)> NamedChildren => ModuleFields.Find(this);

    /// <summary>The modules it holds, in the order of its fields.</summary>
    public IEnumerable<Module> Children => NamedChildren.Select(child => child.Module);

    /// <summary>
    /// What training changes: its own parameters and those of all modules it holds, each once. They exist once a graph has been built.
    /// </summary>
    public IEnumerable<Parameter> Parameters => new ModuleTree(this).Variables.Select(own => own.Variable).OfType<Parameter>();

    /// <summary>
    /// What is saved and loaded with the parameters but not trained: its own buffers and those of all modules it holds, each once.
    /// They exist once a graph has been built.
    /// </summary>
    public IEnumerable<ModuleBuffer> Buffers => new ModuleTree(this).Variables.Select(own => own.Variable).OfType<ModuleBuffer>();

    /// <summary>Its own parameters, then its own buffers.</summary>
    internal IEnumerable<(string Name, ModuleVariable Variable)> OwnVariables =>
        variables.OrderBy(own => own.Value is ModuleBuffer).Select(own => (own.Key, own.Value));

    /// <summary>Whether it has parameters or buffers of its own, or holds no other module.</summary>
    internal bool IsLayer => variables.Count > 0 || !Children.Any();

    /// <summary>
    /// Gives the value of a parameter. The first call makes it, with a shape that may depend on the input; later ones check that the
    /// shape is still the same.
    /// </summary>
    /// <param name="graph">The graph that is built.</param>
    /// <param name="name">Its name within the layer, such as <c>weight</c>.</param>
    /// <param name="shape">Its sizes.</param>
    /// <param name="initializer">How its first values are drawn.</param>
    /// <param name="layout">How files order it; as here if null.</param>
    /// <exception cref="ShapeException">The layer was built for another shape.</exception>
    /// <exception cref="InvalidOperationException">
    /// <see cref="Forward"/> was called instead of <see cref="Apply"/>, or a buffer has that name.
    /// </exception>
    protected Value Use(ComputationGraph graph, string name, Shape shape, Initializer initializer, ParameterLayout? layout = null) =>
        Use(graph, name, shape, () => new Parameter(ModuleTree.Join(Name, name), shape, initializer, layout));

    /// <summary>
    /// Gives the value of a buffer, which is saved and loaded but not trained. The first call makes it. In training,
    /// <see cref="VariableUpdates"/> change it: <c>graph.Update(mean, (old, batch) => (0.9f * old) + (0.1f * batch), batchMean)</c>.
    /// </summary>
    /// <param name="graph">The graph that is built.</param>
    /// <param name="name">Its name within the layer, such as <c>running_mean</c>.</param>
    /// <param name="shape">Its sizes.</param>
    /// <param name="initializer">Its first values.</param>
    /// <param name="layout">How files order it; as here if null.</param>
    /// <exception cref="ShapeException">The layer was built for another shape.</exception>
    /// <exception cref="InvalidOperationException">
    /// <see cref="Forward"/> was called instead of <see cref="Apply"/>, or a parameter has that name.
    /// </exception>
    protected Value UseBuffer(ComputationGraph graph, string name, Shape shape, Initializer initializer, ParameterLayout? layout = null) =>
        Use(graph, name, shape, () => new ModuleBuffer(ModuleTree.Join(Name, name), shape, initializer, layout));

    /// <summary>Makes sure that the layer is being applied: <see cref="Forward"/> alone knows no path.</summary>
    private protected void CheckApplied(ComputationGraph graph)
    {
        var call = graph.Owner as Call;
        if (call?.Module == this) return;
        string place = call is null ? "" : $"{Describe(call.Module)}: ";
        throw new InvalidOperationException($"{place}Forward of a {GetType().Name} was called directly. Call Apply, which calls " +
            "Forward and notes the layer's path: parameters, buffers and random numbers are named by it.");
    }

    private Value Use<T>(ComputationGraph graph, string name, Shape shape, Func<T> make) where T : ModuleVariable
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentException.ThrowIfNullOrEmpty(name);
        CheckApplied(graph);
        if (!variables.TryGetValue(name, out ModuleVariable? variable)) variables[name] = variable = make();
        if (variable is not T)
            throw new InvalidOperationException($"{Describe(this)} asks for '{name}' both as a parameter and as a buffer. Give " +
                "one of them another name.");
        if (variable.Shape != shape)
            throw new ShapeException($"{variable.Name} is {variable.Shape}, but this input asks for {shape}. Build another " +
                "network for another input size.");
        return graph.Read(variable);
    }

    /// <summary>
    /// The tree that the module is applied in: that of the outermost module, which is this one if no other is being applied.
    /// </summary>
    private ModuleTree TreeOf(ComputationGraph graph)
    {
        if (graph.Owner is not Call outer)
        {
            var tree = new ModuleTree(this);
            tree.Name();
            return tree;
        }
        if (outer.Tree.Contains(this)) return outer.Tree;
        string root = outer.Tree.Root.GetType().Name;
        throw new InvalidOperationException($"{Describe(outer.Module)}: Forward applies a {GetType().Name} that {root} does not " +
            "hold, so it would be neither trained nor saved. " +
            "Keep it in a field or property of the module that applies it, alone or in an array, a list or a dictionary with strings as " +
            "keys, and do not make it inside Forward.");
    }

    private static string Describe(Module module) =>
        module.Name.Length == 0 ? module.GetType().Name : $"{module.Name} ({module.GetType().Name})";

    /// <summary>A module that is being applied.</summary>
    private sealed record Call(Module Module, ModuleTree Tree);
}
