using Fovea.Compilation;
using Fovea.Core.Files;
using Fovea.Execution;
using Fovea.Graph;
using Fovea.Layers;
using Fovea.Optimizers;

namespace Fovea.Verification;

/// <summary>How a case ended.</summary>
public enum SelfTestStatus
{
    /// <summary>Every result agrees.</summary>
    Pass,

    /// <summary>A result is beyond its tolerance.</summary>
    Fail,

    /// <summary>The operation, or this form of it, does not exist yet.</summary>
    Unsupported,
}

/// <summary>What one case gave.</summary>
/// <param name="Case">Its name.</param>
/// <param name="Op">The operation.</param>
/// <param name="Status">How it ended.</param>
/// <param name="MaxError">The largest absolute error of the result that came nearest to its tolerance, or exceeded it most.</param>
/// <param name="Tolerance">That result's tolerance.</param>
/// <param name="Detail">Which result that was, or why the case failed.</param>
public sealed record SelfTestResult(string Case, string Op, SelfTestStatus Status, double MaxError, double Tolerance, string Detail = "");

/// <summary>Compares a device with reference cases: outputs and gradients.</summary>
public static class SelfTest
{
    /// <summary>Runs every case of a folder, in the order of their names.</summary>
    /// <param name="device">The device.</param>
    /// <param name="folder">The folder.</param>
    /// <param name="progress">Is told the name of each case before it runs; null for nobody.</param>
    /// <param name="cancellationToken">Ends it between two cases, or while one is prepared.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="FileNotFoundException">The folder has no cases.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static IEnumerable<SelfTestResult> RunFolder(
        Device device, string folder, IProgress<string>? progress = null, CancellationToken cancellationToken = default)
    {
        InputPath.CheckFolder(folder);
        string[] files = [.. Directory.EnumerateFiles(folder, "*.safetensors").Order(StringComparer.Ordinal)];
        if (files.Length == 0) throw new FileNotFoundException($"{folder} holds no reference cases (*.safetensors).");
        return files.Select(file =>
        {
            Begin(Path.GetFileNameWithoutExtension(file), progress, cancellationToken);
            return Run(device, ReferenceCase.Load(file), cancellationToken);
        });
    }

    /// <summary>
    /// Runs cases that need no files: every operation with its gradients, convolutions by every algorithm that the device has, and a
    /// training step of LeNet-5, against a plain computation in double precision. What the device does not have is unsupported.
    /// </summary>
    /// <param name="device">The device.</param>
    /// <param name="progress">Is told the name of each case before it runs; null for nobody.</param>
    /// <param name="cancellationToken">Ends it between two cases, or while one is prepared.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static IEnumerable<SelfTestResult> RunBuiltIn(
        Device device, IProgress<string>? progress = null, CancellationToken cancellationToken = default) =>
        BuiltInCases.All.Concat(ConvolutionCases.Of(device)).Select(source =>
        {
            Begin(source.Name, progress, cancellationToken);
            return Run(device, source, cancellationToken: cancellationToken);
        });

    private static void Begin(string name, IProgress<string>? progress, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        progress?.Report(name);
    }

    /// <summary>Runs one graph; results may be wrong by its case's share of the largest value.</summary>
    /// <param name="device">The device.</param>
    /// <param name="source">The graph.</param>
    /// <param name="reference">What must come out; computed if null.</param>
    /// <param name="cancellationToken">Ends the preparation.</param>
    internal static SelfTestResult Run(
        Device device, GraphCase source, IReadOnlyList<double[]>? reference = null, CancellationToken cancellationToken = default)
    {
        GraphRun run = GraphRun.Of(source);
        string op = run.Fetches.Single(fetch => fetch.Name == "output").Value.Producer.Op.GetType().Name;
        // Before the device runs: its updates change the variables themselves.
        IReadOnlyList<double[]> expected = reference ?? run.Expected();
        float[][] actual;
        try
        {
            actual = run.On(device, source.Algorithm, cancellationToken);
        }
        catch (NotSupportedException exception)
        {
            return new SelfTestResult(source.Name, op, SelfTestStatus.Unsupported, 0, 0, exception.Message);
        }
        return Judge(source.Name, op, run.Fetches.Select((fetch, i) => (
            fetch.Name, (float[]?)actual[i], expected[i], source.Tolerance * expected[i].Max(Math.Abs))));
    }

    /// <summary>Runs one case.</summary>
    /// <param name="device">The device.</param>
    /// <param name="source">The case.</param>
    /// <param name="cancellationToken">Ends the preparation.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static SelfTestResult Run(Device device, ReferenceCase source, CancellationToken cancellationToken = default)
    {
        try
        {
            Dictionary<string, float[]>? results = source.Op switch
            {
                "optim_sgd" => Optimize(device, source, new Sgd(
                    Number(source, "lr"), Number(source, "momentum"),
                    Flag(source, "nesterov"))
                { WeightDecay = Number(source, "weight_decay") }),
                "optim_adam" => Optimize(device, source, new Adam(
                    Number(source, "lr"), Number(source, "beta1"), Number(source, "beta2"),
                    Number(source, "eps"))
                { WeightDecay = Number(source, "weight_decay") }),
                "optim_rmsprop" => Optimize(device, source, new RmsProp(
                    Number(source, "lr"), Number(source, "alpha"), Number(source, "eps"))
                { WeightDecay = Number(source, "weight_decay") }),
                "optim_adamw" => Optimize(device, source, new AdamW(
                    Number(source, "lr"), Number(source, "beta1"), Number(source, "beta2"), Number(source, "eps"))
                { WeightDecay = Number(source, "weight_decay") }),
                "optim_nadam" => Optimize(device, source, new NAdam(
                    Number(source, "lr"), Number(source, "beta1"), Number(source, "beta2"), Number(source, "eps"),
                    Number(source, "momentum_decay"))
                { WeightDecay = Number(source, "weight_decay") }),
                "optim_adagrad" => Optimize(device, source, new Adagrad(Number(source, "lr"), Number(source, "eps"))
                { WeightDecay = Number(source, "weight_decay") }),
                "optim_lion" => Optimize(device, source, new Lion(Number(source, "lr"), Number(source, "beta1"), Number(source, "beta2"))
                { WeightDecay = Number(source, "weight_decay") }),
                _ => Compute(device, source, cancellationToken),
            };
            return results is null ? new SelfTestResult(source.Name, source.Op, SelfTestStatus.Unsupported, 0, 0)
                : Compare(source, results);
        }
        catch (Exception exception) when (
            exception is ShapeException or NotSupportedException or KeyNotFoundException or InvalidOperationException)
        {
            return new SelfTestResult(source.Name, source.Op, SelfTestStatus.Fail, double.NaN, 0, exception.Message);
        }
    }

    private static Dictionary<string, float[]>? Compute(Device device, ReferenceCase source, CancellationToken cancellationToken)
    {
        if (ReferenceGraphs.Build(source) is not { } built) return null;
        ComputationGraph graph = built.Graph;
        // An output without a given gradient does not take part in the differentiation.
        string[] differentiated = [.. built.Outputs.Keys.Where(output => source.Has($"grad_{output}"))];
        string[] with = [.. source.Gradients.Select(gradient => gradient["grad_".Length..])];
        Value[] arriving = [.. differentiated.Select(output => graph.Input($"grad_{output}", built.Outputs[output].Shape))];
        IReadOnlyList<Value> gradients = with.Length == 0 ? [] : graph.Differentiate(
            [.. differentiated.Select(output => built.Outputs[output])], arriving, [.. with.Select(name => built.Inputs[name])]);

        (string Name, Value Value, ParameterLayout Layout)[] wanted =
        [
            .. built.Outputs.Where(output => source.Outputs.Contains(output.Key))
                .Select(output => (output.Key, output.Value, built.Layout(output.Key))),
            .. with.Select((name, i) => ($"grad_{name}", gradients[i], built.Layout(name))),
        ];
        using Executable executable = device.Compile(
            graph, CompileOptions.Default, [.. wanted.Select(item => item.Value)], null, cancellationToken);
        executable.Prepare(cancellationToken);
        foreach (string name in executable.Inputs)
        {
            if (built.Inputs.TryGetValue(name, out Value? input) && input.Spec.DType == DType.Int32)
                executable.Write(name, (int[])[.. source.Values(name).ToArray().Select(value => (int)value)]);
            else
                executable.Write(name, Reorder(source, name, built.Layout(name)));
        }
        executable.Run();

        var results = new Dictionary<string, float[]>();
        for (int i = 0; i < wanted.Length; i++)
        {
            Shape shape = wanted[i].Value.Shape;
            float[] values = new float[shape.Count], external = new float[shape.Count];
            executable.Read(i, values);
            wanted[i].Layout.ToExternal(shape, values, external);
            results[wanted[i].Name] = external;
        }
        return results;
    }

    private static Dictionary<string, float[]> Optimize(Device device, ReferenceCase source, Optimizer optimizer)
    {
        var graph = new ComputationGraph();
        var parameter = new Variable("param", source.Shape("param"));
        source.Values("param").CopyTo(parameter.Value.Span);
        Variable[] states = [.. optimizer.StateNames.Select(name => new Variable(name, parameter.Shape))];
        Value gradient = graph.Input("grad", parameter.Shape);
        Value[] inputs = [.. Enumerable.Range(0, optimizer.ScalarCount).Select(i => graph.Input($"scalar{i}", Shape.Scalar))];
        optimizer.AddUpdate(graph.Read(parameter), gradient, [.. states.Select(graph.Read)], inputs);
        using Executable executable = device.Compile(graph, graph.Read(parameter));

        var results = new Dictionary<string, float[]>();
        float[] scalars = new float[optimizer.ScalarCount];
        for (int step = 0; source.Has($"grad{step}"); step++)
        {
            optimizer.Scalars(step + 1, optimizer.LearningRate, scalars);
            executable.Write("grad", source.Values($"grad{step}"));
            for (int i = 0; i < scalars.Length; i++) executable.Write($"scalar{i}", scalars.AsSpan(i, 1));
            executable.Run();
            float[] after = new float[parameter.Shape.Count];
            executable.Read(0, after);
            results[$"param_after{step}"] = after;
        }
        return results;
    }

    private static SelfTestResult Compare(ReferenceCase source, Dictionary<string, float[]> results) => Judge(source.Name, source.Op,
        source.Outputs.Concat(source.Gradients).Select(name =>
            (name, results.GetValueOrDefault(name), Array.ConvertAll(source.Values(name).ToArray(), value => (double)value),
                (double)source.Tolerance(name))));

    /// <summary>Finds the result that is farthest beyond its tolerance, or nearest to it.</summary>
    internal static SelfTestResult Judge(
        string name, string op, IEnumerable<(string Name, float[]? Actual, double[] Expected, double Tolerance)> results)
    {
        SelfTestResult? worst = null;
        double worstRatio = -1;
        foreach ((string result, float[]? actual, double[] expected, double tolerance) in results)
        {
            if (actual?.Length != expected.Length)
                return new SelfTestResult(name, op, SelfTestStatus.Fail, double.NaN, 0,
                    $"{result} has {actual?.Length ?? 0} elements instead of {expected.Length}");
            double error = 0;
            for (int i = 0; i < actual.Length; i++)
                error = Math.Max(error, actual[i] == expected[i] ? 0 : Math.Abs(actual[i] - expected[i]));
            // What is not a number is wrong by any measure, and stays so through the maximum.
            double ratio = error == 0 ? 0 : double.IsNaN(error / tolerance) ? double.PositiveInfinity : error / tolerance;
            if (ratio <= worstRatio) continue;
            worstRatio = ratio;
            worst = new SelfTestResult(name, op, ratio <= 1 ? SelfTestStatus.Pass : SelfTestStatus.Fail, error, tolerance, result);
        }
        return worst ?? new SelfTestResult(name, op, SelfTestStatus.Fail, double.NaN, 0, "the case has no results");
    }

    private static float[] Reorder(ReferenceCase source, string name, ParameterLayout layout)
    {
        Shape shape = layout.Internal(source.Shape(name));
        float[] values = new float[shape.Count];
        layout.FromExternal(shape, source.Values(name), values);
        return values;
    }

    private static float Number(ReferenceCase source, string name) =>
        source.Attributes.TryGetProperty(name, out System.Text.Json.JsonElement value) ? value.GetSingle() : 0;

    private static bool Flag(ReferenceCase source, string name) =>
        source.Attributes.TryGetProperty(name, out System.Text.Json.JsonElement value) && value.GetBoolean();
}
