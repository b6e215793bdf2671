using System.CommandLine;
using Fovea.Cli.Runs;
using Fovea.Data;

namespace Fovea.Cli.Options;

/// <summary>The options of training alone.</summary>
internal static class TrainOptions
{
    public static readonly string[] Optimizers = [.. OptimizerChoice.All.Select(choice => choice.Name)];

    public static Option<int?> Epochs { get; } = Arguments.Positive("--epochs", "How often every image is seen (default: the model's)");

    public static Option<string?> Optimizer { get; } =
        Arguments.Choice("--optimizer", "How parameters follow their gradients (default: the model's)", Optimizers);

    public static Option<float?> Lr { get; } =
        Arguments.PositiveReal("--lr", "The learning rate (default: the model's; less of it for adaptive optimizers)");

    public static Option<float?> Momentum { get; } = Arguments.RealBelow("--momentum", "For momentum and nesterov (default: 0.9)", 1);

    public static Option<string?> Schedule { get; } =
        Arguments.Choice("--schedule", "How the learning rate falls (default: cosine); step: to a tenth after each third of the epochs",
        "constant", "step", "cosine");

    public static Option<int?> WarmUp { get; } =
        Arguments.Number<int>("--warmup", "Steps during which the learning rate grows (default: the model's)",
        "a whole number of at least 0", value => value >= 0);

    public static Option<float?> WeightDecay { get; } =
        Arguments.RealBelow(
            "--weight-decay", "L2 regularisation (default: the model's; with another optimizer that one's, 0.01 for adamw)",
            float.PositiveInfinity);

    public static Option<float?> L1 { get; } = Arguments.RealBelow("--l1", "L1 regularisation (default: 0)", float.PositiveInfinity);

    public static Option<string?> Loss { get; } =
        Arguments.Choice("--loss", "What is made small (default: cross-entropy)", "cross-entropy", "mse");

    public static Option<float?> LabelSmoothing { get; } =
        Arguments.RealBelow("--label-smoothing", "The share of cross-entropy's target that is spread over all classes (default: 0)", 1);

    public static Option<string?> Augment { get; } =
        Arguments.Checked(
        "--augment", "LIST", $"Vary training images: {string.Join(", ", Augmentation.Known.Select(known => known.Form))}, joined by commas",
        text => Augmentation.Parse(text));

    public static Option<ulong?> Seed { get; } =
        Arguments.Number<ulong>(
        "--seed", "Decides initial values, order, augmentation and dropout (default: 0)", "a whole number of at least 0", _ => true);

    public static Option<string?> Out { get; } =
        new("--out") { Description = "The folder of this training (default: runs/MODEL-DATA)", HelpName = "DIR" };

    public static Option<bool> Resume { get; } = new("--resume") { Description = "Go on from the folder's checkpoint, with its settings" };

    public static Option<long?> MaxSteps { get; } =
        Arguments.Number<long>(
        "--max-steps", "End after so many steps; 0 for no limit (default)", "a whole number of at least 0", value => value >= 0);

    public static Option<int?> TrainCount { get; } = Arguments.Positive("--train-count", "Use only the first N training images");

    public static IEnumerable<Option> All =>
    [
        SharedOptions.Data, SharedOptions.DataDir, Epochs, SharedOptions.BatchSize, Optimizer, Lr, Momentum, Schedule, WarmUp, WeightDecay,
            L1, Loss, LabelSmoothing,
        Augment, Seed, SharedOptions.Input, SharedOptions.Device, SharedOptions.Threads, Out, Resume, MaxSteps, TrainCount,
            SharedOptions.TestCount, .. ConvolutionOptions.All, SharedOptions.Json,
    ];
}
