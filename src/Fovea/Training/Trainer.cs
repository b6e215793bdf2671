using System.Diagnostics;
using System.Globalization;
using Fovea.Compilation;
using Fovea.Data;
using Fovea.Graph;
using Fovea.Layers;

namespace Fovea.Training;

/// <summary>
/// Trains a network: owns the compiled steps and what the optimizer remembers. The same seed and data give the same result, bit
/// for bit, on any number of threads and across interruptions.
/// </summary>
/// <remarks>
/// A training that is long enough (<see cref="CompileOptions.WorkThatPays"/>) measures which algorithms suit its convolutions, if this machine
/// does not know yet, and they differ in rounding: with <see cref="CompileOptions.Reproducible"/> long trainings too give the same bits everywhere.
/// </remarks>
public sealed class Trainer : IDisposable
{
    private readonly Dictionary<(int Batch, bool Training), BatchProgram> programs = [];
    private readonly OptimizerState optimizer;
    private readonly float[] scalars;

    /// <summary>Prepares training. The network is initialised with the options' seed unless it has values already.</summary>
    /// <param name="network">The network.</param>
    /// <param name="device">Where to train it.</param>
    /// <param name="options">How to train it.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public Trainer(Network network, Device device, TrainerOptions? options = null)
    {
        (Network, Device, Options) = (network, device, options ?? new TrainerOptions());
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Options.BatchSize, "BatchSize");
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Options.Epochs, "Epochs");
        ArgumentOutOfRangeException.ThrowIfNegative(Options.MaxSteps, "MaxSteps");
        if (!(Options.Optimizer.LearningRate > 0) || float.IsInfinity(Options.Optimizer.LearningRate))
            throw new ArgumentException($"The learning rate must be positive and finite, not {Options.Optimizer.LearningRate}.", nameof(options));
        network.EnsureParameters(Options.Seed);
        optimizer = new OptimizerState(network, Options.Optimizer);
        scalars = new float[Options.Optimizer.ScalarCount];
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
    public MemoryPlan? Plan => programs.Where(program => program.Key.Training).Select(program => program.Value.Executable.Plan).FirstOrDefault();

    /// <summary>Memory of parameters, optimizer state and all plans so far, in bytes.</summary>
    public long PeakBytes => programs.Values.Sum(program => program.Executable.Plan.PeakBytes)
        + (sizeof(float) * optimizer.Slots.Sum(slot => slot.Parameter.Shape.Count * (1 + slot.States.Count)));

    /// <summary>Trains.</summary>
    /// <param name="train">What to learn from.</param>
    /// <param name="test">What to measure with after every epoch; null for nothing.</param>
    /// <param name="observer">Who is told how it goes.</param>
    /// <param name="cancellationToken">Ends training between two steps or two batches of the test, after a checkpoint was written if there is a place for it.</param>
    /// <exception cref="OperationCanceledException">Training was cancelled.</exception>
    /// <exception cref="TrainingDivergedException">The loss became infinite or NaN.</exception>
    /// <exception cref="InvalidDataException">The checkpoint to resume from belongs to another training, or is none.</exception>
    /// <exception cref="IOException">The checkpoint is damaged or cannot be read, or a new one cannot be written.</exception>
    public TrainingResult Fit(
        LabelledImages train, LabelledImages? test = null, ITrainingObserver? observer = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(train);
        if (train.ClassNames.Count > Network.Classes)
            throw new ArgumentException($"{train.Name} has {train.ClassNames.Count} classes, but the network tells only {Network.Classes} apart.", nameof(train));
        Network.Normalization ??= train.Normalization;
        Network.ClassNames = train.ClassNames;

        int batch = Math.Min(Options.BatchSize, train.Count);
        using BatchLoader loader = Load(train, batch, training: true);
        int batches = loader.BatchesPerEpoch;
        long totalSteps = (long)batches * Options.Epochs;
        if (Options.MaxSteps > 0) totalSteps = Math.Min(totalSteps, Options.MaxSteps);
        BatchProgram program = Program(batch, training: true, totalSteps);

        var state = new TrainingState { Settings = Settings(train, batch) };
        if (Options.Resume && Options.CheckpointPath is { } existing && File.Exists(existing)) state = Checkpoint.Load(existing, Network, optimizer, state.Settings);
        observer?.Started(this, state.Step);
        long runStart = Stopwatch.GetTimestamp();
        double secondsBefore = state.Seconds;
        List<EpochResult> epochs = [.. state.Epochs];

        // An epoch that was interrupted while it was being tested has all its batches behind it, but no result yet.
        while (state.Epoch < Options.Epochs && (state.Step < totalSteps || state.Batch == batches))
        {
            long epochStart = Stopwatch.GetTimestamp();
            double epochBefore = state.EpochSeconds;
            int firstBatch = state.Batch;
            foreach (ImageBatch images in loader.Epoch(state.Epoch, firstBatch, CancellationToken.None))
            {
                if (cancellationToken.IsCancellationRequested)
                {
                    Save(observer, state with { EpochSeconds = epochBefore + Elapsed(epochStart), Seconds = secondsBefore + Elapsed(runStart) });
                    cancellationToken.ThrowIfCancellationRequested();
                }

                float rate = Options.Optimizer.LearningRate * Options.Schedule.Factor(state.Step, batches, totalSteps);
                Options.Optimizer.Scalars((int)(state.Step + 1), rate, scalars);
                (float loss, int correct) = program.Run(images.Pixels, images.Labels, (int)state.Step, scalars);
                if (!float.IsFinite(loss))
                    throw new TrainingDivergedException(string.Create(CultureInfo.InvariantCulture,
                        $"The loss became {loss} at step {state.Step + 1} (epoch {state.Epoch + 1}, batch {state.Batch + 1}). Try a learning rate below {rate}."));
                state = state with { Batch = state.Batch + 1, Step = state.Step + 1, LossSum = state.LossSum + loss, Correct = state.Correct + correct };

                int done = state.Batch - firstBatch;
                double seconds = Elapsed(epochStart);
                observer?.StepEnded(new TrainingProgress(state.Epoch + 1, Options.Epochs, state.Batch, batches, state.Step, loss, state.LossSum / state.Batch,
                    (double)state.Correct / ((long)state.Batch * batch), rate, done * batch / seconds, TimeSpan.FromSeconds((totalSteps - state.Step) * seconds / done)));
                if (state.Step >= totalSteps) break;
            }

            observer?.Evaluating(state.Epoch + 1);
            EvaluationResult? evaluation;
            try
            {
                evaluation = test is null ? null : Evaluate(test, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                Save(observer, state with { EpochSeconds = epochBefore + Elapsed(epochStart), Seconds = secondsBefore + Elapsed(runStart) });
                throw;
            }
            var result = new EpochResult(state.Epoch + 1, state.LossSum / state.Batch, (double)state.Correct / ((long)state.Batch * batch),
                evaluation?.Loss ?? double.NaN, evaluation?.Accuracy ?? double.NaN, epochBefore + Elapsed(epochStart));
            observer?.EpochEnded(result);
            epochs.Add(result);
            state = state with { EpochSeconds = result.Seconds, Seconds = secondsBefore + Elapsed(runStart) };
            // An epoch that the limit of steps cut short is kept as it stands, so that a later run can end it.
            if (state.Batch == batches)
                state = state with { Epoch = state.Epoch + 1, Batch = 0, LossSum = 0, Correct = 0, EpochSeconds = 0, Epochs = [.. epochs] };
            Save(observer, state);
        }
        return new TrainingResult(epochs, state.Step, state.Seconds, PeakBytes);
    }

    /// <summary>Measures the network on images.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public EvaluationResult Evaluate(LabelledImages images, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        Network.Normalization ??= images.Normalization;
        long start = Stopwatch.GetTimestamp();
        using BatchLoader loader = Load(images, Math.Min(Options.BatchSize, images.Count), training: false);
        double loss = 0;
        long correct = 0;
        foreach (ImageBatch batch in loader.Epoch(0, 0, cancellationToken))
        {
            (float mean, int right) = Program(batch.Count, training: false).Run(batch.Pixels, batch.Labels);
            loss += (double)mean * batch.Count;
            correct += right;
        }
        return new EvaluationResult(loss / images.Count, (double)correct / images.Count, images.Count, Elapsed(start));
    }

    /// <summary>Gives the memory of the compiled steps back. The network keeps its parameters.</summary>
    public void Dispose()
    {
        foreach (BatchProgram program in programs.Values) program.Dispose();
        programs.Clear();
    }

    private BatchProgram Program(int batch, bool training, long runs = 0)
    {
        if (programs.TryGetValue((batch, training), out BatchProgram? known)) return known;
        CompileOptions compile = Options.Compile with { ExpectedRuns = Math.Max(runs, Options.Compile.ExpectedRuns) };
        return programs[(batch, training)] = training
            ? BatchProgram.ForTraining(Network, Options, optimizer, batch, Device, compile)
            : BatchProgram.ForEvaluation(Network, Options.Loss, batch, Device, compile);
    }

    private BatchLoader Load(LabelledImages images, int batch, bool training)
    {
        if (Network.InputShape.Rank != 3) throw new ShapeException($"The trainer feeds images, but the network takes {Network.InputShape}.");
        var target = new ImageShape(Network.InputShape[0], Network.InputShape[1], Network.InputShape[2]);
        return new BatchLoader(images, Network.Normalization!, target, new BatchLoaderOptions
        {
            BatchSize = batch,
            Shuffle = training,
            DropLast = training,
            Seed = Options.Seed,
            Augmentation = training ? Options.Augmentation : Augmentation.None,
        });
    }

    private void Save(ITrainingObserver? observer, TrainingState state)
    {
        if (Options.CheckpointPath is not { } path) return;
        Checkpoint.Save(path, Network, optimizer, state);
        observer?.CheckpointWritten(path);
    }

    /// <summary>What makes two trainings the same, apart from the network's own shape. How long they last is not part of it: one may be prolonged.</summary>
    private string Settings(LabelledImages train, int batch) => string.Create(CultureInfo.InvariantCulture,
        $"{Network.GetType().Name} {Network.InputShape}, {train.Name} ({train.Count}), {Options.Optimizer}, {Options.Loss}, {Options.Schedule}, batch {batch}, seed {Options.Seed}, augmentation {Options.Augmentation}");

    private static double Elapsed(long since) => Stopwatch.GetElapsedTime(since).TotalSeconds;
}
