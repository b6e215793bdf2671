using System.Security.Cryptography;
using System.Text.Json;
using Fovea.Cli.Output;

namespace Fovea.Cli.Tests;

/// <summary>What a command gave.</summary>
internal sealed record CliResult(int Code, string Out, string Error)
{
    /// <summary>Standard output, which must be one JSON object on one line.</summary>
    public JsonElement Json
    {
        get
        {
            Assert.That(Code, Is.Zero, Error);
            Assert.That(Out.TrimEnd('\n'), Does.Not.Contain('\n'));
            return JsonDocument.Parse(Out).RootElement;
        }
    }
}

/// <summary>Runs the fovea command within the test's process.</summary>
internal static class CliRun
{
    /// <summary>Few and small steps: 8 of them in two epochs.</summary>
    public static readonly string[] Short =
        ["--train-count", "64", "--test-count", "50", "--batch-size", "16", "--epochs", "2", "--threads", "2"];

    public static Task<CliResult> Run(params string[] args) => Run(args, CancellationToken.None);

    public static async Task<CliResult> Run(string[] args, CancellationToken cancellation, Func<Host, Host>? change = null)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        // What takes long says so, which depends on the machine.
        using var host = new Host(output, error) { Patience = Timeout.InfiniteTimeSpan };
        using Host used = change?.Invoke(host) ?? host;
        int code = await new CommandLine(used).RunAsync(args, cancellation);
        return new CliResult(code, output.ToString(), error.ToString());
    }

    /// <summary>Runs a command on a terminal; gives what it shows, without colours.</summary>
    public static async Task<(CliResult Result, string Screen)> OnTerminal(int width, params string[] args)
    {
        using var terminal = new TestTerminal(width);
        CliResult result = await Run(args, CancellationToken.None, host => new Host(host.Out, host.Error)
        {
            Live = new LiveLine(terminal.Console),
            Pictures = terminal.Console,
            Patience = Timeout.InfiniteTimeSpan,
        });
        return (result, terminal.Text);
    }

    /// <summary>Trains LeNet-5 for a few steps into a folder.</summary>
    public static Task<CliResult> Train(string folder, params string[] more)
    {
        // An option is given once: those of the test take the place of the short ones.
        IEnumerable<string> rest = Short.Chunk(2).Where(pair => !more.Contains(pair[0])).SelectMany(pair => pair);
        return Run(["train", "lenet5", .. rest, "--out", folder, .. more]);
    }

    /// <summary>Tells whether two files are the same, in few words if they are not.</summary>
    public static string Hash(string folder, string name = "weights.safetensors") =>
        Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(Path.Combine(folder, name))));

    public static string[] Names(this JsonElement element) => [.. element.EnumerateObject().Select(property => property.Name)];
}
