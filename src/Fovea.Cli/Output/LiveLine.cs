using System.Diagnostics;
using Spectre.Console;

namespace Fovea.Cli.Output;

/// <summary>A terminal with a last line that moves while the lines above it stay.</summary>
internal sealed class LiveLine(IAnsiConsole console)
{
    private const double SecondsBetweenFrames = 0.1;

    // The console and its live part each have a lock of their own and take them in either order; ours goes before both.
    private readonly Lock gate = new();
    private LiveDisplayContext? display;
    private long last;

    /// <summary>Runs something that calls <see cref="Update"/>; the moving line disappears with its end.</summary>
    public T During<T>(Func<T> action) => DuringAsync(() => Task.FromResult(action())).GetAwaiter().GetResult();

    /// <inheritdoc cref="During"/>
    public Task<T> DuringAsync<T>(Func<Task<T>> action) => console.Live(Text.Empty).AutoClear(true).StartAsync(async context =>
    {
        lock (gate) display = context;
        try
        {
            return await action();
        }
        finally
        {
            lock (gate) display = null;
        }
    });

    /// <summary>Replaces the moving line, unless that happened a moment ago.</summary>
    /// <param name="markup">Makes the line; not called if it is not needed.</param>
    /// <param name="now">Whether to replace it in any case.</param>
    public void Update(Func<string> markup, bool now = false)
    {
        if (!now && Stopwatch.GetElapsedTime(last).TotalSeconds < SecondsBetweenFrames) return;
        last = Stopwatch.GetTimestamp();
        lock (gate) display?.UpdateTarget(new Markup(markup()) { Overflow = Overflow.Crop });
    }

    /// <summary>Writes a line that stays.</summary>
    public void WriteLine(string markup)
    {
        lock (gate) console.MarkupLine(markup);
    }

    /// <summary>A bar that is filled to a part.</summary>
    public static string Bar(double part, int width = 24)
    {
        int full = (int)Math.Round(Math.Clamp(part, 0, 1) * width);
        return $"[green]{new string('━', full)}[/][grey]{new string('─', width - full)}[/]";
    }
}
