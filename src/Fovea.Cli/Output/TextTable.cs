namespace Fovea.Cli.Output;

/// <summary>Columns of text, aligned. A heading that begins with &gt; is that of a column of numbers, which end at its right.</summary>
/// <remarks>
/// Where a terminal is too narrow, columns move together; then text is broken between words; then the last column goes below the others;
/// then each row becomes a block of its own. Nothing is left out. Without a width every row is one line, for other programs.
/// </remarks>
internal sealed class TextTable(params string[] headings)
{
    private const int NarrowestText = 12, Indent = 4;

    /// <summary>The longest line under the last heading, whose text may be as long as it likes.</summary>
    private const int LongestRule = 72;

    private readonly List<string[]> rows = [];
    private readonly string[] titles = [.. headings.Select(heading => heading.TrimStart('>'))];
    private int gap = 2;

    public void Add(params string[] cells) => rows.Add(cells);

    /// <summary>A line across, such as before totals.</summary>
    public void AddRule() => rows.Add([]);

    /// <summary>Writes the table.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="width">How wide the terminal is; null for no limit.</param>
    public void Write(TextWriter writer, int? width = null)
    {
        int all = titles.Length;
        int[] natural = [.. Enumerable.Range(0, all).Select(Natural)];
        // Columns that stand closer are easier to read than text that is broken, and that than a column below the others.
        foreach (int each in new[] { 2, 1 })
        {
            gap = each;
            if (width is { } room && natural.Sum() + (gap * (all - 1)) > room) continue;
            WriteColumns(writer, natural, below: null);
            return;
        }
        int limit = width!.Value;
        foreach (int each in new[] { 2, 1 })
        {
            gap = each;
            if (Fit(all, limit) is not { } widths) continue;
            WriteColumns(writer, widths, below: null);
            return;
        }
        gap = 2;
        if (IsText(all - 1) && Fit(all - 1, limit) is { } fewer) WriteColumns(writer, fewer, below: limit);
        else WriteBlocks(writer, limit);
    }

    private bool IsText(int column) => !headings[column].StartsWith('>');

    private IEnumerable<string> Cells(int column) => rows.Where(row => row.Length > 0).Select(row => row[column]);

    private int Natural(int column) => Cells(column).Append(titles[column]).Max(cell => cell.Length);

    /// <summary>The narrowest that a column may be: numbers stay whole, and words.</summary>
    private int Narrowest(int column)
    {
        int title = LongestWord(titles[column]);
        if (!IsText(column)) return Cells(column).Select(cell => cell.Length).Append(title).Max();
        return Math.Max(Math.Min(NarrowestText, Natural(column)), Cells(column).Select(LongestWord).Append(title).Max());
    }

    /// <summary>Widths with which the first columns keep within a limit; null if there are none.</summary>
    private int[]? Fit(int count, int limit)
    {
        int[] widths = [.. Enumerable.Range(0, count).Select(Natural)], least = [.. Enumerable.Range(0, count).Select(Narrowest)];
        int excess = widths.Sum() + (gap * (count - 1)) - limit;
        for (; excess > 0; excess--)
        {
            int widest = -1;
            for (int i = 0; i < count; i++)
            {
                if (widths[i] > least[i] && (widest < 0 || widths[i] > widths[widest])) widest = i;
            }
            if (widest < 0) return null;
            widths[widest]--;
        }
        return widths;
    }

    /// <summary>Writes columns side by side.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="widths">How wide they are.</param>
    /// <param name="below">The width for the last column, if that goes below the others.</param>
    private void WriteColumns(TextWriter writer, int[] widths, int? below)
    {
        foreach (string[] row in rows.Prepend([]).Prepend(titles))
        {
            if (row.Length == 0)
            {
                WriteLine(writer, widths.Select((width, i) => new string('─', i == titles.Length - 1 ? RuleOfLast(width) : width)));
                continue;
            }
            string[][] cells = [.. widths.Select((width, i) => WordWrap.Lines(row[i], width).ToArray())];
            for (int line = 0; line < cells.Max(cell => cell.Length); line++)
            {
                WriteLine(writer, cells.Select((cell, i) => Aligned(i, line < cell.Length ? cell[line] : "", widths[i])));
            }
            if (below is not { } limit || row[^1].Length == 0) continue;
            WriteIndented(writer, row[^1], limit);
        }
    }

    /// <summary>Writes each row as a block: its first cell, and below it the others with their headings.</summary>
    private void WriteBlocks(TextWriter writer, int limit)
    {
        foreach (string[] row in rows.Where(row => row.Length > 0))
        {
            writer.WriteLine(row[0]);
            IEnumerable<string> rest = row.Select((cell, i) => (titles[i], cell)).Skip(1).Where(pair => pair.cell.Length > 0)
                .Select(pair => $"{pair.Item1} {pair.cell}".TrimStart());
            WriteIndented(writer, string.Join(", ", rest), limit);
        }
    }

    private int RuleOfLast(int width) => IsText(titles.Length - 1) ? Math.Min(width, Math.Max(LongestRule, titles[^1].Length)) : width;

    private static void WriteIndented(TextWriter writer, string text, int limit)
    {
        foreach (string line in WordWrap.Lines(text, limit - Indent)) writer.WriteLine(new string(' ', Indent) + line);
    }

    private string Aligned(int column, string text, int width) => IsText(column) ? text.PadRight(width) : text.PadLeft(width);

    private void WriteLine(TextWriter writer, IEnumerable<string> cells) =>
        writer.WriteLine(string.Join(new string(' ', gap), cells).TrimEnd());

    private static int LongestWord(string text) => text.Split(' ').Max(word => word.Length);
}
