using System.Diagnostics;
using Spectre.Console;

namespace Fovea.Cli.Output;

/// <summary>A piece of a moving line.</summary>
/// <param name="Text">What it says.</param>
/// <param name="Rank">Where room is short, pieces of higher rank are left out first; those of rank 0 stay.</param>
internal readonly record struct LivePiece(string Text, int Rank);

/// <summary>A terminal whose last line moves while the lines above it stay.</summary>
/// <remarks>Spectre's own live display moves the cursor up by zero lines under a single line, which terminals take for one.</remarks>
internal sealed class LiveLine(IAnsiConsole console)
{
    private const double SecondsBetweenFrames = 0.1;

    private const int NarrowestBar = 10, WidestBar = 24;

    // Signals and a clock write from threads of their own.
    private readonly Lock gate = new();
    private long last;
    private bool shown;

    /// <summary>How wide the terminal is.</summary>
    public int Width => console.Profile.Width;

    /// <summary>When the line was last replaced by news, by the clock of <see cref="Stopwatch"/>.</summary>
    public long LastNews { get; private set; }

    /// <summary>Replaces the moving line, unless that happened a moment ago.</summary>
    /// <param name="before">What stands before the bar.</param>
    /// <param name="part">How much of the bar is filled; null for no bar.</param>
    /// <param name="after">What stands behind it.</param>
    /// <param name="now">Whether to replace it in any case.</param>
    /// <param name="isFrame">Whether it is the same news again, at a later time.</param>
    public void Update(string before, double? part, IReadOnlyList<LivePiece> after, bool now = false, bool isFrame = false)
    {
        if (!now && Stopwatch.GetElapsedTime(last).TotalSeconds < SecondsBetweenFrames) return;
        last = Stopwatch.GetTimestamp();
        if (!isFrame) LastNews = last;
        // The last column stays free: a terminal that has filled it may begin a line of its own.
        (string left, int bar, string right) = Layout(before, part is not null, after, Width - 1);
        lock (gate)
        {
            Clear();
            if (!shown) console.Cursor.Hide();
            shown = true;
            console.Write(new Text(left));
            if (bar > 0) console.Markup(" " + Bar(part!.Value, bar));
            if (right.Length > 0) console.Write(new Text(" " + right));
        }
    }

    /// <summary>What of a line has room: pieces go first, by their rank, then the bar, then the end of what stands before it.</summary>
    public static (string Before, int Bar, string After) Layout(string before, bool hasBar, IReadOnlyList<LivePiece> after, int width)
    {
        List<LivePiece> pieces = [.. after.Where(piece => piece.Text.Length > 0)];
        while (Room() < (hasBar ? NarrowestBar + 1 : 0) && pieces.Any(piece => piece.Rank > 0))
            pieces.Remove(pieces.MaxBy(piece => piece.Rank));
        int room = Room();
        int bar = hasBar && room > NarrowestBar ? Math.Min(room - 1, WidestBar) : 0;
        if (room < 0) before = before[..Math.Max(0, before.Length + room - 1)] + "…";
        string right = Joined();
        return (before, bar, right.Length + before.Length < width ? right : right[..Math.Max(0, width - before.Length - 1)]);

        string Joined() => string.Join("  ", pieces.Select(piece => piece.Text));

        int Room() => width - before.Length - (pieces.Count > 0 ? Joined().Length + 1 : 0);
    }

    /// <summary>Writes a line that stays.</summary>
    public void WriteLine(string markup)
    {
        lock (gate)
        {
            Clear();
            console.MarkupLine(markup);
            LastNews = Stopwatch.GetTimestamp();
        }
    }

    /// <summary>Takes the moving line away for something that is written in its place; the next frame brings it back.</summary>
    public void MakeRoom()
    {
        lock (gate) Clear();
    }

    /// <summary>Takes the moving line away.</summary>
    public void End()
    {
        lock (gate)
        {
            if (!shown) return;
            Clear();
            console.Cursor.Show();
            shown = false;
        }
    }

    private static string Bar(double part, int width)
    {
        int full = (int)Math.Round(Math.Clamp(part, 0, 1) * width);
        return $"[green]{new string('━', full)}[/][grey]{new string('─', width - full)}[/]";
    }

    private void Clear()
    {
        if (shown) console.Write(new ControlCode("\r\e[K"));
    }
}
