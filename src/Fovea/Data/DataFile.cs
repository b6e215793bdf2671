using System.IO.Compression;

namespace Fovea.Data;

/// <summary>Whole files, decompressed if their name ends in .gz.</summary>
internal static class DataFile
{
    private const int FirstBuffer = 1 << 20;

    /// <summary>
    /// Reads all of a file. The buffer grows with the bytes that really come, so that no header needs to be believed to size it.
    /// </summary>
    /// <exception cref="DataFormatException">The file is empty, is not sound gzip, or is too large for one array.</exception>
    public static byte[] ReadAll(string path)
    {
        using FileStream file = File.OpenRead(path);
        bool compressed = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);
        using Stream content = compressed ? new GZipStream(file, CompressionMode.Decompress) : file;
        // One byte more than a plain file holds lets the end be seen without growing.
        byte[] bytes = new byte[compressed ? FirstBuffer : Math.Min(file.Length + 1, Array.MaxLength)];
        int length = 0;
        while (true)
        {
            if (length == bytes.Length)
            {
                if (length == Array.MaxLength)
                    throw new DataFormatException(path, length, $"expected at most {Array.MaxLength - 1} bytes, found more");
                Array.Resize(ref bytes, (int)Math.Min(2L * length, Array.MaxLength));
            }
            int read;
            try
            {
                read = content.Read(bytes, length, bytes.Length - length);
            }
            catch (InvalidDataException e)
            {
                throw new DataFormatException(path, length, $"expected sound gzip data, found damage: {e.Message}", e);
            }
            if (read == 0)
                break;
            length += read;
        }
        if (length == 0)
            throw new DataFormatException(path, 0, $"expected data, found {(file.Length > 0 ? "no gzip data" : "an empty file")}");
        Array.Resize(ref bytes, length);
        return bytes;
    }

    /// <summary>Finds the first of several names in a folder, each plain or with .gz behind it.</summary>
    public static string? Find(string folder, params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            string path = Path.Combine(folder, name);
            if (File.Exists(path))
                return path;
            if (File.Exists(path + ".gz"))
                return path + ".gz";
        }
        return null;
    }
}
