using Fovea.Compilation;
using Fovea.Execution;
using Fovea.Graph;
using Fovea.Layers;
using Fovea.Losses;
using Fovea.Ops;

namespace Fovea.Training;

/// <summary>What an optimizer remembers, for each parameter in order.</summary>
internal sealed class OptimizerState
{
    public OptimizerState(Network network, Optimizers.Optimizer optimizer)
    {
        Slots = [.. network.Parameters.Select(parameter => (parameter, (IReadOnlyList<Variable>)[.. optimizer.StateNames.Select(name => new Variable($"optimizer.{name}.{parameter.Name}", parameter.Shape))]))];
    }

    public IReadOnlyList<(Parameter Parameter, IReadOnlyList<Variable> States)> Slots { get; }

    public IEnumerable<(string Name, Variable Variable, ParameterLayout Layout)> Stored =>
        Slots.SelectMany(slot => slot.States.Select(state => (state.Name, state, slot.Parameter.Layout)));
}

/// <summary>One batch, compiled: forward and loss, and in training the gradients and the update as well.</summary>
internal sealed class BatchProgram : IDisposable
{
    private readonly Executable executable;
    private readonly TensorSpec target;
    private readonly bool hasStep;
    private readonly float[] oneHot;
    private readonly string[] scalarNames;
    private readonly int batch, classes;

    private BatchProgram(ComputationGraph graph, Loss loss, int batch, Device device, CompileOptions? compile, Action<ComputationGraph, Value>? addUpdates)
    {
        this.batch = batch;
        Value output = graph.Named["output"];
        classes = output.Shape[^1];
        target = loss.Target(output.Shape);
        Value labels = graph.Input("labels", new Shape(batch), DType.Int32);
        Value expected = target.DType == DType.Int32 ? labels : graph.Input("target", target.Shape);
        oneHot = target.DType == DType.Int32 ? [] : new float[target.Shape.Count];
        Value value = loss.Apply(output, expected);
        Value correct = graph.Add(new CorrectCountOp(), output, labels);
        addUpdates?.Invoke(graph, value);
        executable = device.Compile(graph, compile ?? CompileOptions.Default, value, correct);
        hasStep = executable.Inputs.Contains("step");
        // Kept, since making them in every step would allocate.
        scalarNames = [.. Enumerable.Range(0, executable.Inputs.Count).Select(ScalarName).TakeWhile(executable.Inputs.Contains)];
    }

    public Executable Executable => executable;

    /// <summary>Compiles a training step.</summary>
    public static BatchProgram ForTraining(Network network, TrainerOptions options, OptimizerState state, int batch, Device device, CompileOptions? compile = null)
    {
        ComputationGraph graph = network.Build(batch, training: true, options.Seed);
        return new BatchProgram(graph, options.Loss, batch, device, compile, (g, loss) =>
        {
            Value[] parameters = [.. state.Slots.Select(slot => g.Read(slot.Parameter))];
            IReadOnlyList<Value> gradients = g.Differentiate(loss, parameters);
            Value[] scalars = [.. Enumerable.Range(0, options.Optimizer.ScalarCount).Select(i => g.Input(ScalarName(i), Shape.Scalar))];
            for (int i = 0; i < parameters.Length; i++)
                options.Optimizer.AddUpdate(parameters[i], gradients[i], [.. state.Slots[i].States.Select(g.Read)], scalars);
        });
    }

    /// <summary>Compiles forward pass and loss.</summary>
    public static BatchProgram ForEvaluation(Network network, Loss loss, int batch, Device device, CompileOptions? compile = null) =>
        new(network.Build(batch), loss, batch, device, compile, addUpdates: null);

    private static string ScalarName(int index) => FormattableString.Invariant($"optimizer.{index}");

    /// <summary>Runs on one batch.</summary>
    /// <param name="pixels">Images as the network takes them.</param>
    /// <param name="labels">A label an image.</param>
    /// <param name="step">The number of the training step.</param>
    /// <param name="scalars">The optimizer's numbers.</param>
    /// <returns>The loss, and how many were classified rightly.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A label is no class of the network. Nothing has run.</exception>
    public (float Loss, int Correct) Run(ReadOnlySpan<float> pixels, ReadOnlySpan<int> labels, int step = 0, ReadOnlySpan<float> scalars = default)
    {
        // Here, since a device's kernels cannot throw.
        int wrong = labels.IndexOfAnyExceptInRange(0, classes - 1);
        if (wrong >= 0) throw new ArgumentOutOfRangeException(nameof(labels), $"Example {wrong} of the batch has label {labels[wrong]}, but the network has classes 0 to {classes - 1}.");
        executable.Write("input", pixels);
        executable.Write("labels", labels);
        if (oneHot.Length > 0)
        {
            oneHot.AsSpan().Clear();
            for (int i = 0; i < batch; i++) oneHot[(i * classes) + labels[i]] = 1;
            executable.Write("target", oneHot);
        }
        if (hasStep) executable.Write("step", new ReadOnlySpan<int>(ref step));
        for (int i = 0; i < scalars.Length; i++) executable.Write(scalarNames[i], scalars.Slice(i, 1));
        executable.Run();
        return (executable.Read(0), (int)executable.Read(1));
    }

    public void Dispose() => executable.Dispose();
}
