using System.CommandLine;
using Fovea.Cli.Options;
using Fovea.Cli.Output;
using Fovea.Verification;

namespace Fovea.Cli.Commands;

/// <summary>fovea selftest</summary>
internal static class SelfTestCommand
{
    private static readonly Option<string?> Reference =
        new("--reference")
        {
            Description = "A folder of reference cases (*.safetensors); without it, float64 arithmetic is the reference",
            HelpName = "DIR"
        };

    public static Command Create(Host host)
    {
        var command = new Command("selftest", "Compare a device's results and gradients with known ones") { Reference, SharedOptions.Device,
            SharedOptions.Threads, SharedOptions.Json };
        command.SetAction((parse, token) => Task.FromResult(Run(host, parse, token)));
        return command;
    }

    private static int Run(Host host, ParseResult parse, CancellationToken cancellation)
    {
        using Device device = SharedOptions.Open(host, parse);
        host.Life.Begin("testing");
        IEnumerable<SelfTestResult> cases = parse.GetValue(Reference) is { } folder
            ? SelfTest.RunFolder(device, folder, host.Life, cancellation)
            : SelfTest.RunBuiltIn(device, host.Life, cancellation);
        bool json = parse.GetValue(SharedOptions.Json);
        var results = new List<SelfTestResult>();
        foreach (SelfTestResult result in cases)
        {
            results.Add(result);
            if (!json) host.Out.WriteLine(Line(result, host.Width));
        }
        host.Life.End();
        int Count(SelfTestStatus status) => results.Count(result => result.Status == status);
        (int passed, int failed, int unsupported) =
            (Count(SelfTestStatus.Pass), Count(SelfTestStatus.Fail), Count(SelfTestStatus.Unsupported));
        if (json)
        {
            host.Out.WriteJson(new
            {
                Device = device.Info.Name,
                passed,
                failed,
                unsupported,
                Cases = results.Select(
                    result => new { result.Case, result.Op, Status = Word(result.Status), result.MaxError, result.Tolerance }),
            });
        }
        else
        {
            host.Result($"{device}: {passed} passed, {failed} failed, {unsupported} unsupported");
        }
        return failed > 0 ? ExitCodes.Failed : ExitCodes.Done;
    }

    /// <summary>A line; on a narrow terminal a case that passed says less, and one that failed goes on in the next line.</summary>
    private static string Line(SelfTestResult result, int? width)
    {
        string begin = $"{Word(result.Status),-11}  {result.Case,-36}";
        string error = Show.Text($" error {result.MaxError:0.0e+00}"), tolerance = Show.Text($"  tolerance {result.Tolerance:0.0e+00}");
        string[] lines = result.Status switch
        {
            SelfTestStatus.Unsupported => [$"unsupported  {result.Case} ({result.Op})"],
            SelfTestStatus.Pass => [$"{begin}{error}{tolerance}  {result.Detail}", begin + error + tolerance, begin + error],
            _ => [$"{begin}{error}{tolerance}  {result.Detail}"],
        };
        return WordWrap.Of((lines.FirstOrDefault(line => line.TrimEnd().Length <= (width ?? int.MaxValue)) ?? lines[^1]).TrimEnd(), width);
    }

    private static string Word(SelfTestStatus status) => status.ToString().ToLowerInvariant();
}
