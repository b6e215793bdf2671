using System.Security.Cryptography;
using System.Text;

namespace Fovea.Compute.Compiler;

/// <summary>
/// Compiled kernels on disk, so that a program's second start does not compile: the text, its parameters, and what the driver made
/// of it. It only ever saves time: an entry that is damaged or cannot be read is not there, one that cannot be written is left out.
/// </summary>
internal sealed class KernelCache
{
    /// <summary>The environment variable that names the folder, or is <c>off</c>.</summary>
    public const string Variable = "FOVEA_CACHE";

    private const uint Magic = 0x31434B46; // FKC1
    private const int HashBytes = 32;
    private readonly long limit;

    /// <summary>Keeps kernels in a folder.</summary>
    /// <param name="folder">The folder; null to keep nothing.</param>
    /// <param name="limit">Bytes of all entries together, at most; the oldest go first.</param>
    public KernelCache(string? folder, long limit = 256 << 20) => (Folder, this.limit) = (folder, limit);

    public string? Folder { get; }

    /// <summary>The cache that the environment asks for, else the one in the user's folder for such things.</summary>
    public static KernelCache FromEnvironment()
    {
        string? named = Environment.GetEnvironmentVariable(Variable);
        if (named is { Length: > 0 }) return new(named == "off" ? null : named);
        string root = !OperatingSystem.IsLinux() ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
            : Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache ? cache
            : Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) is { Length: > 0 } home ? Path.Combine(home, ".cache") : "";
        return new(root.Length == 0 ? null : Path.Combine(root, "fovea", "kernels"));
    }

    /// <summary>Finds an entry.</summary>
    /// <returns>The kernel, and what the driver made of it, if that was kept; null if there is no whole entry.</returns>
    public (CompiledKernel Kernel, byte[] Binary)? Find(string key)
    {
        if (Folder is null) return null;
        try
        {
            byte[] bytes = File.ReadAllBytes(PathOf(key));
            // The hash covers the key too, so that an entry under another's name is no entry.
            if (bytes.Length <= HashBytes || !Hash(key, bytes.AsSpan(HashBytes)).AsSpan().SequenceEqual(bytes.AsSpan(0, HashBytes))) return null;
            using var reader = new BinaryReader(new MemoryStream(bytes, HashBytes, bytes.Length - HashBytes));
            return reader.ReadUInt32() == Magic ? Read(reader) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return null;
        }
    }

    /// <summary>Keeps an entry.</summary>
    public void Add(string key, CompiledKernel kernel, byte[] binary)
    {
        if (Folder is null) return;
        using var content = new MemoryStream();
        using (var writer = new BinaryWriter(content, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(Magic);
            Write(writer, kernel, binary);
        }
        ReadOnlySpan<byte> body = content.GetBuffer().AsSpan(0, (int)content.Length);
        string path = PathOf(key), temporary = $"{path}.{Path.GetRandomFileName()}.tmp";
        try
        {
            Directory.CreateDirectory(Folder);
            using (FileStream file = File.Create(temporary))
            {
                file.Write(Hash(key, body));
                file.Write(body);
            }
            File.Move(temporary, path, overwrite: true);
            Trim();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
        }
    }

    public string PathOf(string key) => Path.Combine(Folder ?? "", $"{key}.kernel");

    private void Trim()
    {
        // Temporary files count, so that those of a killed process go some day; other people's files do not.
        FileInfo[] files = [.. new DirectoryInfo(Folder!).EnumerateFiles("*.kernel*").OrderBy(file => file.LastWriteTimeUtc)];
        long total = files.Sum(file => file.Length);
        foreach (FileInfo file in files)
        {
            if (total <= limit) return;
            file.Delete();
            total -= file.Length;
        }
    }

    private static byte[] Hash(string key, ReadOnlySpan<byte> body)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(key));
        hash.AppendData(body);
        return hash.GetHashAndReset();
    }

    private static void Write(BinaryWriter writer, CompiledKernel kernel, byte[] binary)
    {
        writer.Write(kernel.EntryPoint);
        writer.Write(kernel.Text);
        foreach (int size in (int[])[kernel.GroupSize.X, kernel.GroupSize.Y, kernel.GroupSize.Z, kernel.SharedBytes, kernel.Parameters.Count]) writer.Write(size);
        foreach (KernelParameter parameter in kernel.Parameters)
            foreach (int number in (int[])[(int)parameter.Kind, parameter.Argument, parameter.ByteOffset, (int)parameter.Type]) writer.Write(number);
        writer.Write(kernel.Lines.Count);
        foreach (string? line in kernel.Lines) writer.Write(line ?? "");
        writer.Write(binary.Length);
        writer.Write(binary);
    }

    private static (CompiledKernel Kernel, byte[] Binary) Read(BinaryReader reader)
    {
        string entry = reader.ReadString(), text = reader.ReadString();
        var group = new Dim3(reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32());
        int shared = reader.ReadInt32();
        var parameters = new KernelParameter[reader.ReadInt32()];
        for (int i = 0; i < parameters.Length; i++)
            parameters[i] = new((KernelParameterKind)reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32(), (ScalarType)reader.ReadInt32());
        string?[] lines = new string?[reader.ReadInt32()];
        for (int i = 0; i < lines.Length; i++) lines[i] = reader.ReadString() is { Length: > 0 } line ? line : null;
        return (new CompiledKernel(entry, text, group, shared, parameters, lines), reader.ReadBytes(reader.ReadInt32()));
    }
}
