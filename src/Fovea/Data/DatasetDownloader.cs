using System.Formats.Tar;
using System.IO.Compression;
using Fovea.Core.Files;

namespace Fovea.Data;

/// <summary>How far the download of one file has come.</summary>
/// <param name="File">The name of the file.</param>
/// <param name="BytesReceived">The bytes that are here, those of earlier attempts included.</param>
/// <param name="TotalBytes">The bytes of the whole file.</param>
public readonly record struct DownloadProgress(string File, long BytesReceived, long TotalBytes);

/// <summary>A file could not be had from any of its mirrors; the message tells what each one answered.</summary>
/// <param name="message">The message.</param>
public sealed class DownloadException(string message) : IOException(message);

/// <summary>
/// Downloads the public data sets and checks every file against the hash of the original. An interrupted download continues where it
/// stopped, and files that are here and sound are not fetched again.
/// </summary>
public sealed class DatasetDownloader
{
    private static readonly TimeSpan DefaultPatience = TimeSpan.FromSeconds(30);

    private readonly HttpClient client;
    private readonly IReadOnlyDictionary<string, IReadOnlyList<RemoteFile>> sources;
    private readonly TimeSpan patience;

    /// <summary>Downloads through a client.</summary>
    /// <param name="client">The client, which stays the caller's to dispose.</param>
    public DatasetDownloader(HttpClient client)
        : this(client, DatasetSources.ByName, DefaultPatience)
    {
    }

    internal DatasetDownloader(HttpClient client, IReadOnlyDictionary<string, IReadOnlyList<RemoteFile>> sources, TimeSpan patience) =>
        (this.client, this.sources, this.patience) = (client, sources, patience);

    /// <summary>The names of the data sets that can be downloaded.</summary>
    public IReadOnlyList<string> Names => [.. sources.Keys];

    /// <summary>Downloads a data set, so that <see cref="DatasetCatalog.Load"/> can read the folder.</summary>
    /// <param name="name">The name of the data set, in any case.</param>
    /// <param name="folder">The folder for its files, made if it is not there.</param>
    /// <param name="progress">Told of every file's growth; a file that was here already is reported once, as complete.</param>
    /// <param name="cancellationToken">Stops the download; what has come is kept, and the next call continues from there.</param>
    /// <exception cref="ArgumentException">The data set is not one that can be downloaded.</exception>
    /// <exception cref="DownloadException">No mirror gave a file.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    /// <exception cref="OperationCanceledException">The download was cancelled.</exception>
    public async Task DownloadAsync(
        string name, string folder, IProgress<DownloadProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        IReadOnlyList<RemoteFile> files = sources.GetValueOrDefault(name.ToLowerInvariant())
            ?? throw new ArgumentException($"'{name}' cannot be downloaded, only {string.Join(", ", sources.Keys)}.", nameof(name));
        OutputPath.MakeFolder(folder);
        foreach (RemoteFile file in files)
        {
            string target = Path.Combine(folder, file.Name);
            IReadOnlyList<ExpectedFile> wanted = file.Contents ?? [new ExpectedFile(file.Name, file.Sha256)];
            if (await AllSoundAsync(folder, wanted, cancellationToken).ConfigureAwait(false))
            {
                progress?.Report(new DownloadProgress(file.Name, file.Length, file.Length));
                continue;
            }
            // An archive may have been fetched by a run that was stopped before it was unpacked.
            bool fetched = file.Contents is not null
                && await AllSoundAsync(folder, [new(file.Name, file.Sha256)], cancellationToken).ConfigureAwait(false);
            if (!fetched)
                await new FileDownload(client, file, target, patience, progress).RunAsync(cancellationToken).ConfigureAwait(false);
            if (file.Contents is not null)
            {
                await UnpackAsync(target, folder, file.Contents, cancellationToken).ConfigureAwait(false);
                File.Delete(target);
            }
        }
    }

    private static async Task<bool> AllSoundAsync(string folder, IReadOnlyList<ExpectedFile> files, CancellationToken cancellationToken)
    {
        foreach (ExpectedFile file in files)
        {
            string path = Path.Combine(folder, file.Name);
            if (!File.Exists(path) || await FileDownload.HashAsync(path, cancellationToken).ConfigureAwait(false) != file.Sha256)
                return false;
        }
        return true;
    }

    /// <summary>
    /// Takes the expected files out of a tar.gz archive, each under its expected name whatever path the archive gives it, so that
    /// nothing can be written outside the folder.
    /// </summary>
    private static async Task UnpackAsync(
        string archive, string folder, IReadOnlyList<ExpectedFile> wanted, CancellationToken cancellationToken)
    {
        var missing = wanted.ToDictionary(file => file.Name);
        FileStream stream = File.OpenRead(archive);
        await using (stream.ConfigureAwait(false))
        {
            var unzipped = new GZipStream(stream, CompressionMode.Decompress);
            await using (unzipped.ConfigureAwait(false))
            {
                var tar = new TarReader(unzipped);
                await using (tar.ConfigureAwait(false))
                    while (await tar.GetNextEntryAsync(copyData: false, cancellationToken).ConfigureAwait(false) is { } entry)
                        if (entry is { EntryType: TarEntryType.RegularFile or TarEntryType.V7RegularFile, DataStream: { } data }
                            && missing.Remove(Path.GetFileName(entry.Name), out ExpectedFile? file))
                            await SaveAsync(data, Path.Combine(folder, file.Name), file, cancellationToken).ConfigureAwait(false);
            }
        }
        if (missing.Count > 0)
            throw new DownloadException($"{archive} lacks {string.Join(", ", missing.Keys)}.");
    }

    private static async Task SaveAsync(Stream data, string target, ExpectedFile file, CancellationToken cancellationToken)
    {
        string part = target + ".part";
        FileStream saved = File.Create(part);
        await using (saved.ConfigureAwait(false))
            await data.CopyToAsync(saved, cancellationToken).ConfigureAwait(false);
        if (await FileDownload.HashAsync(part, cancellationToken).ConfigureAwait(false) != file.Sha256)
            throw new DownloadException($"{file.Name} in the archive has another hash than the original.");
        File.Move(part, target, overwrite: true);
    }
}
