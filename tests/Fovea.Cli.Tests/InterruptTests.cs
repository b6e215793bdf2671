using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Fovea.Testing;

namespace Fovea.Cli.Tests;

/// <summary>Interrupts the real executable by a signal.</summary>
[TestFixture]
[Platform(Exclude = "Win", Reason = "A process cannot send another one Ctrl-C there without sending it to itself.")]
internal sealed partial class InterruptTests
{
    private const int Steps = 375;

    private static readonly string[] Settings =
        ["--train-count", "6000", "--test-count", "100", "--batch-size", "16", "--epochs", "1", "--threads", "2"];

    [Test]
    [CancelAfter(60_000)]
    public async Task SignalEndsTrainingAfterAStepAndResumeEndsTheSame(CancellationToken cancellation)
    {
        using var folder = new TempFolder();
        using Process process = CliProcess.Start(["train", "lenet5", .. Settings, "--out", folder["broken"]]);
        string? line;
        do line = await process.StandardError.ReadLineAsync(cancellation);
        while (line?.StartsWith("training LeNet5", StringComparison.Ordinal) == false);
        Assert.That(line, Is.Not.Null, "training began");
        await Task.Delay(200, cancellation);
        Assert.That(Signal(process.Id, Interrupt), Is.Zero);

        string error = await process.StandardError.ReadToEndAsync(cancellation);
        await process.WaitForExitAsync(cancellation);
        Assert.That(process.ExitCode, Is.EqualTo(130), error);
        Assert.That(error, Does.Contain("stopping after this step").And.Contain($"fovea train lenet5 --out {folder["broken"]} --resume"));
        Assert.That(error, Does.Not.Contain("   at "));
        Assert.That(File.Exists(Path.Combine(folder["broken"], "checkpoint.safetensors")));

        CliResult resumed = await CliRun.Run(["train", "lenet5", "--out", folder["broken"], "--resume"], cancellation);
        int step = int.Parse(ResumedAfter().Match(resumed.Error).Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.That(step, Is.InRange(1, Steps - 1), "it was interrupted in mid-epoch");
        await CliRun.Run(["train", "lenet5", .. Settings, "--out", folder["whole"]], cancellation);
        Assert.That(CliRun.Hash(folder["broken"]), Is.EqualTo(CliRun.Hash(folder["whole"])));
    }

    /// <summary>AlexNet's convolutions take seconds to measure, which a signal ends.</summary>
    [Test]
    [CancelAfter(120_000)]
    public async Task SignalEndsMeasuringAndNothingWasBegun(CancellationToken cancellation)
    {
        using var folder = new TempFolder();
        using Process process = CliProcess.Start(["train", "alexnet", "--tune", "--choices", folder["choices.json"], "--train-count", "64",
            "--threads", "1", "--out", folder["run"]]);
        string? line;
        do line = await process.StandardError.ReadLineAsync(cancellation);
        while (line is not null && !line.StartsWith("preparing alexnet: measuring algorithms", StringComparison.Ordinal));
        Assert.That(line, Is.Not.Null, "it says what it does");
        long start = Stopwatch.GetTimestamp();
        Assert.That(Signal(process.Id, Interrupt), Is.Zero);
        string error = await process.StandardError.ReadToEndAsync(cancellation);
        await process.WaitForExitAsync(cancellation);
        Assert.That(process.ExitCode, Is.EqualTo(130), error);
        Assert.That(error, Does.Contain("interrupted before the first step; nothing was begun"));
        // A second besides the run of an algorithm in hand, and what a busy machine adds.
        Assert.That(Stopwatch.GetElapsedTime(start).TotalSeconds, Is.LessThan(20));
        Assert.That(Directory.Exists(folder["run"]) ? Directory.GetFileSystemEntries(folder["run"]) : [], Is.Empty);
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task ExecutableTellsItsVersion(CancellationToken cancellation)
    {
        using Process process = CliProcess.Start("--version");
        string output = await process.StandardOutput.ReadToEndAsync(cancellation);
        await process.WaitForExitAsync(cancellation);
        Assert.That((process.ExitCode, output.TrimEnd()), Is.EqualTo((0, "fovea 0.1.0")));
    }

    private const int Interrupt = 2;

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Signal(int process, int signal);

    [GeneratedRegex(@"resumed after step (\d+)")]
    private static partial Regex ResumedAfter();
}
