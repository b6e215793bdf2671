using System.Text;
using Fovea.Data;
using Spectre.Console;

namespace Fovea.Cli.Output;

/// <summary>What commands talk to. Results go to <see cref="Out"/>; progress, notices and errors to <see cref="Error"/>.</summary>
internal sealed class Host : IDisposable
{
    private readonly WatchedWriter output, error;

    public Host(TextWriter output, TextWriter error)
    {
        this.output = new WatchedWriter(output, () => Live?.MakeRoom());
        this.error = new WatchedWriter(error, () => Live?.MakeRoom());
        Life = new SignOfLife(this);
    }

    public TextWriter Out => output;

    public TextWriter Error => error;

    /// <summary>Says what the command is at, where that takes long.</summary>
    public SignOfLife Life { get; }

    /// <summary>How long nothing may be said before <see cref="Life"/> says something; infinite for never.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(1.5);

    /// <summary>When something was last said, by the clock of <see cref="System.Diagnostics.Stopwatch"/>.</summary>
    public long LastSaid => Math.Max(Math.Max(output.Last, error.Last), Live?.LastNews ?? 0);

    /// <summary>The terminal behind <see cref="Error"/>, for progress that moves; null if there is none.</summary>
    public LiveLine? Live { get; init; }

    /// <summary>The terminal behind <see cref="Out"/>, for pictures in colour; null if there is none.</summary>
    public IAnsiConsole? Pictures { get; init; }

    /// <summary>Makes the downloader of data sets.</summary>
    public Func<HttpClient, DatasetDownloader> Downloader { get; init; } = client => new DatasetDownloader(client);

    public static Host ForConsole()
    {
        Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        return new Host(Console.Out, Console.Error)
        {
            Live = !Console.IsErrorRedirected && Terminal(Console.Error) is { } terminal ? new LiveLine(terminal) : null,
            Pictures = Console.IsOutputRedirected ? null : Terminal(Console.Out),
        };
    }

    /// <summary>How wide the terminal behind <see cref="Out"/> is; null where results go to a file or another program.</summary>
    public int? Width => Pictures?.Profile.Width;

    /// <summary>Writes a line of a result, broken between words where the terminal is narrower.</summary>
    public void Result(string line) => Out.WriteLine(WordWrap.Of(line, Width));

    /// <summary>Writes a line that is not a result, above any moving line.</summary>
    public void Notice(string line)
    {
        if (Live is { } live) live.WriteLine(Markup.Escape(WordWrap.Of(line, live.Width)));
        else Error.WriteLine(line);
    }

    /// <summary>Writes an error.</summary>
    public void Complain(string line) => Error.WriteLine(WordWrap.Of(line, Live?.Width));

    /// <summary>Puts the terminal back into order.</summary>
    public void Dispose()
    {
        Life.Dispose();
        Live?.End();
    }

    /// <summary>A terminal; null for one that cannot move its cursor.</summary>
    private static IAnsiConsole? Terminal(TextWriter writer)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });
        return console.Profile.Capabilities.Ansi ? console : null;
    }
}
