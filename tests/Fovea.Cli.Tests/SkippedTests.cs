using NUnit.Framework.Interfaces;
using NUnit.Framework.Internal;

namespace Fovea.Cli.Tests;

/// <summary>A run says why tests were skipped, each reason once.</summary>
internal sealed class SkippedTests
{
    [Test]
    public void EachReasonStandsOnceWithItsNumber()
    {
        var all = (TestSuiteResult)new TestSuite("All").MakeTestResult();
        var inner = (TestSuiteResult)new TestSuite("Inner").MakeTestResult();
        inner.AddResult(Result(ResultState.Ignored, "OneTimeSetUp: SetUp : no card"));
        inner.AddResult(Result(ResultState.Success, ""));
        inner.AddResult(Result(ResultState.Failure, "wrong"));
        all.AddResult(inner);
        all.AddResult(Result(ResultState.Ignored, "no data"));
        all.AddResult(Result(ResultState.Skipped, "no card"));
        Assert.That(TestProcess.Skipped(all),
            Is.EqualTo(new[] { "Fovea.Cli.Tests skipped 2: no card", "Fovea.Cli.Tests skipped 1: no data" }));
    }

    private static TestCaseResult Result(ResultState state, string message)
    {
        var test = new TestMethod(new MethodWrapper(typeof(SkippedTests), nameof(EachReasonStandsOnceWithItsNumber)));
        var result = (TestCaseResult)test.MakeTestResult();
        result.SetResult(state, message);
        return result;
    }
}
