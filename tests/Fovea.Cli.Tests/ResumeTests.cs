using Fovea.Cli.Output;
using Fovea.Data;
using Fovea.Models;
using Fovea.Testing;
using Fovea.Training;

namespace Fovea.Cli.Tests;

[TestFixture]
internal sealed class ResumeTests : FolderTests
{
    [Test]
    public async Task InterruptedTrainingTellsHowToGoOnAndEndsTheSame()
    {
        string[] settings = ["--optimizer", "nesterov", "--lr", "0.05", "--augment", "shift:1", "--seed", "5"];
        await CliRun.Train(Folder["whole"], settings);
        using var source = new CancellationTokenSource();
        CliResult interrupted = await CliRun.Run(["train", "lenet5", .. CliRun.Short, "--out", Folder["broken"], .. settings],
            source.Token, host => new Host(host.Out, new Interrupting(host.Error, source)) { Patience = Timeout.InfiniteTimeSpan });
        Assert.That((interrupted.Code, interrupted.Out), Is.EqualTo((130, "")));
        string[] command = interrupted.Error.TrimEnd().Split('\n')[^1].Split("fovea: interrupted. Go on with: fovea ")[1].Split(' ');
        Assert.That(command, Is.EqualTo(new[] { "train", "lenet5", "--out", Folder["broken"], "--resume" }));

        // The command needs none of the settings: the folder knows them.
        CliResult resumed = await CliRun.Run(command);
        Assert.That(resumed.Code, Is.Zero, resumed.Error);
        Assert.That(Weights("broken"), Is.EqualTo(Weights("whole")));
    }

    [Test]
    public async Task WhatIsInterruptedBeforeTheFirstStepLeavesNothing()
    {
        CliResult interrupted = await CliRun.Run(["train", "lenet5", .. CliRun.Short, "--out", Folder["run"]],
            new CancellationToken(canceled: true));
        Assert.That((interrupted.Code, interrupted.Out), Is.EqualTo((130, "")));
        Assert.That(interrupted.Error, Does.Contain("interrupted"));
        Assert.That(Directory.Exists(Folder["run"]), Is.False);
    }

    [Test]
    public async Task MoreStepsContinueTheEpochThatALimitCutShort()
    {
        string[] constant = ["--schedule", "constant"];
        await CliRun.Train(Folder["whole"], constant);
        await CliRun.Train(Folder["parts"], [.. constant, "--max-steps", "3"]);
        CliResult resumed = await CliRun.Run("train", "lenet5", "--out", Folder["parts"], "--resume", "--max-steps", "0");
        Assert.That(resumed.Error, Does.Contain("resumed after step 3"));
        Assert.That(Weights("parts"), Is.EqualTo(Weights("whole")));
        // The line of the cut epoch was replaced by that of the whole one.
        string[] lines = File.ReadAllLines(Path.Combine(Folder["parts"], "metrics.jsonl"));
        Assert.That(lines.Select(line => line[..11]), Is.EqualTo(new[] { "{\"epoch\":1,", "{\"epoch\":2," }));
    }

    /// <summary>Testing a large network takes long, so it must give way as well; what it would have measured is not lost.</summary>
    [Test]
    public void InterruptedTestIsMadeUpFor()
    {
        ImageDataset digits = Digits.Generate(64, 50);
        using Device device = Device.Open("cpu", 2);
        var options = new TrainerOptions { BatchSize = 16, Epochs = 1, CheckpointPath = Folder["checkpoint"], Resume = true };
        using var interruption = new CancellationTokenSource();
        using (var trainer = new Trainer(new LeNet5(), device, options))
            Assert.That(() => trainer.Fit(digits.Train, digits.Test, new CancelInTest(interruption), interruption.Token),
                Throws.InstanceOf<OperationCanceledException>());
        using (var trainer = new Trainer(new LeNet5(), device, options))
        using (var whole = new Trainer(new LeNet5(), device, options with { Resume = false, CheckpointPath = null }))
        {
            TrainingResult resumed = trainer.Fit(digits.Train, digits.Test);
            EpochResult expected = whole.Fit(digits.Train, digits.Test).Epochs.Single();
            Assert.That(resumed.Steps, Is.EqualTo(4));
            Assert.That(resumed.Epochs.Single() with { Seconds = 0 }, Is.EqualTo(expected with { Seconds = 0 }));
        }
    }

    [Test]
    public async Task NothingIsLostWhenNothingIsLeftToDo()
    {
        await CliRun.Train(Folder["run"]);
        string before = Weights("run");
        CliResult again = await CliRun.Run("train", "lenet5", "--out", Folder["run"], "--resume");
        Assert.That(again.Code, Is.Zero);
        Assert.That(again.Error, Does.Contain("nothing is left to do").And.Contain("--epochs"));
        Assert.That(Weights("run"), Is.EqualTo(before));
    }

    [TestCase("--lr", "0.5", "--lr was 0.02")]
    [TestCase("--batch-size", "8", "--batch-size was 16")]
    [TestCase("--augment", "flip", "--augment was none")]
    public async Task OtherSettingsAreRefused(string option, string value, string expected)
    {
        await CliRun.Train(Folder["run"], "--max-steps", "1");
        CliResult result = await CliRun.Run("train", "lenet5", "--out", Folder["run"], "--resume", option, value);
        Assert.That(result.Code, Is.EqualTo(2));
        Assert.That(result.Error, Does.StartWith($"fovea: {expected} in the training that is to go on, not"));
    }

    [Test]
    public async Task DamagedCheckpointAndSettingsAreNamed()
    {
        await CliRun.Train(Folder["run"], "--max-steps", "1");
        File.WriteAllText(Path.Combine(Folder["run"], "checkpoint.safetensors"), "no checkpoint");
        CliResult checkpoint = await CliRun.Run("train", "lenet5", "--out", Folder["run"], "--resume");
        Assert.That((checkpoint.Code, checkpoint.Out), Is.EqualTo((3, "")));
        Assert.That(checkpoint.Error, Does.Contain("checkpoint.safetensors"));
        File.WriteAllText(Path.Combine(Folder["run"], "run.json"), "{\"model\": \"lenet5\"}");
        CliResult settings = await CliRun.Run("train", "lenet5", "--out", Folder["run"], "--resume");
        Assert.That(settings.Code, Is.EqualTo(3));
        Assert.That(settings.Error, Does.Contain("run.json is damaged"));
    }

    private sealed class CancelInTest(CancellationTokenSource source) : ITrainingObserver
    {
        public void Evaluating(int epoch) => source.Cancel();
    }

    private string Weights(string run) => CliRun.Hash(Folder[run]);

    /// <summary>Interrupts when training says that it begins.</summary>
    private sealed class Interrupting(TextWriter inner, CancellationTokenSource source) : StringWriter
    {
        public override void WriteLine(string? value)
        {
            inner.WriteLine(value);
            if (value?.StartsWith("training LeNet5", StringComparison.Ordinal) == true) source.Cancel();
        }
    }
}
