using System.Reflection;
using Fovea.Graph;
using Fovea.Initializers;

namespace Fovea.Layers;

/// <summary>
/// A part of a network: a layer, or a composition of layers. It knows its parameters and how to add itself to a graph, but no
/// device. Derive from it, keep the layers in fields, and write <see cref="Forward"/> in ordinary C#.
/// </summary>
/// <remarks>
/// A layer's name is that of the field it is kept in, beginning in lower case (<c>conv1</c>), or its number within a
/// <see cref="Sequential"/>; parameters are named by the path of names (<c>features.0.weight</c>).
/// </remarks>
public abstract class Module
{
    private readonly Dictionary<string, Parameter> parameters = [];

    /// <summary>Its name within the module that contains it; empty for a whole network.</summary>
    public string Name { get; internal set; } = "";

    /// <summary>Adds the module to the graph of its input.</summary>
    /// <param name="x">The input.</param>
    /// <returns>The output.</returns>
    /// <exception cref="ShapeException">The input does not fit; the message names the layer.</exception>
    public abstract Value Forward(Value x);

    /// <summary>Calls <see cref="Forward"/> with the module's name noted for errors, reports and files.</summary>
    public Value Apply(Value x)
    {
        using ComputationGraph.Scope scope = x.Graph.Enter(Name);
        // Listing the children names them.
        bool isLayer = Children.Count() == 0;
        try
        {
            Value y = Forward(x);
            if (isLayer) x.Graph.Sections.Add(new GraphSection(x.Graph.Path, this, y));
            return y;
        }
        catch (ShapeException exception) when (!exception.Message.StartsWith(x.Graph.Path, StringComparison.Ordinal))
        {
            throw new ShapeException($"{x.Graph.Path}: {exception.Message}");
        }
    }

    /// <summary>The modules it consists of, in the order of its fields.</summary>
    public virtual IEnumerable<Module> Children
    {
        get
        {
            for (Type? type = GetType(); type is not null && type != typeof(Module); type = type.BaseType)
            {
                foreach (FieldInfo member in type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
                {
                    if (member.GetValue(this) is not Module child) continue;
                    if (child.Name.Length == 0) child.Name = FieldName(member.Name);
                    yield return child;
                }
            }
        }
    }

    /// <summary>Its own parameters and those of all modules it contains. They exist once a graph has been built.</summary>
    public IEnumerable<Parameter> Parameters => parameters.Values.Concat(Children.SelectMany(child => child.Parameters));

    /// <summary>
    /// Gives the value of a parameter. The first call makes it, with a shape that may depend on the input; later ones check that the
    /// shape is still the same.
    /// </summary>
    /// <exception cref="ShapeException">The layer was built for another shape.</exception>
    protected Value Use(ComputationGraph graph, string name, Shape shape, Initializer initializer, ParameterLayout? layout = null)
    {
        if (!parameters.TryGetValue(name, out Parameter? parameter))
        {
            string path = graph.Path;
            parameters[name] = parameter = new Parameter(path.Length == 0 ? name : $"{path}.{name}", shape, initializer, layout);
        }
        else if (parameter.Shape != shape)
        {
            throw new ShapeException($"{parameter.Name} is {parameter.Shape}, but this input asks for {shape}. Build another network for another input size.");
        }
        return graph.Read(parameter);
    }

    private static string FieldName(string field)
    {
        // A property's field is called <Name>k__BackingField, a captured constructor parameter's <name>P.
        int start = field.StartsWith('<') ? 1 : 0, end = start == 1 ? field.IndexOf('>', StringComparison.Ordinal) : field.Length;
        return char.ToLowerInvariant(field[start]) + field[(start + 1)..end];
    }
}
