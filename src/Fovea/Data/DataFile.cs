using Fovea.Core.Files;

namespace Fovea.Data;

/// <summary>Whole files, decompressed if they begin as gzip does, whatever their name.</summary>
internal static class DataFile
{
    private const int FirstBuffer = 1 << 20, Piece = 1 << 20;

    /// <summary>
    /// Reads all of a file. The buffer grows with the bytes that really come, so that no header needs to be believed to size it.
    /// </summary>
    /// <exception cref="DataFormatException">The file is empty, is not whole and sound gzip, or is too large for one array.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static byte[] ReadAll(string path, ReadingWatch watch = default)
    {
        InputPath.CheckFile(path);
        using FileStream file = File.OpenRead(path);
        Span<byte> start = stackalloc byte[GzipContent.Signature.Length];
        bool isCompressed = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length
            && start.SequenceEqual(GzipContent.Signature);
        file.Position = 0;
        // One byte more than a plain file holds lets the end be seen without growing.
        byte[] bytes = new byte[isCompressed ? FirstBuffer : Math.Min(file.Length + 1, Array.MaxLength)];
        int length;
        if (isCompressed)
        {
            using Stream content = GzipContent.Open(file);
            length = Fill(path, content, file, watch, ref bytes) - GzipContent.EndMark.Length;
            if (length < 0 || !bytes.AsSpan(length, GzipContent.EndMark.Length).SequenceEqual(GzipContent.EndMark))
                throw Broken(path, Math.Max(0, length));
        }
        else length = Fill(path, file, file, watch, ref bytes);
        if (length == 0)
            throw new DataFormatException(path, 0, $"expected data, found {(isCompressed ? "gzip of nothing" : "an empty file")}");
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

    /// <summary>Reads all of a stream into a buffer that grows as needed.</summary>
    /// <returns>How many bytes there were.</returns>
    private static int Fill(string path, Stream content, FileStream file, ReadingWatch watch, ref byte[] bytes)
    {
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
                watch.Check(path, file);
                read = content.Read(bytes, length, Math.Min(bytes.Length - length, Piece));
            }
            catch (InvalidDataException exception)
            {
                throw Broken(path, length, exception);
            }
            if (read == 0) return length;
            length += read;
        }
    }

    private static DataFormatException Broken(string path, long length, Exception? cause = null) => new(path, length,
        $"expected whole gzip data, found that the file of {new FileInfo(path).Length} bytes is cut off, damaged, or followed by something "
            + "else. Get it once more.", cause);
}
