using System.Text.Json;
using Fovea.Core;
using Fovea.Core.Tuning;
using Fovea.Diagnostics;
using Fovea.Testing;

namespace Fovea.Cli.Tests;

[NonParallelizable]
internal sealed class DoctorTests
{
    private string? before;

    [SetUp]
    public void KeepTheEnvironment() => before = Environment.GetEnvironmentVariable(ChoiceFile.CacheVariable);

    [TearDown]
    public void RestoreTheEnvironment() => Environment.SetEnvironmentVariable(ChoiceFile.CacheVariable, before);

    [Test]
    public async Task TheReportHasWhatAFaultNeeds()
    {
        using var folder = new TempFolder();
        Environment.SetEnvironmentVariable(ChoiceFile.CacheVariable, folder["cache"]);
        CliResult failed = await CliRun.Run("selftest", "--device", "cuda:99");
        Assert.That(failed.Code, Is.EqualTo(4));
        JsonElement report = (await CliRun.Run("doctor", "--json")).Json;
        Assert.That(report.Names(), Is.EqualTo(new[] { "machine", "drivers", "devices", "missing", "caches", "environment", "errors" }));
        JsonElement cpu = report.GetProperty("devices")[0];
        Assert.That((cpu.GetProperty("name").GetString(), cpu.GetProperty("problem").ValueKind), Is.EqualTo(("cpu", JsonValueKind.Null)));
        Assert.That(report.GetProperty("devices").EnumerateArray().Select(device => device.GetProperty("name").GetString()),
            Is.EqualTo(Device.List().Select(device => device.Name)));
        Assert.That(report.GetProperty("missing").GetArrayLength(), Is.EqualTo(Device.Missing().Count));
        Assert.That(report.GetProperty("caches")[0].GetProperty("path").GetString(), Is.EqualTo(folder["cache"]));
        Assert.That(report.GetProperty("caches")[0].GetProperty("files").GetInt32(), Is.Positive);
        Assert.That(report.GetProperty("environment").EnumerateArray().Select(fact => fact.GetProperty("name").GetString()),
            Has.Member(ChoiceFile.CacheVariable));
        Assert.That(report.GetProperty("errors").EnumerateArray().Single().GetString(),
            Does.Match(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ DeviceException: .*cuda:99"));
        CliResult text = await CliRun.Run("doctor");
        Assert.That(
            text.Out, Does.Contain("\n  cpu: ").And.Contain(": computes right\n").And.Contain("Last errors\n").And.Contain("cuda:99"));
    }

    [Test]
    public void TheJournalKeepsTheLastFailures()
    {
        using var folder = new TempFolder();
        Environment.SetEnvironmentVariable(ChoiceFile.CacheVariable, folder["cache"]);
        for (int i = 0; i < 30; i++) ErrorJournal.Add(new DeviceFailureException($"number {i}\nand more"));
        Assert.That(ErrorJournal.Read().Select(line => line.Split(": ")[1]),
            Is.EqualTo(Enumerable.Range(10, 20).Select(i => $"number {i} | and more")));
        Environment.SetEnvironmentVariable(ChoiceFile.CacheVariable, "off");
        ErrorJournal.Add(new DeviceFailureException("lost"));
        Assert.That(ErrorJournal.Read(), Is.Empty);
    }
}
