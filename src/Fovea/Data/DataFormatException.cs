namespace Fovea.Data;

/// <summary>A data file does not hold what its format asks for. The message names file, place, what was expected and found.</summary>
/// <param name="path">The file.</param>
/// <param name="offset">Where in the file's decompressed content the trouble shows, in bytes.</param>
/// <param name="problem">What was expected there and what was found.</param>
/// <param name="innerException">What caused it, if anything did.</param>
public sealed class DataFormatException(string path, long offset, string problem, Exception? innerException = null)
    : IOException($"{path}: at byte {offset}: {problem}", innerException)
{
    /// <summary>The file.</summary>
    public string Path { get; } = path;

    /// <summary>Where in the file's decompressed content the trouble shows, in bytes.</summary>
    public long Offset { get; } = offset;
}
