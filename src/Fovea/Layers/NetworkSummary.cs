using System.Globalization;
using System.Text;
using Fovea.Graph;

namespace Fovea.Layers;

/// <summary>One layer of a summary.</summary>
/// <param name="Path">The layer's name.</param>
/// <param name="Kind">The layer's class.</param>
/// <param name="Output">The size of its output, without the batch.</param>
/// <param name="Parameters">Its parameters, counted in single numbers.</param>
/// <param name="MultiplyAdds">Multiply-adds for one example.</param>
public sealed record LayerSummary(string Path, string Kind, Shape Output, long Parameters, long MultiplyAdds);

/// <summary>A network's layers with their sizes, for one example.</summary>
/// <param name="Layers">The layers, in order.</param>
public sealed record NetworkSummary(IReadOnlyList<LayerSummary> Layers)
{
    /// <summary>All parameters, counted in single numbers.</summary>
    public long Parameters => Layers.Sum(layer => layer.Parameters);

    /// <summary>Multiply-adds for one example.</summary>
    public long MultiplyAdds => Layers.Sum(layer => layer.MultiplyAdds);

    /// <summary>Summarises a network.</summary>
    public static NetworkSummary Of(Network network)
    {
        ComputationGraph graph = network.Build();
        var work = graph.Nodes.GroupBy(node => node.Path).ToDictionary(group => group.Key, group => group.Sum(node => node.MultiplyAdds));
        var counted = new HashSet<Module>();
        return new NetworkSummary([.. graph.Sections.Select(call => new LayerSummary(
            call.Path,
            call.Owner.GetType().Name,
            new Shape(call.Output.Shape.Dimensions[1..]),
            counted.Add((Module)call.Owner) ? ((Module)call.Owner).Parameters.Sum(parameter => parameter.Shape.Count) : 0,
            // All applications of a layer share its path: their work is that of the first.
            work.Remove(call.Path, out long multiplyAdds) ? multiplyAdds : 0))]);
    }

    /// <summary>The layers as a table.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"{"layer",-16} {"kind",-20} {"output",-14} {"parameters",14} {"multiply-adds",16}");
        foreach (LayerSummary layer in Layers)
            text.AppendLine(CultureInfo.InvariantCulture, $"{layer.Path,-16} {layer.Kind,-20} {layer.Output,-14} {layer.Parameters,14:N0} {layer.MultiplyAdds,16:N0}");
        text.AppendLine(CultureInfo.InvariantCulture, $"{"total",-52} {Parameters,14:N0} {MultiplyAdds,16:N0}");
        return text.ToString();
    }
}
