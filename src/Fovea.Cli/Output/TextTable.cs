namespace Fovea.Cli.Output;

/// <summary>Columns of text, aligned. A heading that begins with &gt; is that of a column of numbers, which end at its right.</summary>
internal sealed class TextTable(params string[] headings)
{
    private readonly List<string[]> rows = [];

    public void Add(params string[] cells) => rows.Add(cells);

    /// <summary>A line across, such as before totals.</summary>
    public void AddRule() => rows.Add([]);

    public void Write(TextWriter writer)
    {
        string[] titles = [.. headings.Select(heading => heading.TrimStart('>'))];
        int[] widths = [.. titles.Select((title, i) => rows.Where(row => row.Length > 0).Max(row => (int?)row[i].Length) is { } widest
            ? Math.Max(title.Length, widest) : title.Length)];
        foreach (string[] row in rows.Prepend([]).Prepend(titles))
        {
            IEnumerable<string> cells = row.Length == 0
                ? widths.Select(width => new string('─', width))
                : row.Select((cell, i) => headings[i].StartsWith('>') ? cell.PadLeft(widths[i]) : cell.PadRight(widths[i]));
            writer.WriteLine(string.Join("  ", cells).TrimEnd());
        }
    }
}
