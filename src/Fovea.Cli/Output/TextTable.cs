namespace Fovea.Cli.Output;

/// <summary>Columns of text, aligned. A heading that begins with &gt; is that of a column of numbers, which end at its right.</summary>
internal sealed class TextTable(params string[] headings)
{
    private const int Gap = 2, NarrowestText = 20;

    private readonly List<string[]> rows = [];

    public void Add(params string[] cells) => rows.Add(cells);

    /// <summary>A line across, such as before totals.</summary>
    public void AddRule() => rows.Add([]);

    /// <summary>Writes the table.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="width">How wide the terminal is; text of the last column goes on in the next line there. Null for no limit.</param>
    public void Write(TextWriter writer, int? width = null)
    {
        string[] titles = [.. headings.Select(heading => heading.TrimStart('>'))];
        int[] widths = [.. titles.Select((title, i) => rows.Where(row => row.Length > 0).Max(row => (int?)row[i].Length) is { } widest
            ? Math.Max(title.Length, widest) : title.Length)];
        int last = widths.Length - 1, before = widths.Take(last).Sum() + (Gap * last);
        if (width is { } limit && !headings[last].StartsWith('>') && limit - before >= NarrowestText)
            widths[last] = Math.Min(widths[last], limit - before);
        foreach (string[] row in rows.Prepend([]).Prepend(titles))
        {
            string[] lines = row.Length == 0 ? [] : [.. WordWrap.Lines(row[last], widths[last])];
            IEnumerable<string> cells = row.Length == 0
                ? widths.Select(each => new string('─', each))
                : row.Take(last).Append(lines[0])
                    .Select((cell, i) => headings[i].StartsWith('>') ? cell.PadLeft(widths[i]) : cell.PadRight(widths[i]));
            writer.WriteLine(string.Join(new string(' ', Gap), cells).TrimEnd());
            foreach (string line in lines.Skip(1)) writer.WriteLine(new string(' ', before) + line);
        }
    }
}
