using System.Text.RegularExpressions;

namespace Fovea.Compute.Compiler;

/// <summary>What drivers' compilers say about texts, for people who know the C# alone.</summary>
internal static partial class BuildLog
{
    /// <summary>Adds to each line of a log that names a line of the text the C# line that it was made from.</summary>
    /// <param name="log">The log.</param>
    /// <param name="lines">For each line of the text, its C# line.</param>
    /// <param name="text">The text, if its lines are to be quoted, because the compiler does not.</param>
    public static string WithSourceLines(string log, IReadOnlyList<string?> lines, string? text = null)
    {
        string[] quoted = text?.Split('\n') ?? [];
        return string.Join('\n', log.TrimEnd('\0', '\n', ' ').Split('\n').Select(entry =>
        {
            Match match = LineNumber().Match(entry);
            if (!match.Success || !int.TryParse(match.Groups["line"].ValueSpan, out int line) || line < 1) return entry;
            if (quoted.ElementAtOrDefault(line - 1)?.Trim() is { Length: > 0 } quote) entry = $"{entry}: {quote}";
            return lines.ElementAtOrDefault(line - 1) is { } origin ? $"{entry} [{origin}]" : entry;
        }));
    }

    // "input.cl:12:5: error: …" (Clang and all that descends from it), or "input.cl", line 12: error: …, or ptxas application ptx input, line 12; error : …
    [GeneratedRegex(@":(?<line>\d+):\d+:|\bline (?<line>\d+)\b", RegexOptions.CultureInvariant)]
    private static partial Regex LineNumber();
}
