using System.Diagnostics;
using Fovea.Compilation;
using Fovea.Core;
using Fovea.Data;
using Fovea.Layers;

namespace Fovea.Training;

/// <summary>
/// Trains a network: owns the compiled steps and what the optimizer remembers. The same seed and data give the same result, bit
/// for bit, on any number of threads and across interruptions.
/// </summary>
/// <remarks>
/// A training that is long enough (<see cref="CompileOptions.WorkThatPays"/>) measures which algorithms suit its convolutions, if this
/// machine does not know yet, and they differ in rounding: with <see cref="CompileOptions.Reproducible"/> long trainings too give the same
/// bits everywhere.
/// </remarks>
public sealed class Trainer : IDisposable
{
    private readonly Dictionary<(int Batch, bool Training, bool IsWeighted), BatchProgram> programs = [];
    private readonly Lazy<Shape> outputShape;
    private TrainingRun? run;

    /// <summary>Prepares training. The network is initialised with the options' seed unless it has values already.</summary>
    /// <param name="network">The network.</param>
    /// <param name="device">Where to train it.</param>
    /// <param name="options">How to train it.</param>
    /// <exception cref="ArgumentException">
    /// An option is out of range, or training is to be resumed and no checkpoint is named.
    /// </exception>
    public Trainer(Network network, Device device, TrainerOptions? options = null)
    {
        (Network, Device, Options) = (network, device, options ?? new TrainerOptions());
        Require.Positive(Options.BatchSize, "TrainerOptions.BatchSize");
        Require.Positive(Options.Epochs, "TrainerOptions.Epochs");
        Require.NotNegative(Options.MaxSteps, "TrainerOptions.MaxSteps");
        ArgumentNullException.ThrowIfNull(Options.Task, "Task");
        if (Options.Resume && Options.CheckpointPath is null)
            throw new ArgumentException(
                "TrainerOptions.Resume goes on from a checkpoint, but TrainerOptions.CheckpointPath does not say where it is.",
                nameof(options));
        if (!(Options.Optimizer.LearningRate > 0) || float.IsInfinity(Options.Optimizer.LearningRate))
            throw new ArgumentException(
                $"The learning rate must be positive and finite, not {Options.Optimizer.LearningRate}.", nameof(options));
        network.EnsureParameters(Options.Seed);
        Optimizer = new OptimizerState(network, Options.Optimizer);
        outputShape = new(() => Network.Build().Named["output"].Shape);
    }

    /// <summary>The network.</summary>
    public Network Network { get; }

    /// <summary>Where it is trained.</summary>
    public Device Device { get; }

    /// <summary>How it is trained.</summary>
    public TrainerOptions Options { get; }

    /// <summary>How the convolutions of the training step are computed, once training has begun.</summary>
    public IReadOnlyList<ConvolutionChoice> Convolutions =>
        programs.Where(program => program.Key.Training).Select(program => program.Value.Executable.Convolutions).FirstOrDefault() ?? [];

    /// <summary>The memory plan of the training step, once training has begun.</summary>
    public MemoryPlan? Plan =>
        programs.Where(program => program.Key.Training).Select(program => program.Value.Executable.Plan).FirstOrDefault();

    /// <summary>Memory of parameters, optimizer state and all plans so far, in bytes.</summary>
    public long PeakBytes => programs.Values.Sum(program => program.Executable.Plan.PeakBytes)
        + (sizeof(float) * Optimizer.Slots.Sum(slot => slot.Parameter.Shape.Count * (1 + slot.States.Count)));

    /// <summary>
    /// What the learning rate of the schedule is multiplied by, from the next step on. It is 1 when training begins, and checkpoints
    /// remember it. For observers.
    /// </summary>
    /// <exception cref="InvalidOperationException">No training runs.</exception>
    /// <exception cref="ArgumentOutOfRangeException">It is not positive and finite.</exception>
    public float LearningRateFactor
    {
        get => Running.LearningRateFactor;
        set
        {
            if (!(value > 0) || float.IsInfinity(value))
                throw new ArgumentOutOfRangeException(nameof(value), value, "A factor of the learning rate is positive and finite.");
            Running.LearningRateFactor = value;
        }
    }

    /// <summary>
    /// How the examples of an epoch are divided into batches, in the training that runs or ran last; null before the first.
    /// </summary>
    public EpochBatches? EpochBatches { get; internal set; }

    internal OptimizerState Optimizer { get; }

    private Shape OutputOfOne => new(outputShape.Value.Dimensions[1..]);

    private TrainingRun Running =>
        run ?? throw new InvalidOperationException("No training runs. An observer may call this from Fit's events.");

    /// <summary>
    /// Ends the training that runs: after the present step, whose epoch is then measured as it stands, or after the present epoch. For
    /// observers; also from another thread.
    /// </summary>
    /// <param name="reason">Why, for <see cref="TrainingResult.StopReason"/>.</param>
    /// <exception cref="InvalidOperationException">No training runs.</exception>
    public void Stop(string reason) => Running.StopReason = reason;

    /// <summary>Has a checkpoint written once all observers have heard of the present event. For observers.</summary>
    /// <param name="path">The file; <see cref="TrainerOptions.CheckpointPath"/> if null.</param>
    /// <exception cref="InvalidOperationException">No training runs.</exception>
    /// <exception cref="ArgumentException">There is no path.</exception>
    public void RequestCheckpoint(string? path = null) => Running.RequestCheckpoint(
        path ?? Options.CheckpointPath
        ?? throw new ArgumentException("There is no place for a checkpoint: give a path, or set TrainerOptions.CheckpointPath."));

    /// <summary>Trains.</summary>
    /// <param name="train">What to learn from. Images are fitted to the network's input and normalised.</param>
    /// <param name="test">What to measure with after every epoch; null for nothing.</param>
    /// <param name="observer">Who is told how it goes, and may act; several as an <see cref="ObserverGroup"/>.</param>
    /// <param name="cancellationToken">Ends training between two steps or two batches of the test, after a checkpoint was written if there
    /// is a place for it; before the first step also between two runs of what is measured, and while kernels are compiled. Nothing has
    /// changed then.</param>
    /// <exception cref="OperationCanceledException">Training was cancelled.</exception>
    /// <exception cref="TrainingDivergedException">The loss became infinite or NaN.</exception>
    /// <exception cref="ArgumentException">The data do not fit the network or the task; nothing has changed.</exception>
    /// <exception cref="InvalidDataException">The checkpoint to resume from belongs to another training, or is none.</exception>
    /// <exception cref="IOException">
    /// The checkpoint is damaged or cannot be read, or a new one cannot be written, which is tried before training begins.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The device has been disposed.</exception>
    /// <exception cref="InvalidOperationException">The trainer is training already.</exception>
    public TrainingResult Fit(
        IDataset train, IDataset? test = null, ITrainingObserver? observer = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(train);
        Check(train);
        if (test is not null) Check(test);
        if (train is not LabelledImages && !Options.Augmentation.IsNone)
            throw new ArgumentException(
                $"TrainerOptions.Augmentation varies images, but {train.Name} is no image set. Vary its examples where it fills them in.",
                nameof(train));
        var started = new TrainingRun(this, train, test, observer);
        if (Interlocked.CompareExchange(ref run, started, null) is not null)
            throw new InvalidOperationException("The trainer is training already. Make another one for another training.");
        try
        {
            return started.Execute(cancellationToken);
        }
        finally
        {
            run = null;
        }
    }

    /// <summary>Measures the network on examples.</summary>
    /// <exception cref="ArgumentException">The data do not fit the network or the task.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public EvaluationResult Evaluate(IDataset data, CancellationToken cancellationToken = default) =>
        Evaluate(data, null, cancellationToken);

    /// <summary>Measures the network on examples, and tells how far it is.</summary>
    /// <param name="data">The examples.</param>
    /// <param name="progress">Is told after each batch; null for nobody.</param>
    /// <param name="cancellationToken">Ends it between two batches, or while the first one waits for kernels.</param>
    /// <exception cref="ArgumentException">The data do not fit the network or the task.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public EvaluationResult Evaluate(
        IDataset data, IProgress<EvaluationProgress>? progress, CancellationToken cancellationToken = default) =>
        Evaluate(data, progress, new PreparationRelay(null, Device), cancellationToken);

    internal EvaluationResult Evaluate(
        IDataset data, IProgress<EvaluationProgress>? progress, PreparationRelay preparation, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (data.Count == 0) throw new ArgumentException("The data set has no examples to measure the network on.", nameof(data));
        Check(data);
        long start = Stopwatch.GetTimestamp();
        IDataset examples = Prepare(data, training: false);
        int size = Math.Min(Options.BatchSize, examples.Count);
        using var loader = new BatchLoader(examples, new BatchLoaderOptions { BatchSize = size, Seed = Options.Seed });
        Shape output = OutputOfOne;
        IReadOnlyList<Metric> metrics = Options.Task.AllMetrics(output);
        float[] outputs = [];
        MetricSums? sums = null;
        double loss = 0, weight = 0;
        int done = 0;
        foreach (Batch batch in loader.Epoch(0, 0, cancellationToken))
        {
            BatchProgram program = Program(batch.Count, training: false, batch.IsWeighted, 0, preparation, cancellationToken);
            float mean = program.Run(batch);
            loss += mean * program.LossWeight;
            weight += program.LossWeight;
            sums ??= new MetricSums(program.Metrics);
            sums.Add(program.Sums, program.Counted);
            progress?.Report(new EvaluationProgress(done += batch.Count, examples.Count));
            if (metrics.Count == 0) continue;
            Array.Resize(ref outputs, checked(batch.Count * (int)output.Count));
            program.ReadOutput(outputs);
            foreach (Metric metric in metrics) metric.Add(new EvaluatedBatch(batch.Count, output, outputs, program.Labels, batch.Targets));
        }
        var results = new MetricValues([.. sums!.Snapshot().Select(item => (item.Key, item.Value)),
            .. metrics.SelectMany(metric => metric.Results())]);
        return new EvaluationResult(
            weight == 0 ? 0 : loss / weight, results, examples.Count, Stopwatch.GetElapsedTime(start).TotalSeconds)
        { Details = metrics };
    }

    /// <summary>Gives the memory of the compiled steps back. The network keeps its parameters.</summary>
    public void Dispose()
    {
        foreach (BatchProgram program in programs.Values) program.Dispose();
        programs.Clear();
    }

    /// <summary>The compiled step for a size of batch, ready to run.</summary>
    internal BatchProgram Program(
        int batch, bool training, bool isWeighted, long runs = 0, PreparationRelay? preparation = null,
        CancellationToken cancellationToken = default)
    {
        if (programs.TryGetValue((batch, training, isWeighted), out BatchProgram? known)) return known;
        CompileOptions compile = Options.Compile with { ExpectedRuns = Math.Max(runs, Options.Compile.ExpectedRuns) };
        BatchProgram program = training
            ? BatchProgram.ForTraining(Network, Options, Optimizer, batch, Device, compile, isWeighted, preparation, cancellationToken)
            : BatchProgram.ForEvaluation(
                Network, Options.Task, batch, Device, compile, isWeighted, fetchOutput: Options.Task.AllMetrics(OutputOfOne).Count > 0,
                preparation, cancellationToken);
        try
        {
            program.Executable.Prepare(cancellationToken);
        }
        catch
        {
            program.Dispose();
            throw;
        }
        return programs[(batch, training, isWeighted)] = program;
    }

    /// <summary>The examples as the network takes them.</summary>
    internal IDataset Prepare(IDataset data, bool training)
    {
        if (data is not LabelledImages images) return data;
        Normalization normalization = Network.Normalization ?? images.Normalization;
        FittedImages fitted = images.Fit(ImageInput(data), normalization, training ? Options.Augmentation : Augmentation.None);
        Network.Normalization = normalization;
        return fitted;
    }

    /// <summary>Checks that a set fits network and task.</summary>
    private void Check(IDataset data)
    {
        if (data.Count == 0) throw new ArgumentException($"{data.Name} has no examples.", nameof(data));
        if (data is LabelledImages) ImageInput(data);
        else if (data.InputShape != Network.InputShape)
            throw new ShapeException($"{data.Name} gives inputs of {data.InputShape}, but the network takes {Network.InputShape}.");
        TensorSpec expected = OfOne(Options.Task.Target(outputShape.Value)), given = data.Target;
        if (expected.DType != given.DType || !Trimmed(expected.Shape).SequenceEqual(Trimmed(given.Shape)))
        {
            string task = $"{Options.Task.Name} of a network that gives {OutputOfOne} takes {Describe(expected)}";
            throw new ShapeException(
                $"{data.Name} has a target of {Describe(given)} an example, but {task}. Set TrainerOptions.Task to go with the data.");
        }
        if (data is TensorDataset tensors) CheckTargets(tensors);
        if (data.ClassNames.Count > Network.Classes)
            throw new ArgumentException(
                $"{data.Name} has {data.ClassNames.Count} classes, but the network tells only {Network.Classes} apart.", nameof(data));

        static string Describe(TensorSpec spec) => spec.DType == DType.Int32
            ? spec.Shape.Rank == 0 ? "one label" : $"{spec.Shape} labels"
            : spec.Shape.Rank == 0 ? "one number" : $"{spec.Shape} numbers";
    }

    /// <summary>Checks all targets of a set in memory before anything changes; those of other sets are checked batch by batch.</summary>
    private void CheckTargets(TensorDataset data)
    {
        int perExample = (int)data.Target.Shape.Count;
        if (data.Target.DType == DType.Int32)
            TargetCheck.Labels(data.Labels, OutputOfOne[^1], Options.Task.PaddingLabel, perExample, data.AllExamples, data.Name);
        else TargetCheck.Numbers(Options.Task, data.Targets, perExample, data.AllExamples, data.Name);
    }

    private ImageShape ImageInput(IDataset data) => ImageShape.Of(Network.InputShape)
        ?? throw new ShapeException($"{data.Name} has images, but the network takes {Network.InputShape}.");

    /// <summary>Sizes without those of 1, which change nothing about the order of the numbers.</summary>
    private static IEnumerable<int> Trimmed(Shape shape) => shape.Where(size => size != 1);

    private static TensorSpec OfOne(TensorSpec batch) => batch with { Shape = new Shape(batch.Shape.Dimensions[1..]) };
}
