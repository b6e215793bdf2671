using System.Text.RegularExpressions;

namespace Fovea.Cli.Tests;

/// <summary>A command that a page shows, and what it printed. A line <c>…</c> stands for some that are left out.</summary>
/// <param name="Line">The number of the command's line.</param>
/// <param name="Command">The command, without the prompt.</param>
/// <param name="Output">The lines below it.</param>
/// <param name="Marker">What the comment before the fence says of the output; null without one.</param>
internal sealed record Sample(int Line, string Command, string[] Output, string? Marker);

/// <summary>The samples of a page: what begins with <c>$ fovea</c> in a fence, below a comment that says what varies.</summary>
internal static partial class SamplePage
{
    private const string Prompt = "$ ", LeftOut = "…";

    // What differs from one run or machine to the next, and what takes its place when outputs are compared.
    private static readonly Dictionary<string, (Regex Pattern, string Place)> Varying = new()
    {
        ["times"] = (Times(), "<time>"),
        ["sizes"] = (Sizes(), "<size>"),
        ["figures"] = (Figures(), "<figure>"),
        ["device"] = (Device(), "<device>"),
        ["labels"] = (Labels(), "<label>"),
        ["guesses"] = (Guesses(), "<class>"),
    };

    /// <summary>The samples of a page in their order.</summary>
    public static IEnumerable<Sample> Of(string[] page)
    {
        bool fenced = false;
        string? marker = null;
        for (int i = 0; i < page.Length; i++)
        {
            if (page[i].StartsWith("```", StringComparison.Ordinal))
            {
                fenced = !fenced;
                marker = fenced && i > 0 && Marker().Match(page[i - 1]) is { Success: true } comment ? comment.Groups[1].Value : null;
            }
            else if (fenced && page[i].StartsWith($"{Prompt}fovea", StringComparison.Ordinal))
            {
                string[] output = [.. page.Skip(i + 1).TakeWhile(line => !line.StartsWith("```") && !line.StartsWith(Prompt))];
                yield return new Sample(i + 1, page[i][Prompt.Length..], output, marker);
            }
        }
    }

    /// <summary>The lines of an output that a page shows: those before and those after what it leaves out, as many as now.</summary>
    public static string[] Excerpt(string[] shown, string[] printed)
    {
        int gap = Array.IndexOf(shown, LeftOut);
        if (gap < 0) return printed;
        int after = shown.Length - gap - 1;
        return printed.Length <= gap + after ? printed : [.. printed[..gap], LeftOut, .. printed[^after..]];
    }

    /// <summary>A line with placeholders for what varies. The width of what varies moves what stands beside it.</summary>
    /// <exception cref="ArgumentException">The marker names something that is not known here.</exception>
    public static string Mask(string line, string marker)
    {
        string masked = line;
        foreach (string name in marker.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!Varying.TryGetValue(name, out (Regex Pattern, string Place) varying))
                throw new ArgumentException($"'{name}' is none of {string.Join(", ", Varying.Keys)}.");
            masked = varying.Pattern.Replace(masked, varying.Place);
        }
        return masked == line ? line : Spaces().Replace(masked, " ");
    }

    [GeneratedRegex("^<!-- output(?:: (.*))? -->$")]
    private static partial Regex Marker();

    [GeneratedRegex(@"\d[\d,.]* m?s\b")]
    private static partial Regex Times();

    [GeneratedRegex(@"\d[\d,.]* [KMG]?i?B\b")]
    private static partial Regex Sizes();

    [GeneratedRegex(@"\b\d+\.\d+\b")]
    private static partial Regex Figures();

    [GeneratedRegex(@"\bcpu \([^)]*\)")]
    private static partial Regex Device();

    [GeneratedRegex(@"\bL_\d+\b")]
    private static partial Regex Labels();

    [GeneratedRegex(@"(?<= %  )\S+")]
    private static partial Regex Guesses();

    [GeneratedRegex(" +")]
    private static partial Regex Spaces();
}
