using System.Text.Json;
using Fovea.Graph;
using Fovea.Layers;
using Fovea.Ops;

namespace Fovea.Verification;

/// <summary>The graph of a reference case: its inputs as values, its outputs by name.</summary>
internal sealed class ReferenceGraph(ReferenceCase source)
{
    private readonly Dictionary<string, Value> inputs = [];

    public ComputationGraph Graph { get; } = new();

    public Dictionary<string, Value> Outputs { get; } = [];

    public IReadOnlyDictionary<string, Value> Inputs => inputs;

    /// <summary>Tensors that are ordered in a way of their own.</summary>
    public Dictionary<string, ParameterLayout> Layouts { get; } = [];

    public ReferenceCase Source => source;

    /// <summary>
    /// How the file orders a tensor: images, signals and filters channel first. Operations for which no dimension is special take it as it
    /// is.
    /// </summary>
    public ParameterLayout Layout(string name)
    {
        if (Layouts.TryGetValue(name, out ParameterLayout? own)) return own;
        bool channelsFirst = source.Shape(name).Rank >= 3 && ReferenceGraphs.HasChannels(source.Op) && !IsLabels(name);
        return channelsFirst ? ParameterLayout.Filters : ParameterLayout.Same;
    }

    /// <summary>An input, in this engine's layout.</summary>
    public Value Input(string name)
    {
        if (inputs.TryGetValue(name, out Value? known)) return known;
        return inputs[name] = Graph.Input(
            name, Layout(name).Internal(source.Shape(name)), IsLabels(name) ? DType.Int32 : DType.Float32);
    }

    public int Rank(string name) => source.Shape(name).Rank;

    private bool IsLabels(string name) => source.Op switch
    {
        "softmax_cross_entropy" or "net_lenet5" or "multi_margin" => name == "target",
        "embedding" => name is "indices" or "input",
        _ => false,
    };

    public Value? Optional(string name) => source.Has(name) && source.Inputs.Contains(name) ? Input(name) : null;

    public float Number(string name, float otherwise = 0) =>
        source.Attributes.TryGetProperty(name, out JsonElement value) ? value.GetSingle() : otherwise;

    public bool Flag(string name) => source.Attributes.TryGetProperty(name, out JsonElement value) && value.GetBoolean();

    public string? Text(string name) => source.Attributes.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;

    public int[] Sizes(string name, params int[] otherwise) =>
        source.Attributes.TryGetProperty(name, out JsonElement value) ? [.. value.EnumerateArray().Select(size => size.GetInt32())]
            : otherwise;

    public Window Window()
    {
        int[] stride = Both(Sizes("stride", 1, 1)), padding = Sides(Sizes("padding", 0, 0, 0, 0)), dilation = Both(Sizes("dilation", 1, 1));
        return new Window
        {
            StrideH = stride[0],
            StrideW = stride[1],
            PadTop = padding[0],
            PadLeft = padding[1],
            PadBottom = padding[2],
            PadRight = padding[3],
            DilationH = dilation[0],
            DilationW = dilation[1]
        };
    }

    // Signals are images of one row.
    public static int[] Both(int[] sizes) => sizes.Length == 1 ? [1, sizes[0]] : sizes;

    private static int[] Sides(int[] sizes) => sizes switch
    {
        [int both] => [0, both, 0, both],
        [int before, int behind] => [0, before, 0, behind],
        _ => sizes,
    };
}
