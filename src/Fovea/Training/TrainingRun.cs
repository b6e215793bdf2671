using System.Diagnostics;
using System.Globalization;
using System.Numerics.Tensors;
using Fovea.Core.Files;
using Fovea.Data;
using Fovea.Layers;

namespace Fovea.Training;

/// <summary>One call of <see cref="Trainer.Fit"/>: where it stands, and the loop.</summary>
internal sealed class TrainingRun(Trainer trainer, IDataset train, IDataset? test, ITrainingObserver? observer)
{
    private readonly TrainerOptions options = trainer.Options;
    private readonly float[] scalars = new float[trainer.Options.Optimizer.ScalarCount];
    private readonly ObserverStates observers = new(observer);
    private readonly List<EpochResult> epochs = [];
    private readonly List<string> requested = [];
    private readonly PreparationRelay preparation = new(observer, trainer.Device);
    private readonly long runStart = Stopwatch.GetTimestamp();
    private readonly int batchSize = Math.Min(trainer.Options.BatchSize, train.Count);
    private TrainingState state = new();
    private volatile string? stopReason;
    private int batches;
    private long totalSteps, epochStart;
    private double secondsBefore, epochBefore;

    /// <summary>What the learning rate is multiplied by.</summary>
    public float LearningRateFactor { get; set; } = 1;

    /// <summary>Why training is to end; null while it goes on. Any thread may set it.</summary>
    public string? StopReason
    {
        get => stopReason;
        set => stopReason = value;
    }

    private Network Network => trainer.Network;

    /// <summary>Has a checkpoint written after the present event.</summary>
    public void RequestCheckpoint(string path)
    {
        if (!requested.Contains(path)) requested.Add(path);
    }

    public TrainingResult Execute(CancellationToken cancellationToken)
    {
        if (options.CheckpointPath is { } path) OutputPath.CheckFile(path);
        var before = (Network.Normalization, Network.ClassNames, Network.Task);
        IDataset examples = trainer.Prepare(train, training: true);
        if (train.ClassNames.Count > 0) Network.ClassNames = train.ClassNames;
        Network.Task = options.Task;
        var loading = new BatchLoaderOptions { BatchSize = batchSize, Shuffle = true, DropLast = true, Seed = options.Seed };
        using var loader = new BatchLoader(examples, loading);
        batches = loader.BatchesPerEpoch;
        trainer.EpochBatches = new EpochBatches(train.Count, batchSize, options.BatchSize);
        totalSteps = (long)batches * options.Epochs;
        if (options.MaxSteps > 0) totalSteps = Math.Min(totalSteps, options.MaxSteps);
        BatchProgram program;
        MetricSums sums;
        try
        {
            program = trainer.Program(batchSize, training: true, examples.IsWeighted, totalSteps, preparation, cancellationToken);
            sums = new MetricSums(program.Metrics);
            Resume(sums);
        }
        catch
        {
            (Network.Normalization, Network.ClassNames, Network.Task) = before;
            throw;
        }
        observer?.Started(trainer, state.Step);
        SaveRequested();

        // An epoch that was interrupted while it was being tested has all its batches behind it, but no result yet.
        while (StopReason is null && state.Epoch < options.Epochs && (state.Step < totalSteps || state.Batch == batches))
        {
            (epochStart, epochBefore) = (Stopwatch.GetTimestamp(), state.EpochSeconds);
            Learn(loader, program, sums, cancellationToken);
            EndEpoch(sums, cancellationToken);
        }
        var result = new TrainingResult([.. epochs], state.Step, state.Seconds, trainer.PeakBytes) { StopReason = StopReason };
        observer?.Ended(result);
        return result;
    }

    private void Resume(MetricSums sums)
    {
        state = new TrainingState { Settings = TrainingSettings.Of(Network, train, batchSize, options) };
        if (options.Resume && options.CheckpointPath is { } existing && File.Exists(existing))
        {
            TrainingState kept = Checkpoint.Load(existing, Network, trainer.Optimizer, there => CheckSame(existing, there), observers);
            state = kept.Current(batchSize) with { Settings = state.Settings, SettingsText = null };
            sums.Restore(state.Sums, state.Counted);
            LearningRateFactor = state.LearningRateFactor;
        }
        secondsBefore = state.Seconds;
        epochs.AddRange(state.Epochs.Select(epoch => epoch.Result()));
    }

    /// <summary>Checks that a checkpoint belongs to this training.</summary>
    /// <exception cref="InvalidDataException">It does not; the message names the settings that differ.</exception>
    private void CheckSame(string path, TrainingState there)
    {
        IReadOnlyList<string> lines = there.Settings.Count > 0 ? TrainingSettings.Differing(there.Settings, state.Settings)
            : TrainingSettings.FirstVersions.AreSame(there.SettingsText ?? "", Network, train, batchSize, options) ? []
            : [$"there: {there.SettingsText}",
                $"here:  {TrainingSettings.FirstVersions.Text(Network, train, batchSize, options)}"];
        if (lines.Count == 0 && there.Batch > batches)
            lines = [string.Create(CultureInfo.InvariantCulture, $"batches of an epoch: {there.Batch} or more there, {batches} here")];
        if (lines.Count == 0) return;
        throw new InvalidDataException(string.Join(Environment.NewLine,
            [$"{path} belongs to a training with other settings:", .. lines.Select(line => $"  {line}"),
                "Use the same settings, or another folder."]));
    }

    /// <summary>Makes the steps of an epoch that are left.</summary>
    private void Learn(BatchLoader loader, BatchProgram program, MetricSums sums, CancellationToken cancellationToken)
    {
        int firstBatch = state.Batch;
        foreach (Batch batch in loader.Epoch(state.Epoch, firstBatch, CancellationToken.None))
        {
            if (cancellationToken.IsCancellationRequested)
            {
                SaveAt(options.CheckpointPath, Now(sums), observers.Capture());
                cancellationToken.ThrowIfCancellationRequested();
            }
            float rate = options.Optimizer.LearningRate * options.Schedule.Factor(state.Step, batches, totalSteps) * LearningRateFactor;
            options.Optimizer.Scalars((int)(state.Step + 1), rate, scalars);
            float loss = program.Run(batch, (int)state.Step, scalars);
            if (!float.IsFinite(loss)) throw Diverged(loss, rate, batch);
            sums.Add(program.Sums, program.Counted);
            state = state with { Batch = state.Batch + 1, Step = state.Step + 1, LossSum = state.LossSum + loss };

            int done = state.Batch - firstBatch;
            double seconds = Elapsed(epochStart);
            observer?.StepEnded(
                new TrainingProgress(state.Epoch + 1, options.Epochs, state.Batch, batches, state.Step, loss, state.LossSum / state.Batch,
                sums, rate, done * batchSize / seconds, TimeSpan.FromSeconds((totalSteps - state.Step) * seconds / done)));
            if (requested.Count > 0) SaveRequested(sums);
            if (state.Step >= totalSteps || StopReason is not null) break;
        }
    }

    /// <summary>Measures and reports an epoch, and writes a checkpoint.</summary>
    private void EndEpoch(MetricSums sums, CancellationToken cancellationToken)
    {
        observer?.Evaluating(state.Epoch + 1);
        EvaluationResult? evaluation;
        try
        {
            evaluation = test is null ? null
                : trainer.Evaluate(test, new TestProgress(observer, state.Epoch + 1), preparation, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            SaveAt(options.CheckpointPath, Now(sums), observers.Capture());
            throw;
        }
        var result = new EpochResult(state.Epoch + 1, state.LossSum / state.Batch, sums.Snapshot(),
            evaluation?.Loss ?? double.NaN, evaluation?.Metrics ?? MetricValues.None, epochBefore + Elapsed(epochStart));
        // An epoch that was cut short is kept as it stands, so that a later run can end it; observers hear of it then once more.
        bool isWhole = state.Batch == batches;
        IReadOnlyList<ObserverState> before = isWhole ? [] : observers.Capture();
        observer?.EpochEnded(result);
        epochs.Add(result);
        state = Now(sums) with { EpochSeconds = result.Seconds };
        if (isWhole)
        {
            sums.Clear();
            StoredEpoch[] stored = [.. epochs.Select(StoredEpoch.Of)];
            state = new TrainingState
            {
                Epoch = state.Epoch + 1,
                Step = state.Step,
                Seconds = state.Seconds,
                LearningRateFactor = state.LearningRateFactor,
                Epochs = stored,
                Settings = state.Settings,
            };
        }
        IReadOnlyList<ObserverState> remembered = isWhole ? observers.Capture() : before;
        SaveAt(options.CheckpointPath, state, remembered);
        foreach (string path in requested.Where(path => path != options.CheckpointPath)) SaveAt(path, state, remembered);
        requested.Clear();
    }

    private TrainingState Now(MetricSums sums) => state with
    {
        Sums = sums.Sums.ToArray(),
        Counted = sums.Counted,
        LearningRateFactor = LearningRateFactor,
        EpochSeconds = epochBefore + Elapsed(epochStart),
        Seconds = secondsBefore + Elapsed(runStart),
    };

    private void SaveRequested(MetricSums? sums = null)
    {
        if (requested.Count == 0) return;
        TrainingState now = sums is null ? state : Now(sums);
        IReadOnlyList<ObserverState> remembered = observers.Capture();
        foreach (string path in requested) SaveAt(path, now, remembered);
        requested.Clear();
    }

    private void SaveAt(string? path, TrainingState now, IReadOnlyList<ObserverState> remembered)
    {
        if (path is null) return;
        observer?.CheckpointBegun(path);
        Checkpoint.Save(path, Network, trainer.Optimizer, now, remembered);
        observer?.CheckpointWritten(path);
    }

    private TrainingDivergedException Diverged(float loss, float rate, Batch batch)
    {
        string where =
            string.Create(CultureInfo.InvariantCulture, $"step {state.Step + 1} (epoch {state.Epoch + 1}, batch {state.Batch + 1})");
        // Targets have been checked before the batch ran.
        if (!TensorPrimitives.IsFiniteAll(batch.Inputs))
        {
            string value = loss.ToString(CultureInfo.InvariantCulture);
            return new TrainingDivergedException(
                $"The loss became {value} at {where}: the inputs of that batch hold NaN or infinity. Mend the data.");
        }
        return new TrainingDivergedException(
            string.Create(CultureInfo.InvariantCulture, $"The loss became {loss} at {where}. Try a learning rate below {rate}."));
    }

    private static double Elapsed(long since) => Stopwatch.GetElapsedTime(since).TotalSeconds;

    private sealed class TestProgress(ITrainingObserver? observer, int epoch) : IProgress<EvaluationProgress>
    {
        public void Report(EvaluationProgress value) => observer?.BatchEvaluated(epoch, value);
    }
}
