using System.Diagnostics;
using Spectre.Console;

namespace Fovea.Cli.Output;

/// <summary>A terminal whose last line moves while the lines above it stay.</summary>
/// <remarks>Spectre's own live display moves the cursor up by zero lines under a single line, which terminals take for one.</remarks>
internal sealed class LiveLine(IAnsiConsole console)
{
    private const double SecondsBetweenFrames = 0.1;

    private const int WidestBar = 24;

    // Signals write from a thread of their own.
    private readonly Lock gate = new();
    private long last;
    private bool shown;

    /// <summary>How wide the terminal is.</summary>
    public int Width => console.Profile.Width;

    /// <summary>Replaces the moving line, unless that happened a moment ago.</summary>
    /// <param name="before">What stands before the bar.</param>
    /// <param name="part">How much of the bar is filled; null for no bar.</param>
    /// <param name="after">What stands behind it.</param>
    /// <param name="now">Whether to replace it in any case.</param>
    public void Update(FormattableString before, double? part, FormattableString after, bool now = false)
    {
        if (!now && Stopwatch.GetElapsedTime(last).TotalSeconds < SecondsBetweenFrames) return;
        last = Stopwatch.GetTimestamp();
        string left = Show.Text(before), right = Show.Text(after);
        int room = console.Profile.Width - 3 - left.Length - right.Length;
        lock (gate)
        {
            Clear();
            if (!shown) console.Cursor.Hide();
            shown = true;
            console.Write(left + " ");
            if (part is { } filled && room > 0) console.Markup(Bar(filled, Math.Min(room, WidestBar)) + " ");
            console.Write(room < 0 ? right[..Math.Max(0, right.Length + room)] : right);
        }
    }

    /// <summary>Writes a line that stays.</summary>
    public void WriteLine(string markup)
    {
        lock (gate)
        {
            Clear();
            console.MarkupLine(markup);
        }
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
