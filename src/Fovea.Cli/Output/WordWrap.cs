namespace Fovea.Cli.Output;

/// <summary>Breaks text between words, so that a terminal does not break it within one.</summary>
internal static class WordWrap
{
    /// <summary>Breaks a text. A word that is longer than a line stays whole: a path can then be copied.</summary>
    /// <param name="text">The text, a line.</param>
    /// <param name="width">The longest line.</param>
    public static IEnumerable<string> Lines(string text, int width)
    {
        int start = 0;
        while (text.Length - start > width)
        {
            int end = text.LastIndexOf(' ', start + width, width + 1);
            // Spaces at a line's beginning belong to it.
            if (end <= start || string.IsNullOrWhiteSpace(text[start..end])) end = text.IndexOf(' ', Math.Min(text.Length, start + width));
            if (end < 0) break;
            yield return text[start..end].TrimEnd();
            start = end + 1;
        }
        yield return text[start..];
    }

    /// <summary>The text with line ends where it is broken; as it is if there is no width.</summary>
    public static string Of(string text, int? width) => width is { } limit and > 0 ? string.Join('\n', Lines(text, limit)) : text;
}
