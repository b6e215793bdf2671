using System.Diagnostics;
using Fovea.Core.Tuning;
using Fovea.Testing;

namespace Fovea.Cli.Tests;

/// <summary>A process of tests writes nothing to its user's folders, and nothing stays of its own.</summary>
internal sealed class OwnFoldersTests
{
    // What decides where a process writes unless something else is said.
    private static readonly string[] Places = ["HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "TMPDIR"];

    private static readonly string[] Fails = ["selftest", "--device", "cuda:99"];

    private static readonly string[] Own = ["FOVEA_CACHE", "FOVEA_DATA"];

    private static string Journal => Path.Combine(ChoiceFile.Folder!, "errors.log");

    [Test]
    public async Task AFailureIsNotedInTheJournal()
    {
        Assert.That((await CliRun.Run(Fails)).Code, Is.EqualTo(ExitCodes.Device));
        Assert.That(File.ReadAllText(Journal), Does.Contain("cuda:99"));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task AFailureOfAChildIsNotedInTheSameJournal(CancellationToken cancellation)
    {
        File.Delete(Journal);
        using Process process = CliProcess.Start(Fails);
        await process.StandardError.ReadToEndAsync(cancellation);
        await process.WaitForExitAsync(cancellation);
        Assert.That(process.ExitCode, Is.EqualTo(ExitCodes.Device));
        Assert.That(File.ReadAllText(Journal), Does.Contain("cuda:99"));
    }

    [Test]
    public async Task ChoicesOfTuningAreKept()
    {
        CliResult result = await CliRun.Run("bench", "--conv", "1,12,12,4,8,3,3,1,1", "--threads", "1", "--seconds", "0.01", "--tune");
        Assert.That(result.Code, Is.Zero, result.Error);
        Assert.That(Directory.GetFiles(ChoiceFile.Folder!, "tuning-*.json"), Is.Not.Empty);
    }

    [Test]
    public async Task ATrainingGoesToAFolderBelowTheCurrentOne()
    {
        CliResult result = await CliRun.Run(["train", "lenet5", .. CliRun.Short, "--max-steps", "1"]);
        Assert.That(result.Code, Is.Zero, result.Error);
        Assert.That(File.Exists("runs/lenet5-digits/weights.safetensors"));
    }

    [Test]
    [CancelAfter(120_000)]
    public async Task AProcessOfTestsLeavesNothing(CancellationToken cancellation)
    {
        using TempFolder user = new(), pocl = new();
        string[] tests =
        [
            nameof(AFailureIsNotedInTheJournal), nameof(AFailureOfAChildIsNotedInTheSameJournal), nameof(ChoicesOfTuningAreKept),
            nameof(ATrainingGoesToAFolderBelowTheCurrentOne),
        ];
        string[] names = [.. tests.Select(test => $"{typeof(OwnFoldersTests)}.{test}")];
        var start = new ProcessStartInfo(CliProcess.DotNet, ["exec", typeof(OwnFoldersTests).Assembly.Location, .. names])
        {
            WorkingDirectory = user.Path,
            RedirectStandardOutput = true,
        };
        foreach (string place in Places) start.Environment[place] = user.Path;
        foreach (string name in Own) start.Environment.Remove(name);
        // PoCL keeps what it compiles where it is told to, which is not this engine's affair.
        start.Environment["POCL_CACHE_DIR"] = pocl.Path;
        // The runtime itself puts a socket for debuggers among the temporary files.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        using Process process = Process.Start(start)!;
        string output = await process.StandardOutput.ReadToEndAsync(cancellation);
        await process.WaitForExitAsync(cancellation);
        Assert.That(process.ExitCode, Is.Zero, output);
        Assert.That(Directory.GetFileSystemEntries(user.Path, "*", SearchOption.AllDirectories), Is.Empty);
    }
}
