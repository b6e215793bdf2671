namespace Fovea.Files;

/// <summary>
/// A safetensors file is damaged, or a tensor in it is not what was asked for. The message names file, tensor and offset.
/// </summary>
public sealed class SafetensorsException : IOException
{
    internal SafetensorsException(string filePath, string problem, string? tensorName = null, long? offset = null, Exception? cause = null)
        : base(Describe(filePath, problem, tensorName, offset), cause)
    {
        FilePath = filePath;
        TensorName = tensorName;
        Offset = offset;
    }

    /// <summary>Gets the path of the file.</summary>
    public string FilePath { get; }

    /// <summary>Gets the name of the tensor, if the fault lies with one.</summary>
    public string? TensorName { get; }

    /// <summary>Gets where in the file the fault lies, in bytes from its start, if there is such a place.</summary>
    public long? Offset { get; }

    private static string Describe(string filePath, string problem, string? tensorName, long? offset)
    {
        string tensor = tensorName is null ? "" : $", tensor '{tensorName}'";
        string place = offset is null ? "" : $", byte {offset}";
        return $"{filePath}{tensor}{place}: {problem}";
    }
}
