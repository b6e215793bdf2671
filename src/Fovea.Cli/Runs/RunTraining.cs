using Fovea.Data;
using Fovea.Losses;
using Fovea.Models;
using Fovea.Optimizers;
using Fovea.Schedules;
using Fovea.Training;

namespace Fovea.Cli.Runs;

/// <summary>What the engine makes of the settings.</summary>
internal static class RunTraining
{
    public static Shape InputShape(this RunSettings settings) => ModelCatalog.ParseShape(settings.Input);

    public static TrainingTask MakeTask(this RunSettings settings) => new Classification
    {
        Loss = settings.Loss == "mse" ? new MeanSquaredErrorLoss() : new SoftmaxCrossEntropyLoss(settings.LabelSmoothing),
    };

    public static TrainerOptions TrainerOptions(this RunSettings settings, string checkpoint, bool resume) => new()
    {
        Optimizer = settings.MakeOptimizer(),
        Task = settings.MakeTask(),
        Schedule = settings.MakeSchedule(),
        BatchSize = settings.BatchSize,
        Epochs = settings.Epochs,
        MaxSteps = settings.MaxSteps,
        Seed = settings.Seed,
        Augmentation = Augmentation.Parse(settings.Augment),
        Compile = settings.Compile(),
        CheckpointPath = checkpoint,
        Resume = resume,
    };

    private static Optimizer MakeOptimizer(this RunSettings settings)
    {
        Optimizer optimizer = OptimizerChoice.Find(settings.Optimizer).Usual;
        if (optimizer is Sgd sgd) optimizer = sgd with { Momentum = settings.Momentum };
        return optimizer with { LearningRate = settings.Lr, WeightDecay = settings.WeightDecay, L1 = settings.L1 };
    }

    private static Schedule MakeSchedule(this RunSettings settings)
    {
        Schedule schedule = settings.Schedule switch
        {
            "cosine" => new CosineSchedule(),
            "step" => new StepSchedule((settings.Epochs + 2) / 3),
            _ => Schedule.Constant,
        };
        return settings.Warmup > 0 ? new WarmUpSchedule(settings.Warmup, schedule) : schedule;
    }
}
