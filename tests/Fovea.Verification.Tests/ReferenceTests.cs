using Fovea.Testing;

namespace Fovea.Verification.Tests;

/// <summary>Every device against what another framework has computed.</summary>
[TestFixtureSource(typeof(DeviceTests), nameof(Names))]
internal sealed class ReferenceTests(string device) : DeviceTests(device)
{
    private static readonly string[] NotYetSupported =
    [
        "batchnorm_eval", "batchnorm_train", "concat_channel2", "conv_transpose2d_s2", "gelu_erf", "layernorm_last2", "lstm_1layer",
            "lstm_2layer", "net_resblock_projection",
    ];

    [Test]
    public void EveryReferenceCasePassesOrIsKnownToBeUnsupported()
    {
        SelfTestResult[] results = [.. SelfTest.RunFolder(Device, SharedFiles.Require("reference"))];
        Assert.That(results, Has.Length.EqualTo(46));
        Assert.That(results.Where(result => result.Status == SelfTestStatus.Fail), Is.Empty);
        Assert.That(results.Where(result => result.Status == SelfTestStatus.Unsupported).Select(result => result.Case),
            Is.EqualTo(NotYetSupported));
        Assert.That(results.Where(result => result.Status == SelfTestStatus.Pass),
            Has.All.Matches<SelfTestResult>(result => result!.MaxError <= result.Tolerance && result.Detail.Length > 0));
    }
}
