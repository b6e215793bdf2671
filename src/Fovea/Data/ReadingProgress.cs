namespace Fovea.Data;

/// <summary>How far the reading of a data set's file is.</summary>
/// <param name="File">The file's name.</param>
/// <param name="BytesRead">Bytes of the file that have been read, compressed if it is.</param>
/// <param name="TotalBytes">Bytes of the file.</param>
public readonly record struct ReadingProgress(string File, long BytesRead, long TotalBytes);

/// <summary>Who is told how far reading is, and what ends it.</summary>
internal readonly record struct ReadingWatch(IProgress<ReadingProgress>? Progress, CancellationToken Cancellation)
{
    /// <summary>Tells how far a file is read, and ends the reading if it was cancelled.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public void Check(string path, Stream file)
    {
        Cancellation.ThrowIfCancellationRequested();
        Progress?.Report(new ReadingProgress(Path.GetFileName(path), file.Position, file.Length));
    }
}
