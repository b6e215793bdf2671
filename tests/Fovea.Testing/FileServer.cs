using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Fovea.Testing;

/// <summary>A web server on this machine that gives files, and misbehaves where it is told to.</summary>
internal sealed class FileServer : IDisposable
{
    private readonly HttpListener listener = new();
    private readonly Task serving;

    public FileServer()
    {
        using (var socket = new TcpListener(IPAddress.Loopback, 0))
        {
            socket.Start();
            Root = $"http://127.0.0.1:{((IPEndPoint)socket.LocalEndpoint).Port}/";
        }
        listener.Prefixes.Add(Root);
        listener.Start();
        serving = ServeAsync();
    }

    public string Root { get; }

    public Dictionary<string, byte[]> Files { get; } = [];

    /// <summary>The requests that came, each with the range it asked for.</summary>
    public List<string> Requests { get; } = [];

    /// <summary>Breaks the connection after so many bytes of each answer.</summary>
    public int? BreakAfter { get; set; }

    /// <summary>Sends so many bytes of each answer, then nothing more.</summary>
    public int? StallAfter { get; set; }

    public bool KnowsRanges { get; set; } = true;

    public void Dispose()
    {
        listener.Stop();
        // A listener that is stopped at the wrong moment never completes its last request, and nobody needs it any longer.
        serving.Wait(TimeSpan.FromSeconds(5));
        listener.Close();
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or InvalidOperationException)
            {
                return;
            }
            _ = AnswerAsync(context);
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        string name = context.Request.Url!.AbsolutePath[1..];
        string? range = context.Request.Headers["Range"];
        lock (Requests)
            Requests.Add($"{name} {range}".Trim());
        HttpListenerResponse response = context.Response;
        try
        {
            if (!Files.TryGetValue(name, out byte[]? content))
            {
                response.StatusCode = 404;
                response.Close();
                return;
            }
            int from = range is null || !KnowsRanges ? 0 : int.Parse(range["bytes=".Length..^1], CultureInfo.InvariantCulture);
            if (from >= content.Length)
            {
                response.StatusCode = 416;
                response.Close();
                return;
            }
            if (range is not null && KnowsRanges)
            {
                response.StatusCode = 206;
                response.AddHeader("Content-Range", $"bytes {from}-{content.Length - 1}/{content.Length}");
            }
            response.ContentLength64 = content.Length - from;
            int send = Math.Min(content.Length - from, BreakAfter ?? StallAfter ?? int.MaxValue);
            await response.OutputStream.WriteAsync(content.AsMemory(from, send));
            await response.OutputStream.FlushAsync();
            if (StallAfter is not null)
                return;
            if (BreakAfter is not null)
                response.Abort();
            else
                response.Close();
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or IOException)
        {
            // The client went away, as some tests have it do.
        }
    }
}
