using Fovea.Graph;
using Fovea.Layers;
using Fovea.Ops;

namespace Fovea.Verification;

/// <summary>Reference cases of more than one operation.</summary>
internal static class ReferenceNetworks
{
    public static Value LeNet5(ReferenceGraph g)
    {
        var pool = new MaxPoolingOp(new PoolingGeometry(Window.Of(2, 0) with { R = 2, S = 2 }));
        var plain = new ConvolutionGeometry(new Window());
        Value x = ReferenceGraphs.Convolution(g, "input", "conv1_weight", "conv1_bias", new ConvolutionGeometry(Window.Of(1, 2))).Relu();
        x = g.Graph.Add(pool, x);
        x = g.Graph.Add(new ConvolutionOp(plain), x, g.Input("conv2_weight"), g.Input("conv2_bias")).Relu();
        x = g.Graph.Add(pool, x);
        // The case flattens channel first, so its first matrix is reordered like any network's.
        g.Layouts["fc1_weight"] = ParameterLayout.Flattened(x.Shape[1], x.Shape[2], x.Shape[3]);
        x = ReferenceGraphs.Linear(g, x.Flatten(), "fc1_weight", "fc1_bias").Relu();
        x = ReferenceGraphs.Linear(g, x, "fc2_weight", "fc2_bias").Relu();
        Value logits = ReferenceGraphs.Linear(g, x, "fc3_weight", "fc3_bias");
        g.Outputs["logits"] = logits;
        return g.Graph.Add(new CrossEntropyOp(), logits, g.Input("target"));
    }

    public static Value ResidualBlock(ReferenceGraph g)
    {
        int stride = (int)g.Number("stride", 1);
        Value x = g.Input("input");
        Value y = Normalized(g, Convolution(g, x, "conv1_weight", stride, 1), "bn1").Relu();
        y = Normalized(g, Convolution(g, y, "conv2_weight", 1, 1), "bn2");
        Value shortcut = g.Source.Has("sc_weight") ? Normalized(g, Convolution(g, x, "sc_weight", stride, 0), "bnsc") : x;
        return (y + shortcut).Relu();
    }

    /// <summary>A recurrent network of several layers and directions, time first.</summary>
    public static Value Recurrent(ReferenceGraph g, RecurrentCell cell)
    {
        int layers = (int)g.Number("layers", 1), directions = g.Flag("bidirectional") ? 2 : 1;
        string[] starts = cell.States == 2 ? ["h0", "c0"] : ["h0"];
        Value sequence = g.Input("input");
        var finals = new List<Value[]>();
        for (int layer = 0; layer < layers; layer++)
        {
            var outputs = new Value[directions];
            for (int direction = 0; direction < directions; direction++)
            {
                string name = $"l{layer}{(direction == 1 ? "_reverse" : "")}";
                Value[] start = [.. starts.Select(state => Start(g, state, (layer * directions) + direction, sequence))];
                var weights = new RecurrentWeights(g.Input($"weight_ih_{name}"), g.Input($"weight_hh_{name}"),
                    g.Optional($"bias_ih_{name}"), g.Optional($"bias_hh_{name}"));
                (outputs[direction], Value[] final) = cell.Run(sequence, start, weights, mask: null, direction == 1);
                finals.Add(final);
            }
            sequence = ArrangementOperations.Concat(2, outputs);
        }
        string[] ends = cell.States == 2 ? ["hn", "cn"] : ["hn"];
        for (int state = 0; state < ends.Length; state++)
        {
            int index = state;
            g.Outputs[ends[state]] = ArrangementOperations.Concat(
                0, [.. finals.Select(final => final[index].Reshape(new Shape([1, .. final[index].Shape])))]);
        }
        return sequence;
    }

    private static Value Start(ReferenceGraph g, string state, int index, Value sequence)
    {
        int hidden = (int)g.Number("hidden");
        var shape = new Shape(sequence.Shape[1], hidden);
        return g.Source.Has(state) ? g.Input(state).Slice(0, index, 1).Reshape(shape) : g.Graph.Constant(0, shape);
    }

    private static Value Convolution(ReferenceGraph g, Value x, string weight, int stride, int padding) =>
        g.Graph.Add(new ConvolutionOp(new ConvolutionGeometry(Window.Of(stride, padding))), x, g.Input(weight));

    private static Value Normalized(ReferenceGraph g, Value x, string name)
    {
        var shape = new Shape(x.Shape[^1]);
        (Value mean, Value variance) = Norms.Moments(x, [0, 1, 2]);
        return Norms.Apply(x, mean.Reshape(shape), variance.Reshape(shape), g.Number("eps", 1e-5f), g.Input($"{name}_weight"),
            g.Input($"{name}_bias"));
    }
}
