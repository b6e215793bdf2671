using System.Globalization;
using System.Text;
using Fovea.Graph;

namespace Fovea.Layers;

/// <summary>One layer of a summary: a module that holds no other, or has parameters, buffers or work of its own.</summary>
/// <param name="Path">The layer's name; empty for what the network computes itself.</param>
/// <param name="Kind">The layer's class.</param>
/// <param name="Output">The size of its output, without the batch.</param>
/// <param name="Parameters">Its parameters, counted in single numbers.</param>
/// <param name="MultiplyAdds">Multiply-adds for one example.</param>
/// <param name="Buffers">Its buffers, counted in single numbers.</param>
/// <param name="Details">What its operations say of themselves, such as a window's <c>1×7 stride 1×2</c>; may be empty.</param>
public sealed record LayerSummary(
    string Path, string Kind, Shape Output, long Parameters, long MultiplyAdds, long Buffers = 0, string Details = "");

/// <summary>A network's layers with their sizes, for one example.</summary>
/// <param name="Layers">The layers, in order.</param>
public sealed record NetworkSummary(IReadOnlyList<LayerSummary> Layers)
{
    /// <summary>All parameters, counted in single numbers.</summary>
    public long Parameters => Layers.Sum(layer => layer.Parameters);

    /// <summary>All buffers, counted in single numbers.</summary>
    public long Buffers => Layers.Sum(layer => layer.Buffers);

    /// <summary>Multiply-adds for one example.</summary>
    public long MultiplyAdds => Layers.Sum(layer => layer.MultiplyAdds);

    /// <summary>Summarises a network.</summary>
    public static NetworkSummary Of(Network network)
    {
        ComputationGraph graph = network.Build();
        var work = graph.Nodes.GroupBy(node => node.Path).ToDictionary(group => group.Key, group => group.Sum(node => node.MultiplyAdds));
        ILookup<string, string> details = graph.Nodes.Where(node => node.Details != "").ToLookup(node => node.Path, node => node.Details);
        var counted = new HashSet<Module>();
        var layers = new List<LayerSummary>();
        foreach (GraphSection section in graph.Sections)
        {
            var module = (Module)section.Owner;
            // All applications of a layer share its path: their work is that of the first.
            work.Remove(section.Path, out long multiplyAdds);
            if (!module.IsLayer && multiplyAdds == 0) continue;
            bool first = counted.Add(module);
            layers.Add(new LayerSummary(section.Path, module.GetType().Name, new Shape(section.Output.Shape.Dimensions[1..]),
                first ? Count<Parameter>(module) : 0, multiplyAdds, first ? Count<ModuleBuffer>(module) : 0,
                string.Join("; ", details[section.Path].Distinct())));
        }
        return new NetworkSummary(layers);
    }

    /// <summary>The layers as a table.</summary>
    public override string ToString()
    {
        // Most networks have no buffers, and then no column of zeros.
        bool buffers = Buffers > 0;
        var text = new StringBuilder();
        Line($"{"layer",-16} {"kind",-20} {"output",-14} {"parameters",14}", "buffers", "multiply-adds", "details");
        foreach (LayerSummary layer in Layers)
        {
            Line($"{layer.Path,-16} {layer.Kind,-20} {layer.Output,-14} {layer.Parameters,14:N0}", layer.Buffers, layer.MultiplyAdds,
                layer.Details);
        }
        Line($"{"total",-52} {Parameters,14:N0}", Buffers, MultiplyAdds, "");
        return text.ToString();

        void Line(FormattableString start, object own, object work, string details)
        {
            text.Append(FormattableString.Invariant(start));
            if (buffers) text.Append(CultureInfo.InvariantCulture, $" {own,12:N0}");
            text.Append(CultureInfo.InvariantCulture, $" {work,16:N0}");
            text.AppendLine(details == "" ? "" : $"  {details}");
        }
    }

    private static long Count<T>(Module module) where T : ModuleVariable =>
        module.OwnVariables.Select(own => own.Variable).OfType<T>().Sum(variable => variable.Shape.Count);
}
