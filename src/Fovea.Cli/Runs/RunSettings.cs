using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fovea.Cli.Options;
using Fovea.Cli.Output;
using Fovea.Compilation;
using Fovea.Data;
using Fovea.Models;
using Fovea.Optimizers;

namespace Fovea.Cli.Runs;

/// <summary>Everything that decides a training, as run.json keeps it. The names are those of the options.</summary>
internal sealed record RunSettings
{
    /// <summary>What may be another when a training goes on.</summary>
    private static readonly string[] Changeable =
        ["data_dir", "epochs", "max_steps", "test_count", "device", "threads", "conv_algorithm", "workspace", "tune", "reproducible",
        "choices"];

    public required string Model { get; init; }

    public required string Data { get; init; }

    public string? DataDir { get; init; }

    public required int Epochs { get; init; }

    public required int BatchSize { get; init; }

    public required string Optimizer { get; init; }

    public required float Lr { get; init; }

    public required float Momentum { get; init; }

    public required float WeightDecay { get; init; }

    public float L1 { get; init; }

    public required string Schedule { get; init; }

    public int Warmup { get; init; }

    public required string Loss { get; init; }

    public float LabelSmoothing { get; init; }

    public required string Augment { get; init; }

    public ulong Seed { get; init; }

    public required string Input { get; init; }

    public string Device { get; init; } = "auto";

    public int Threads { get; init; }

    public string ConvAlgorithm { get; init; } = "auto";

    public string? Workspace { get; init; }

    public bool Tune { get; init; }

    public bool Reproducible { get; init; }

    public string? Choices { get; init; }

    public long MaxSteps { get; init; }

    public int? TrainCount { get; init; }

    public int? TestCount { get; init; }

    /// <summary>The data set's name, or that of its folder.</summary>
    public static string DataName(string data) => Path.GetFileName(Path.TrimEndingDirectorySeparator(data));

    /// <summary>Takes what the arguments say, else what the interrupted training had, else the model's own.</summary>
    public static RunSettings From(ParseResult parse, RunSettings? recorded)
    {
        ModelInfo model = ModelCatalog.Find(parse.GetRequiredValue(SharedOptions.Model));
        Optimizer own = model.Optimizer;
        OptimizerChoice usual = OptimizerChoice.Of(own);
        OptimizerChoice optimizer = OptimizerChoice.Find(parse.GetValue(TrainOptions.Optimizer) ?? recorded?.Optimizer ?? usual.Name);
        if (parse.GetValue(TrainOptions.Momentum) is not null && !optimizer.HasMomentum)
            throw new UsageException($"--momentum is for the optimizers momentum and nesterov, not for {optimizer.Name}.");
        string loss = parse.GetValue(TrainOptions.Loss) ?? recorded?.Loss ?? "cross-entropy";
        if (parse.GetValue(TrainOptions.LabelSmoothing) > 0 && loss != "cross-entropy")
            throw new UsageException($"--label-smoothing is for --loss cross-entropy, not for {loss}.");
        CompileOptions compile = ConvolutionOptions.From(parse);
        string? directory = parse.GetValue(SharedOptions.DataDir);
        string? input = parse.GetValue(SharedOptions.Input);

        var settings = new RunSettings
        {
            Model = model.Name,
            Data = parse.GetValue(SharedOptions.Data) is { } data ? Absolute(data) : recorded?.Data ?? "digits",
            DataDir = directory is null ? recorded?.DataDir : Path.GetFullPath(directory),
            Epochs = parse.GetValue(TrainOptions.Epochs) ?? recorded?.Epochs ?? model.Epochs,
            BatchSize = parse.GetValue(SharedOptions.BatchSize) ?? recorded?.BatchSize ?? model.BatchSize,
            Optimizer = optimizer.Name,
            Lr = parse.GetValue(TrainOptions.Lr) ?? recorded?.Lr
                ?? own.LearningRate * (optimizer.Rate / usual.Rate),
            Momentum = parse.GetValue(TrainOptions.Momentum) ?? recorded?.Momentum ?? (optimizer.HasMomentum ? 0.9f : 0),
            WeightDecay = parse.GetValue(TrainOptions.WeightDecay) ?? recorded?.WeightDecay
                ?? (optimizer == usual || (optimizer.Rate == usual.Rate && optimizer.Usual.WeightDecay == 0) ? own.WeightDecay
                    : optimizer.Usual.WeightDecay),
            L1 = parse.GetValue(TrainOptions.L1) ?? recorded?.L1 ?? 0,
            Schedule = parse.GetValue(TrainOptions.Schedule) ?? recorded?.Schedule ?? "cosine",
            Warmup = parse.GetValue(TrainOptions.WarmUp) ?? recorded?.Warmup ?? model.WarmUp,
            Loss = loss,
            LabelSmoothing = parse.GetValue(TrainOptions.LabelSmoothing) ?? recorded?.LabelSmoothing ?? 0,
            Augment = Augmentation.Parse(parse.GetValue(TrainOptions.Augment) ?? recorded?.Augment ?? "none").ToString(),
            Seed = parse.GetValue(TrainOptions.Seed) ?? recorded?.Seed ?? 0,
            Input = input is not null ? string.Join('x', ModelCatalog.ParseShape(input)) : recorded?.Input ?? string.Join('x', model.Input),
            Device = parse.GetValue(SharedOptions.Device) ?? recorded?.Device ?? "auto",
            Threads = parse.GetValue(SharedOptions.Threads) ?? recorded?.Threads ?? 0,
            ConvAlgorithm = parse.GetValue(ConvolutionOptions.Algorithm) ?? recorded?.ConvAlgorithm ?? "auto",
            Workspace = parse.GetValue(ConvolutionOptions.Workspace) ?? recorded?.Workspace,
            Tune = compile.Tuning == Tuning.Always || (!compile.Reproducible && recorded?.Tune == true),
            Reproducible = compile.Reproducible || (compile.Tuning != Tuning.Always && recorded?.Reproducible == true),
            Choices = (compile.ChoiceFile is { } choices ? Path.GetFullPath(choices) : null) ?? recorded?.Choices,
            MaxSteps = parse.GetValue(TrainOptions.MaxSteps) ?? recorded?.MaxSteps ?? 0,
            TrainCount = parse.GetValue(TrainOptions.TrainCount) ?? recorded?.TrainCount,
            TestCount = parse.GetValue(SharedOptions.TestCount) ?? recorded?.TestCount,
        };
        if (recorded is not null) settings.MustContinue(recorded);
        return settings;
    }

    /// <summary>How convolutions are computed.</summary>
    public CompileOptions Compile() => ConvolutionOptions.Make(ConvAlgorithm, Workspace, Tune, Reproducible, Choices);

    /// <summary>A folder by its full path, since a run may be used from elsewhere; a name of a data set as it is.</summary>
    public static string Absolute(string data)
    {
        if (DatasetCatalog.Known.FirstOrDefault(set => set.Name.Equals(data, StringComparison.OrdinalIgnoreCase)) is { } known)
            return known.Name;
        return Directory.Exists(data) ? Path.GetFullPath(data) : data;
    }

    private void MustContinue(RunSettings recorded)
    {
        JsonObject here = AsObject(this), there = AsObject(recorded);
        foreach ((string name, JsonNode? value) in here)
        {
            // The length of a step schedule's stairs comes from the number of epochs.
            bool changeable = Changeable.Contains(name) && !(name == "epochs" && Schedule == "step");
            if (changeable || JsonNode.DeepEquals(value, there[name])) continue;
            string option = name == "model" ? "the model" : $"--{name.Replace('_', '-')}";
            throw new UsageException(
                $"{option} was {there[name]?.ToString() ?? "not given"} in the training that is to go on, not {value}. Resume without it, "
                    + $"or train anew with another --out.");
        }
    }

    private static JsonObject AsObject(RunSettings settings) => JsonSerializer.SerializeToNode(settings, Json.Line)!.AsObject();
}
