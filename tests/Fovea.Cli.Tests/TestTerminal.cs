using System.Text.RegularExpressions;
using Fovea.Cli.Output;
using Spectre.Console;

namespace Fovea.Cli.Tests;

/// <summary>A terminal without colours, whose lines are kept.</summary>
internal sealed partial class TestTerminal : IDisposable
{
    private readonly StringWriter written = new() { NewLine = "\n" };

    public TestTerminal(int width)
    {
        Console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.Yes,
            ColorSystem = ColorSystemSupport.NoColors,
            Out = new AnsiConsoleOutput(written),
        });
        Console.Profile.Width = width;
    }

    public IAnsiConsole Console { get; }

    /// <summary>A host all of whose output goes here.</summary>
    public Host Host => new(written, written) { Live = new LiveLine(Console), Pictures = Console };

    /// <summary>What was written, with the codes that move the cursor.</summary>
    public string Written => written.ToString();

    /// <summary>What was written, without them.</summary>
    public string Text => Codes().Replace(Written, "");

    /// <summary>The lines that stay: of a line that was replaced, the last.</summary>
    public string[] Lines => [.. Written.TrimEnd('\n').Split('\n').Select(line => Codes().Replace(line.Split('\r')[^1], ""))];

    public void Dispose() => written.Dispose();

    [GeneratedRegex(@"\x1b\[[^a-zA-Z]*[a-zA-Z]")]
    private static partial Regex Codes();
}
