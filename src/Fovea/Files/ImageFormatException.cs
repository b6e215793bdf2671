namespace Fovea.Files;

/// <summary>An image file is damaged or of a kind that is not read. The message names file, place and what to do.</summary>
public sealed class ImageFormatException : IOException
{
    internal ImageFormatException(string filePath, string problem, long? offset = null, Exception? cause = null)
        : base($"{filePath}{(offset is null ? "" : $", byte {offset}")}: {problem}", cause)
    {
        FilePath = filePath;
        Offset = offset;
    }

    /// <summary>Gets the path of the file.</summary>
    public string FilePath { get; }

    /// <summary>Gets where in the file the fault lies, in bytes from its start, if there is such a place.</summary>
    public long? Offset { get; }
}
