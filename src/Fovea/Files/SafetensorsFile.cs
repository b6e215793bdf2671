using System.Diagnostics.CodeAnalysis;
using Fovea.Core.Files;
using Microsoft.Win32.SafeHandles;

namespace Fovea.Files;

/// <summary>
/// A safetensors file open for reading, after the format's published description (section "Format"). Opening reads and checks
/// the header only; a tensor's data are read when asked for. Tensors may be read from many threads at once.
/// </summary>
public sealed class SafetensorsFile : IDisposable
{
    private readonly SafeFileHandle handle;
    private readonly Dictionary<string, SafetensorsTensor> tensors = [];

    private SafetensorsFile(string path, SafeFileHandle handle)
    {
        FilePath = path;
        this.handle = handle;
        long length = RandomAccess.GetLength(handle);
        if (length < SafetensorsHeader.PrefixLength)
            throw new SafetensorsException(path, $"{length} bytes are too few for a safetensors file.", offset: length);

        var header = new SafetensorsHeader(path, length);
        Span<byte> prefix = stackalloc byte[SafetensorsHeader.PrefixLength];
        Read(prefix, 0, null);
        byte[] json = new byte[header.CheckLength(prefix)];
        Read(json, prefix.Length, null);
        header.Parse(json);

        Metadata = header.Metadata;
        var ordered = new List<SafetensorsTensor>(header.Tensors.Count);
        foreach (var (name, type, shape, begin, _) in header.Tensors)
        {
            var tensor = new SafetensorsTensor(this, name, type, [.. shape], prefix.Length + json.Length + begin);
            ordered.Add(tensor);
            tensors.Add(name, tensor);
        }
        Tensors = ordered;
    }

    /// <summary>Gets the path the file was opened with.</summary>
    public string FilePath { get; }

    /// <summary>Gets the strings that lie beside the tensors, under <c>__metadata__</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Gets the tensors in the order of their data.</summary>
    public IReadOnlyList<SafetensorsTensor> Tensors { get; }

    /// <summary>Gets the names of the tensors in the order of their data.</summary>
    public IEnumerable<string> Names => Tensors.Select(tensor => tensor.Name);

    /// <summary>Gets a tensor by name.</summary>
    /// <exception cref="SafetensorsException">There is none of that name.</exception>
    public SafetensorsTensor this[string name] => TryGetTensor(name, out var tensor) ? tensor
        : throw new SafetensorsException(FilePath, $"there is no such tensor; the file has {Listed()}.", name);

    /// <summary>Opens a file and checks its header in full.</summary>
    /// <exception cref="SafetensorsException">The file is not a sound safetensors file.</exception>
    /// <exception cref="IOException">The file cannot be read; a missing one gives <see cref="FileNotFoundException"/>.</exception>
    /// <exception cref="UnauthorizedAccessException">Reading the file is not permitted.</exception>
    public static SafetensorsFile Open(string path)
    {
        InputPath.CheckFile(path);
        // Sharing deletion lets a writer rename a new file over this one while it is being read.
        var handle = File.OpenHandle(path, share: FileShare.Read | FileShare.Delete, options: FileOptions.RandomAccess);
        try
        {
            return new SafetensorsFile(path, handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Gets a tensor by name, if there is one.</summary>
    public bool TryGetTensor(string name, [NotNullWhen(true)] out SafetensorsTensor? tensor) => tensors.TryGetValue(name, out tensor);

    /// <summary>Closes the file; its tensors cannot be read any more.</summary>
    public void Dispose() => handle.Dispose();

    internal void Read(Span<byte> destination, long offset, string? tensorName)
    {
        while (!destination.IsEmpty)
        {
            int count = RandomAccess.Read(handle, destination, offset);
            if (count == 0)
            {
                string problem = $"the file ends with {destination.Length} bytes still to read; it has become shorter.";
                throw new SafetensorsException(FilePath, problem, tensorName, offset);
            }
            destination = destination[count..];
            offset += count;
        }
    }

    private string Listed()
    {
        const int Shown = 10;
        return Tensors.Count == 0 ? "none"
            : string.Join(", ", Names.Take(Shown)) + (Tensors.Count > Shown ? $" and {Tensors.Count - Shown} more" : "");
    }
}
