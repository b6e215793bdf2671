using Fovea.Testing;

namespace Fovea.Verification.Tests;

/// <summary>Every device against what another framework has computed.</summary>
[TestFixtureSource(typeof(DeviceTests), nameof(Names))]
internal sealed class ReferenceTests(string device) : DeviceTests(device)
{
    /// <summary>The cases of this repository, which Reference/make_cases.py has written.</summary>
    public static string OwnFolder { get; } = Path.Combine(TestContext.CurrentContext.TestDirectory, "Reference");

    [Test]
    public void EverySharedCasePasses() => Check([.. SelfTest.RunFolder(Device, SharedFiles.Require("reference"))], 46);

    [Test]
    public void EveryOwnCasePasses() => Check([.. SelfTest.RunFolder(Device, OwnFolder)], 37);

    private static void Check(SelfTestResult[] results, int count)
    {
        Assert.That(results.Where(result => result.Status != SelfTestStatus.Pass), Is.Empty);
        Assert.That(results, Has.Length.EqualTo(count));
        Assert.That(results, Has.All.Matches<SelfTestResult>(result => result!.MaxError <= result.Tolerance && result.Detail.Length > 0));
    }
}
