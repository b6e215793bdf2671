using System.Globalization;
using System.Runtime.CompilerServices;
using NUnit.Framework.Interfaces;
using NUnit.Framework.Internal;

/// <summary>
/// What holds for each process of tests; every test project compiles this file. What the process and its children write goes to folders of
/// its own, which end with it. What was skipped is told at the end, with the reason.
/// </summary>
[SetUpFixture]
internal sealed class TestProcess
{
    // What NUnit puts before the reason of a fixture.
    private const string InSetUp = "OneTimeSetUp: SetUp : ";

    private static readonly string FirstDirectory = Environment.CurrentDirectory;

    private static string? Root;

    /// <summary>
    /// Leaves the user's folders before any code of the tests runs, their sources of cases included. What the product keeps goes where
    /// these variables say, and children inherit them.
    /// </summary>
    [ModuleInitializer]
    internal static void EnterFolders()
    {
        Root = Directory.CreateTempSubdirectory("fovea-tests-").FullName;
        Environment.SetEnvironmentVariable("FOVEA_CACHE", Path.Combine(Root, "cache"));
        Environment.SetEnvironmentVariable("FOVEA_DATA", Path.Combine(Root, "data"));
        string temporary = Directory.CreateDirectory(Path.Combine(Root, "temporary")).FullName;
        foreach (string variable in (string[])["TMPDIR", "TMP", "TEMP"]) Environment.SetEnvironmentVariable(variable, temporary);
        Environment.CurrentDirectory = Directory.CreateDirectory(Path.Combine(Root, "current")).FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => RemoveFolders();
    }

    [OneTimeTearDown]
    public void End()
    {
        foreach (string line in Skipped(TestExecutionContext.CurrentContext.CurrentResult)) TestContext.Error.WriteLine(line);
        RemoveFolders();
    }

    /// <summary>Why tests were skipped: a line a reason, with their number.</summary>
    internal static IEnumerable<string> Skipped(ITestResult tests) =>
        from test in Leaves(tests)
        where test.ResultState.Status == TestStatus.Skipped
        group test by test.Message.Replace(InSetUp, "", StringComparison.Ordinal) into reason
        let count = reason.Count()
        orderby count descending
        select string.Create(CultureInfo.InvariantCulture, $"{typeof(TestProcess).Assembly.GetName().Name} skipped {count}: {reason.Key}");

    private static IEnumerable<ITestResult> Leaves(ITestResult result) =>
        result.HasChildren ? result.Children.SelectMany(Leaves) : [result];

    private static void RemoveFolders()
    {
        if (Interlocked.Exchange(ref Root, null) is not { } root) return;
        Environment.CurrentDirectory = FirstDirectory;
        Directory.Delete(root, recursive: true);
    }
}
