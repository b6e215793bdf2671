using Fovea.Compilation;
using Fovea.Graph;
using Fovea.Ops;

namespace Fovea.Verification.Float64;

/// <summary>
/// Computes a graph in double precision, slowly, straight from the definitions and without any kernel: what every device's results
/// are measured against. Variables are copied at first sight; updates change the copies only.
/// </summary>
public sealed class Float64Interpreter
{
    private readonly Dictionary<string, double[]> feeds = [];
    private readonly Dictionary<Variable, double[]> variables = [];

    /// <summary>Gives an input its values, row-major; labels and counters as whole numbers.</summary>
    /// <returns>The interpreter itself.</returns>
    public Float64Interpreter Feed(string input, params IEnumerable<double> values)
    {
        feeds[input] = [.. values];
        return this;
    }

    /// <summary>
    /// The present values of a variable: a copy of the variable's own unless something was written. Writing here changes them.
    /// </summary>
    public double[] Values(Variable variable)
    {
        if (!variables.TryGetValue(variable, out double[]? values))
            variables[variable] = values = Array.ConvertAll(variable.Read().ToArray(), value => (double)value);
        return values;
    }

    /// <summary>Computes values, and runs the updates of the graph.</summary>
    /// <param name="fetches">What to compute; the value of a variable is the one after all updates.</param>
    /// <returns>The elements of each, row-major.</returns>
    /// <exception cref="ArgumentException">An input that is needed was not fed, or has another size.</exception>
    /// <exception cref="NotSupportedException">An operation is unknown.</exception>
    public IReadOnlyList<double[]> Run(params IReadOnlyList<Value> fetches)
    {
        ArgumentNullException.ThrowIfNull(fetches);
        if (fetches.Count == 0) return [];
        var values = new Dictionary<Value, double[]>();
        // Everything is computed from the variables' old values, so the updates come last.
        foreach (Node node in Program.From(fetches[0].Graph, fetches).Nodes.OrderBy(node => node.Op is UpdateOp))
        {
            double[][] x = [.. node.Inputs.Select(input => values[input])];
            if (node.Op is UpdateOp update) Float64Elementwise.Update(update, x);
            else if (node.Op is KernelOp own) Float64KernelOp.Compute(own, node, x, values);
            else values[node.Outputs[0]] = Compute(node, x);
        }
        return [.. fetches.Select(fetch => values[fetch].ToArray())];
    }

    private double[] Compute(Node node, double[][] x)
    {
        Shape shape = node.Outputs[0].Shape, input = node.Inputs.Count > 0 ? node.Inputs[0].Shape : default;
        return node.Op switch
        {
            InputOp op => Fed(op),
            VariableOp op => Values(op.Variable),
            ConstantOp op => Filled(op.Value, shape),
            ReshapeOp => x[0],
            MapOp op => Float64Elementwise.Map(op.Formula, x, shape.Count),
            SumOp op => Float64Elementwise.Sum(x[0], input, op),
            MaxReductionOp op => Float64Elementwise.Max(x[0], input, op),
            SliceOp op => Float64Arrangement.Slice(x[0], input, op),
            PadOp op => Float64Arrangement.Pad(x[0], input, op),
            ConcatOp op => Float64Arrangement.Concat(x, node.Inputs, shape, op),
            TransposeOp op => Float64Arrangement.Transpose(x[0], input, shape, op),
            GatherOp => Float64Arrangement.Gather(x[0], x[1], input),
            GatherGradientOp op => Float64Arrangement.GatherGradient(x[0], x[1], op.Table),
            OneHotOp op => [.. x[0].SelectMany(label => Enumerable.Range(0, op.Classes).Select(i => label == i ? 1.0 : 0))],
            ResampleOp op => Float64Arrangement.Resample(x[0], input, op),
            BroadcastOp op => Float64Elementwise.Broadcast(x[0], op),
            DropoutOp op => Float64Elementwise.Dropout(op, x[0], (int)x[1][0]),
            MatrixProductOp op => Float64Products.MatMul(op, x, op.Sizes([.. node.Inputs.Select(value => value.Spec)])),
            ConvolutionOp op => Float64Products.Convolution(op, x, op.Geometry.Shape(input, node.Inputs[1].Shape)),
            ConvolutionInputGradientOp op => Float64Products.InputGradient(x, op.Geometry.Shape(op.Input, node.Inputs[1].Shape)),
            ConvolutionWeightGradientOp op => Float64Products.WeightGradient(x, op.Geometry.Shape(input, op.Weights)),
            MaxPoolingOp op => Float64Pooling.Max(x[0], op.Geometry.Shape(input)),
            MaxPoolingGradientOp op => Float64Pooling.MaxGradient(x[0], x[1], op.Geometry.Shape(input)),
            AveragePoolingOp op => Float64Pooling.Average(x[0], op.Geometry.Shape(input)),
            AveragePoolingGradientOp op => Float64Pooling.AverageGradient(x[0], op.Geometry.Shape(op.Input)),
            LocalResponseNormalizationOp op => Float64Normalization.LocalResponse(op, x[0], input[^1]),
            LocalResponseNormalizationGradientOp op => Float64Normalization.LocalResponseGradient(op.Forward, x[0], x[1], input[^1]),
            SoftmaxOp op => Float64Losses.Softmax(x[0], input[^1], op.Logarithm),
            SoftmaxGradientOp op => Float64Losses.SoftmaxGradientOp(x[0], x[1], input[^1], op.Logarithm),
            CrossEntropyOp op => Float64Losses.CrossEntropy(op, x[0], x[1], input[^1]),
            CrossEntropyGradientOp op => Float64Losses.CrossEntropyGradient(op.Loss, x[0], x[1], x[2][0], input[^1]),
            CorrectCountOp => Float64Losses.CorrectCountOp(x[0], x[1], input[^1]),
            _ => throw new NotSupportedException($"The float64 interpreter does not have {node.Op.Name}."),
        };
    }

    private double[] Fed(InputOp op)
    {
        if (!feeds.TryGetValue(op.Label, out double[]? values)) throw new ArgumentException($"Input '{op.Label}' was not fed.");
        if (values.Length != op.Spec.Shape.Count)
            throw new ArgumentException(
            $"Input '{op.Label}' is {op.Spec} with {op.Spec.Shape.Count} elements, but {values.Length} were fed.");
        return values;
    }

    private static double[] Filled(double value, Shape shape)
    {
        double[] values = new double[shape.Count];
        Array.Fill(values, value);
        return values;
    }
}
