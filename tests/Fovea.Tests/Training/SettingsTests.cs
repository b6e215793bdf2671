using System.Globalization;
using System.Text.Json.Nodes;
using Fovea.Data;
using Fovea.Files;
using Fovea.Ops;
using Fovea.Optimizers;
using Fovea.Schedules;
using Fovea.Testing;
using Fovea.Training;

namespace Fovea.Tests;

/// <summary>What a checkpoint says of its training is the same under every culture, and is named where it differs.</summary>
internal sealed class SettingsTests
{
    private const string Key = "fovea.training";

    private static readonly TrainerOptions Options = new()
    {
        Optimizer = new Sgd(0.02f, 0.9f) { WeightDecay = 1e-5f },
        Schedule = new WarmUpSchedule(7, new CosineSchedule(0.25f)),
        BatchSize = 50,
        Epochs = 1,
        Resume = true,
    };

    private readonly TempFolder folder = new();
    private CultureInfo before = null!;
    private Device device = null!;

    [OneTimeSetUp]
    public void OpenDevice() => device = Device.Open("cpu", threads: 1);

    [OneTimeTearDown]
    public void CloseDevice()
    {
        device.Dispose();
        folder.Dispose();
    }

    [SetUp]
    public void KeepCulture() => before = CultureInfo.CurrentCulture;

    [TearDown]
    public void RestoreCulture() => CultureInfo.CurrentCulture = before;

    [Test]
    public void ATrainingGoesOnUnderAnotherCulture()
    {
        TrainerOptions options = Options with { CheckpointPath = folder["culture"], MaxSteps = 3 };
        CultureInfo.CurrentCulture = Comma();
        Fit(options);
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        Assert.That(Fit(options with { MaxSteps = 5 }).Steps, Is.EqualTo(5));
        CultureInfo.CurrentCulture = Comma();
        Assert.That(Fit(options with { MaxSteps = 7 }).Steps, Is.EqualTo(7));
    }

    [Test]
    public void SettingsAreWrittenOneByOneWithoutACompilersNames()
    {
        CultureInfo.CurrentCulture = Comma();
        Fit(Options with { CheckpointPath = folder["written"], MaxSteps = 1, Optimizer = new Own(0.02f, [-0.5f, 1e-7f]) });
        using SafetensorsFile file = SafetensorsFile.Open(folder["written"]);
        JsonObject settings = JsonNode.Parse(file.Metadata[Key])!["SettingsByName"]!.AsObject();
        Assert.That(settings.ToDictionary(item => item.Key, item => (string)item.Value!), Is.EquivalentTo(new Dictionary<string, string>
        {
            ["Network"] = "SmallNetwork",
            ["InputShape"] = string.Join('x', new SmallNetwork().InputShape),
            ["Data"] = SmallNetwork.Digits.Train.Name,
            ["Examples"] = SmallNetwork.Digits.Train.Count.ToString(CultureInfo.InvariantCulture),
            ["BatchSize"] = "50",
            ["Seed"] = "0",
            ["Augmentation"] = "none",
            ["Optimizer"] = "Own",
            ["Optimizer.LearningRate"] = "0.02",
            ["Optimizer.WeightDecay"] = "0",
            ["Optimizer.L1"] = "0",
            ["Optimizer.Shares"] = "[-0.5, 1E-07]",
            ["Task"] = "Classification",
            ["Task.Loss"] = "SoftmaxCrossEntropyLoss",
            ["Task.Loss.LabelSmoothing"] = "0",
            ["Schedule"] = "WarmUpSchedule",
            ["Schedule.Steps"] = "7",
            ["Schedule.Then"] = "CosineSchedule",
            ["Schedule.Then.Minimum"] = "0.25",
        }));
    }

    [Test]
    public void SettingsThatDifferAreNamed()
    {
        TrainerOptions options = Options with { CheckpointPath = folder["named"], MaxSteps = 1 };
        Fit(options);
        TrainerOptions other = options with { Seed = 6, Optimizer = new Sgd(0.03f, 0.9f) { WeightDecay = 1e-5f } };
        Assert.That(() => Fit(other), Throws.InstanceOf<InvalidDataException>().With.Message.EqualTo(string.Join(Environment.NewLine,
            $"{folder["named"]} belongs to a training with other settings:", "  Optimizer.LearningRate: 0.02 there, 0.03 here",
            "  Seed: 0 there, 6 here", "Use the same settings, or another folder.")));
        Assert.That(() => Fit(options with { Schedule = Schedule.Constant }), Throws.InstanceOf<InvalidDataException>()
            .With.Message.Contains("Schedule: WarmUpSchedule there, ConstantSchedule here")
            .And.Message.Contains("Schedule.Steps: 7 there, none here"));
    }

    [TestCase("{0} 0.02 1E-05 0.9 0.25", true)]
    [TestCase("{0} 0,02 1E−05 0,9 0,25", true)]
    [TestCase("{0} 0,03 1E−05 0,9 0,25", false)]
    [TestCase("{0} 0,02 1E−06 0,9 0,25", false)]
    public void ACheckpointOfTheFirstVersionsGoesOnWhateverItsCulture(string numbers, bool isSame)
    {
        string path = folder[$"first{numbers.GetHashCode(StringComparison.Ordinal)}"];
        TrainerOptions options = Options with { CheckpointPath = path, MaxSteps = 2 };
        Fit(options);
        string[] parts = numbers.Split(' ');
        string data = $"SmallNetwork {new SmallNetwork().InputShape}, {SmallNetwork.Digits.Train.Name} ({SmallNetwork.Digits.Train.Count})";
        string optimizer = $"Sgd {{ LearningRate = {parts[1]}, WeightDecay = {parts[2]}, L1 = 0, "
            + $"StateNames = <>z__Another`1[System.String], ScalarCount = 1, Momentum = {parts[3]}, Nesterov = False }}";
        string loss = "SoftmaxCrossEntropyLoss { LabelSmoothing = 0 }";
        string schedule = $"WarmUpSchedule {{ Steps = 7, Then = CosineSchedule {{ Minimum = {parts[4]} }} }}";
        Rewrite(path, state =>
        {
            state.Remove("SettingsByName");
            state["Settings"] = $"{data}, {optimizer}, {loss}, {schedule}, batch 50, seed 0, augmentation none";
        });
        options = options with { MaxSteps = 4 };
        if (isSame) Assert.That(Fit(options).Steps, Is.EqualTo(4));
        else Assert.That(() => Fit(options), Throws.InstanceOf<InvalidDataException>().With.Message.Contains("there: SmallNetwork"));
    }

    [Test]
    public void ADamagedStateIsNamedAndChangesNothing()
    {
        string path = folder["damaged"];
        TrainerOptions options = Options with { CheckpointPath = path, MaxSteps = 2 };
        Fit(options);
        byte[] whole = File.ReadAllBytes(path);
        foreach ((string name, JsonNode? value) in new (string, JsonNode?)[]
        {
            ("Epoch", -1), ("Batch", 1000), ("Step", -5), ("Epochs", null), ("Sums", null), ("Observers", null), ("SettingsByName", null),
            ("LearningRateFactor", 0), ("LearningRateFactor", "NaN"), ("Epochs", new JsonArray((JsonNode?)null)),
        })
        {
            File.WriteAllBytes(path, whole);
            Rewrite(path, state => state[name] = value?.DeepClone());
            var network = new SmallNetwork();
            network.Initialize(3);
            int[] bits = network.Bits();
            using var trainer = new Trainer(network, device, options);
            Assert.That(() => trainer.Fit(SmallNetwork.Digits.Train), Throws.InstanceOf<InvalidDataException>().With.Message.Contains(path),
                name);
            Assert.That(network.Bits(), Is.EqualTo(bits), name);
            Assert.That((network.Task, network.Normalization), Is.EqualTo((default(TrainingTask), default(Normalization))));
            Assert.That(network.ClassNames, Is.Empty);
        }
    }

    private static CultureInfo Comma()
    {
        var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        culture.NumberFormat.NumberDecimalSeparator = ",";
        culture.NumberFormat.NegativeSign = "−";
        return culture;
    }

    /// <summary>Writes a checkpoint once more with another state.</summary>
    private static void Rewrite(string path, Action<JsonObject> change)
    {
        string rewritten = $"{path}.rewritten";
        using (SafetensorsFile file = SafetensorsFile.Open(path))
        {
            JsonObject state = JsonNode.Parse(file.Metadata[Key])!.AsObject();
            change(state);
            var metadata = new Dictionary<string, string>(file.Metadata) { [Key] = state.ToJsonString() };
            using var writer = new SafetensorsWriter(
                rewritten, file.Tensors.Select(tensor => new SafetensorsEntry(tensor.Name, tensor.DType, tensor.Shape.AsSpan())), metadata);
            foreach (SafetensorsTensor tensor in file.Tensors) writer.Write(tensor.Name, (ReadOnlySpan<float>)tensor.ReadFloats());
            writer.Commit();
        }
        File.Move(rewritten, path, overwrite: true);
    }

    private TrainingResult Fit(TrainerOptions options)
    {
        using var trainer = new Trainer(new SmallNetwork(), device, options);
        return trainer.Fit(SmallNetwork.Digits.Train);
    }

    /// <summary>An optimizer of a host's own.</summary>
    private sealed record Own(float LearningRate, IReadOnlyList<float> Shares) : Optimizer(LearningRate)
    {
        public override IReadOnlyList<string> StateNames => [];

        protected override Expression[] Step(Expression parameter, Expression gradient, Expression[] states, Expression[] scalars) =>
            [parameter - (scalars[0] * gradient)];
    }
}
