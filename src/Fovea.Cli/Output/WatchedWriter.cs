using System.Diagnostics;
using System.Text;

namespace Fovea.Cli.Output;

/// <summary>A writer that several threads may use, which knows when it was last written to.</summary>
/// <param name="inner">Where everything goes.</param>
/// <param name="before">Is called before anything is written.</param>
internal sealed class WatchedWriter(TextWriter inner, Action before) : TextWriter
{
    private readonly Lock gate = new();
    private long last = Stopwatch.GetTimestamp();

    /// <summary>When it was last written to, by the clock of <see cref="Stopwatch"/>.</summary>
    public long Last => Interlocked.Read(ref last);

    public override Encoding Encoding => inner.Encoding;

    public override void Write(char value) => Do(() => inner.Write(value));

    public override void Write(string? value) => Do(() => inner.Write(value));

    public override void Write(char[] buffer, int index, int count) => Do(() => inner.Write(buffer, index, count));

    public override void WriteLine() => Do(inner.WriteLine);

    public override void WriteLine(string? value) => Do(() => inner.WriteLine(value));

    public override void Flush() => inner.Flush();

    private void Do(Action write)
    {
        lock (gate)
        {
            before();
            write();
            Interlocked.Exchange(ref last, Stopwatch.GetTimestamp());
        }
    }
}
