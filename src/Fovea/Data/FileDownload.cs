using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;

namespace Fovea.Data;

/// <summary>
/// Fetches one file from the first mirror that has it whole. What has arrived is kept beside the target as .part, and every attempt,
/// also of a later run, continues from there; the file takes its name only when its hash is right.
/// </summary>
internal sealed class FileDownload(
    HttpClient client, RemoteFile file, string target, TimeSpan patience, IProgress<DownloadProgress>? progress)
{
    private const int AttemptsPerMirror = 3;

    private readonly string part = target + ".part";

    /// <exception cref="DownloadException">No mirror gave the file.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var failures = new List<string>();
        foreach (string mirror in file.Mirrors)
            for (int attempt = 0; attempt < AttemptsPerMirror; attempt++)
            {
                long before = PartLength();
                try
                {
                    await ReceiveAsync(mirror, cancellationToken).ConfigureAwait(false);
                    if (await HashAsync(part, cancellationToken).ConfigureAwait(false) == file.Sha256)
                    {
                        File.Move(part, target, overwrite: true);
                        return;
                    }
                    File.Delete(part);
                    throw new MirrorException("its content has another hash than the original") { WorthRepeating = before > 0 };
                }
                catch (MirrorException e)
                {
                    failures.Add($"{mirror}: {e.Message}");
                    // Going on pays while the file grows, or if what was there to begin with may have been the fault.
                    if (!e.WorthRepeating && PartLength() <= before)
                        break;
                }
            }
        throw new DownloadException($"{file.Name} could not be downloaded. {string.Join("; ", failures.Distinct())}.");
    }

    public static async Task<string> HashAsync(string path, CancellationToken cancellationToken)
    {
        FileStream stream = File.OpenRead(path);
        await using (stream.ConfigureAwait(false))
            return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken).ConfigureAwait(false));
    }

    private long PartLength() => File.Exists(part) ? new FileInfo(part).Length : 0;

    private async Task ReceiveAsync(string mirror, CancellationToken cancellationToken)
    {
        long have = PartLength();
        if (have > file.Length)
        {
            File.Delete(part);
            have = 0;
        }
        if (have == file.Length)
            return;

        using HttpResponseMessage response = await AskAsync(mirror, have, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            File.Delete(part);
            throw new MirrorException("it has less of the file than is here already") { WorthRepeating = have > 0 };
        }
        if (!response.IsSuccessStatusCode)
            throw new MirrorException($"it answered {(int)response.StatusCode} {response.ReasonPhrase}");
        // A server that does not know ranges, or takes its own, sends from another place than was asked.
        long start = response.StatusCode == HttpStatusCode.PartialContent ? response.Content.Headers.ContentRange?.From ?? have : 0;
        if (start > have)
            throw new MirrorException($"it sent the file from byte {start} on instead of {have}");
        if (response.Content.Headers.ContentLength is { } length && start + length != file.Length)
            throw new MirrorException($"its file has {start + length} bytes instead of {file.Length}");
        await SaveAsync(response, start, cancellationToken).ConfigureAwait(false);
    }

    private async Task<HttpResponseMessage> AskAsync(string mirror, long from, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, mirror);
        if (from > 0)
            request.Headers.Range = new RangeHeaderValue(from, null);
        return await WithinPatienceAsync(
            token => client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, token), cancellationToken).ConfigureAwait(false);
    }

    private async Task SaveAsync(HttpResponseMessage response, long start, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[1 << 16];
        Stream body = await WithinPatienceAsync(response.Content.ReadAsStreamAsync, cancellationToken).ConfigureAwait(false);
        var saved = new FileStream(part, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);
        await using (body.ConfigureAwait(false))
        await using (saved.ConfigureAwait(false))
        {
            saved.SetLength(start);
            saved.Position = start;
            while (true)
            {
                int read = await WithinPatienceAsync(
                    token => body.ReadAsync(buffer, token).AsTask(), cancellationToken).ConfigureAwait(false);
                if (read == 0)
                    break;
                if (saved.Position + read > file.Length)
                    throw new MirrorException($"it sent more than {file.Length} bytes");
                // What has come is kept, so this is not to be cancelled.
                await saved.WriteAsync(buffer.AsMemory(0, read), CancellationToken.None).ConfigureAwait(false);
                progress?.Report(new DownloadProgress(file.Name, saved.Position, file.Length));
            }
            if (saved.Position < file.Length)
                throw new MirrorException($"it stopped after {saved.Position} of {file.Length} bytes");
        }
    }

    /// <summary>Runs one network operation; its failure, or too long a silence, is the mirror's and not the disk's.</summary>
    private async Task<T> WithinPatienceAsync<T>(Func<CancellationToken, Task<T>> operation, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience);
        try
        {
            return await operation(limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new MirrorException(e.Message);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new MirrorException($"it was silent for {patience.TotalSeconds:0.#} seconds");
        }
    }

    private sealed class MirrorException(string message) : Exception(message)
    {
        public bool WorthRepeating { get; init; }
    }
}
