using Fovea.Compilation;
using Fovea.Data;
using Fovea.Execution;
using Fovea.Graph;
using Fovea.Layers;

namespace Fovea.Training;

/// <summary>One batch, compiled: forward, loss and metrics, and in training the gradients and the update as well.</summary>
internal sealed class BatchProgram : IDisposable
{
    private readonly Executable executable;
    private readonly BatchFeeder feeder;
    private readonly bool hasStep;
    private readonly string[] scalarNames;
    private readonly float[] sums;

    private BatchProgram(ComputationGraph graph, TrainingTask task, bool isWeighted, bool fetchOutput, Device device,
        CompileOptions? compile, Action<ComputationGraph, Value>? addUpdates, IProgress<PreparationProgress>? progress,
        CancellationToken cancellationToken)
    {
        Value output = graph.Named["output"];
        TensorSpec target = task.Target(output.Shape);
        var values = new TaskValues(output, target, isWeighted);
        Value loss = task.AddLoss(values);
        if (loss.Shape.Count != 1)
            throw new ShapeException($"The loss of {task.Name} is {loss.Shape}, but must be one number. Take its sum or mean.");
        Metrics = task.AddMetrics(values);
        foreach (StepMetric metric in Metrics)
        {
            if (metric.Sum.Shape.Count != 1)
                throw new ShapeException(
                    $"The metric {metric.Name} of {task.Name} is {metric.Sum.Shape}, but must be one number. Take its sum.");
        }
        addUpdates?.Invoke(graph, loss);
        executable = device.Compile(graph, compile ?? CompileOptions.Default,
            [loss, .. Metrics.Select(metric => metric.Sum), .. fetchOutput ? new[] { output } : []], progress, cancellationToken);
        feeder = new BatchFeeder(executable, output.Shape, target, task);
        OutputShape = new Shape(output.Shape.Dimensions[1..]);
        sums = new float[Metrics.Count];
        hasStep = executable.Inputs.Contains("step");
        // Kept, since making them in every step would allocate.
        scalarNames = [.. Enumerable.Range(0, executable.Inputs.Count).Select(ScalarName).TakeWhile(executable.Inputs.Contains)];
    }

    public Executable Executable => executable;

    /// <summary>What every run measures.</summary>
    public IReadOnlyList<StepMetric> Metrics { get; }

    /// <summary>The sums of the last run's metrics.</summary>
    public ReadOnlySpan<float> Sums => sums;

    /// <summary>How many targets the last run had, padding not counted.</summary>
    public long Counted => feeder.Counted;

    /// <summary>What the last run's loss is to be multiplied by, to take the mean over batches.</summary>
    public double LossWeight => feeder.LossWeight;

    /// <summary>The labels of the last run, −1 for padding.</summary>
    public ReadOnlySpan<int> Labels => feeder.Labels;

    /// <summary>The sizes of one example's output.</summary>
    public Shape OutputShape { get; }

    /// <summary>Compiles a training step.</summary>
    public static BatchProgram ForTraining(
        Network network, TrainerOptions options, OptimizerState state, int batch, Device device, CompileOptions? compile = null,
        bool isWeighted = false, IProgress<PreparationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ComputationGraph graph = network.Build(batch, training: true, options.Seed);
        return new BatchProgram(graph, options.Task, isWeighted, fetchOutput: false, device, compile, (g, loss) =>
        {
            Value[] parameters = [.. state.Slots.Select(slot => g.Read(slot.Parameter))];
            IReadOnlyList<Value> gradients = g.Differentiate(loss, parameters);
            Value[] scalars = [.. Enumerable.Range(0, options.Optimizer.ScalarCount).Select(i => g.Input(ScalarName(i), Shape.Scalar))];
            for (int i = 0; i < parameters.Length; i++)
                options.Optimizer.AddUpdate(parameters[i], gradients[i], [.. state.Slots[i].States.Select(g.Read)], scalars);
        }, progress, cancellationToken);
    }

    /// <summary>Compiles forward pass, loss and metrics.</summary>
    public static BatchProgram ForEvaluation(
        Network network, TrainingTask task, int batch, Device device, CompileOptions? compile = null, bool isWeighted = false,
        bool fetchOutput = false, IProgress<PreparationProgress>? progress = null, CancellationToken cancellationToken = default) =>
        new(network.Build(batch), task, isWeighted, fetchOutput, device, compile, addUpdates: null, progress, cancellationToken);

    /// <summary>Runs on one batch.</summary>
    /// <param name="batch">The examples.</param>
    /// <param name="step">The number of the training step.</param>
    /// <param name="scalars">The optimizer's numbers.</param>
    /// <returns>The loss.</returns>
    /// <exception cref="ArgumentException">
    /// A label is no class of the network, a target not what the task takes, or a weight no weight. Nothing has run.
    /// </exception>
    public float Run(Batch batch, int step = 0, ReadOnlySpan<float> scalars = default) =>
        Run(batch.Inputs, batch.Labels, batch.Targets, batch.Weights, batch.Examples, step, scalars);

    /// <summary>Runs on labelled inputs that all count the same.</summary>
    public float Run(ReadOnlySpan<float> inputs, ReadOnlySpan<int> labels, int step = 0, ReadOnlySpan<float> scalars = default) =>
        Run(inputs, labels, [], [], [], step, scalars);

    /// <summary>Copies the outputs of the last run.</summary>
    public void ReadOutput(Span<float> outputs) => executable.Read(1 + sums.Length, outputs);

    public void Dispose() => executable.Dispose();

    private static string ScalarName(int index) => FormattableString.Invariant($"optimizer.{index}");

    private float Run(ReadOnlySpan<float> inputs, ReadOnlySpan<int> labels, ReadOnlySpan<float> targets, ReadOnlySpan<float> weights,
        ReadOnlySpan<int> examples, int step, ReadOnlySpan<float> scalars)
    {
        feeder.Feed(inputs, labels, targets, weights, examples);
        if (hasStep) executable.Write("step", new ReadOnlySpan<int>(ref step));
        for (int i = 0; i < scalars.Length; i++) executable.Write(scalarNames[i], scalars.Slice(i, 1));
        executable.Run();
        for (int i = 0; i < sums.Length; i++) sums[i] = executable.Read(1 + i);
        return executable.Read(0);
    }
}
