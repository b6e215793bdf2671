using Microsoft.Win32.SafeHandles;

namespace Fovea.Core.Files;

/// <summary>
/// Writes a file so that a reader of its path sees the old content or the new one, never a part: the content goes to a
/// temporary file in the same folder, is flushed to disk, and takes the path in one rename at <see cref="Commit"/>.
/// </summary>
/// <remarks>
/// Disposed without a commit, it removes the temporary file and leaves the path as it was. Where the path is a symbolic
/// link, the link is replaced, not its target.
/// </remarks>
public sealed class AtomicFile : IDisposable
{
    private readonly string path, temporary;
    private readonly FileStream stream;
    private bool finished;

    /// <summary>Opens the temporary file.</summary>
    /// <param name="path">Where the file shall be; its folder must exist.</param>
    /// <exception cref="IOException">
    /// The temporary file cannot be created, because the folder does not exist or does not permit it; the message names the file.
    /// </exception>
    public AtomicFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        OutputPath.CheckPlace(path);
        path = Path.GetFullPath(path);
        this.path = path;
        temporary = Path.Combine(Path.GetDirectoryName(path) ?? "", $".{Path.GetFileName(path)}.{Path.GetRandomFileName()}.tmp");
        try
        {
            stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            string folder = Path.GetDirectoryName(path) ?? "";
            string reason = Directory.Exists(folder)
                ? $"its folder takes no new file ({exception.GetType().Name})"
                : "its folder does not exist";
            throw new IOException($"{path} cannot be written: {reason}. Choose another place.", exception);
        }
    }

    /// <summary>Gets the stream to write the content to. It belongs to this object; do not close it.</summary>
    public Stream Stream => stream;

    internal SafeFileHandle Handle => stream.SafeFileHandle;

    /// <summary>Writes a whole file atomically; if <paramref name="write"/> throws, the path stays as it was.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder does not permit it.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        using var file = new AtomicFile(path);
        write(file.Stream);
        file.Commit();
    }

    /// <summary>Flushes the content to disk and puts it in place of what was at the path.</summary>
    /// <exception cref="IOException">The content cannot be flushed or renamed; the path stays as it was.</exception>
    /// <exception cref="ObjectDisposedException">The file is committed already, or disposed.</exception>
    public void Commit()
    {
        ObjectDisposedException.ThrowIf(finished, this);
        stream.Flush(flushToDisk: true);
        stream.Dispose();
        File.Move(temporary, path, overwrite: true);
        finished = true;
    }

    /// <summary>Removes the temporary file unless it was committed.</summary>
    public void Dispose()
    {
        if (finished)
            return;
        finished = true;
        try
        {
            stream.Dispose();
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}
