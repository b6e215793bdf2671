using System.Globalization;
using Fovea.Compilation;
using Fovea.Core.Random;
using Fovea.Execution;
using Fovea.Graph;
using Fovea.Ops;
using Fovea.Verification.Float64;

namespace Fovea.Verification;

/// <summary>A small graph that devices are tried with: its result, and the gradients of all its inputs.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Build">Adds it to a graph and gives the result.</param>
internal sealed record GraphCase(string Name, Func<GraphRun, Value> Build)
{
    /// <summary>Whether the result is differentiated.</summary>
    public bool Differentiable { get; init; } = true;

    /// <summary>How convolutions are computed.</summary>
    public ConvolutionAlgorithm Algorithm { get; init; }

    /// <summary>How far results may be off, as a share of the largest value.</summary>
    public double Tolerance { get; init; } = 1e-5;

    public override string ToString() => Name;
}

/// <summary>A case's graph with random values for its inputs, which are the same on every machine.</summary>
internal sealed class GraphRun
{
    private const ulong Seed = 20;

    private readonly List<(string Name, Value Value)> fetches = [];
    private readonly HashSet<string> positive = [];
    private Dictionary<string, float[]>? feeds;
    private ulong drawn;

    /// <summary>The graph; set it before the first input to take one that is built already.</summary>
    public ComputationGraph Graph { get; set; } = new() { IsTraining = true, Seed = Seed };

    /// <summary>Labels are drawn below this.</summary>
    public int Classes { get; set; } = 1;

    public IReadOnlyList<(string Name, Value Value)> Fetches => fetches;

    public static GraphRun Of(GraphCase source)
    {
        var run = new GraphRun();
        Value output = source.Build(run);
        run.Fetch("output", output);
        if (source.Differentiable) run.Differentiate(output);
        return run;
    }

    /// <summary>Adds an input named by its number, of normally distributed values, or of ones well above 0.</summary>
    public Value Input(Shape shape, bool above0 = false, DType dtype = DType.Float32)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"x{Graph.Nodes.Count(node => node.Op is InputOp)}");
        if (above0) positive.Add(name);
        return Graph.Input(name, shape, dtype);
    }

    public Value Input(params ReadOnlySpan<int> sizes) => Input(new Shape(sizes));

    public Value Labels(int count, int classes)
    {
        Classes = classes;
        return Input(new Shape(count), dtype: DType.Int32);
    }

    /// <summary>Makes a variable and reads it.</summary>
    public Value Variable(Shape shape, bool above0 = false)
    {
        var variable = new Variable("v", shape);
        Draw(variable, above0);
        return Graph.Read(variable);
    }

    public void Draw(Variable variable, bool above0 = false, float scale = 1)
    {
        Normals(variable.Shape, above0).CopyTo(variable.Value.Span);
        foreach (ref float value in variable.Value.Span) value *= scale;
    }

    public void Fetch(string name, Value value) => fetches.Add((name, value));

    /// <summary>The inputs' values; labels too, as whole numbers.</summary>
    public IReadOnlyDictionary<string, float[]> Feeds =>
        feeds ??= Graph.Nodes.Select(node => node.Op).OfType<InputOp>().ToDictionary(op => op.Label,
        op => op.Spec.DType == DType.Int32 ? Integers(op.Spec.Shape) : Normals(op.Spec.Shape, positive.Contains(op.Label)));

    /// <summary>What the results should be.</summary>
    public IReadOnlyList<double[]> Expected() => Interpreter().Run([.. fetches.Select(fetch => fetch.Value)]);

    public Float64Interpreter Interpreter()
    {
        var interpreter = new Float64Interpreter();
        foreach ((string name, float[] values) in Feeds) interpreter.Feed(name, values.Select(value => (double)value));
        return interpreter;
    }

    /// <summary>
    /// Computes the results on a device. It runs twice if it can, so that what one run leaves behind would disturb the other.
    /// </summary>
    /// <param name="device">The device.</param>
    /// <param name="algorithm">How convolutions are computed.</param>
    /// <param name="cancellationToken">Ends the preparation.</param>
    /// <exception cref="NotSupportedException">The device computes a convolution another way than it should.</exception>
    public float[][] On(
        Device device, ConvolutionAlgorithm algorithm = ConvolutionAlgorithm.Auto, CancellationToken cancellationToken = default)
    {
        using Executable executable =
            device.Compile(Graph, new CompileOptions { ConvolutionAlgorithm = algorithm }, [.. fetches.Select(fetch => fetch.Value)],
                null, cancellationToken);
        executable.Prepare(cancellationToken);
        if (algorithm != ConvolutionAlgorithm.Auto
            && executable.Convolutions.FirstOrDefault(choice => choice.Algorithm != algorithm) is { } other)
            throw new NotSupportedException(
                $"{device.Info.Name} computes the {other.Pass.Name()} by {other.Algorithm.Name()}, not by {algorithm.Name()}.");
        for (int runs = Graph.Variables.Any() ? 1 : 2; runs > 0; runs--)
        {
            foreach (InputOp input in Graph.Nodes.Select(node => node.Op).OfType<InputOp>()
                .Where(input => executable.Inputs.Contains(input.Label)))
            {
                if (input.Spec.DType == DType.Int32)
                    executable.Write(input.Label, Array.ConvertAll(Feeds[input.Label], value => (int)value));
                else executable.Write(input.Label, Feeds[input.Label]);
            }
            executable.Run();
        }
        return [.. fetches.Select((fetch, i) =>
        {
            float[] values = new float[fetch.Value.Shape.Count];
            executable.Read(i, values);
            return values;
        })];
    }

    private void Differentiate(Value output)
    {
        Value[] with = [.. Graph.Named.Values.Where(value => value.Spec.DType == DType.Float32)];
        Value arriving = Graph.Input("arriving", output.Shape);
        IReadOnlyList<Value> gradients = Graph.Differentiate([output], [arriving], with);
        for (int i = 0; i < with.Length; i++) Fetch($"gradient of {with[i].Name}", gradients[i]);
    }

    private float[] Normals(Shape shape, bool above0)
    {
        var random = new RandomStream(Seed, drawn++);
        float[] values = new float[shape.Count];
        foreach (ref float value in values.AsSpan()) value = above0 ? 0.25f + Math.Abs(random.NextNormal()) : random.NextNormal();
        return values;
    }

    private float[] Integers(Shape shape)
    {
        var random = new RandomStream(Seed, drawn++);
        float[] values = new float[shape.Count];
        foreach (ref float value in values.AsSpan()) value = random.NextInt32(Classes);
        return values;
    }
}
