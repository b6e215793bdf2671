namespace Fovea.Files;

/// <summary>Recognises by their first bytes the files that are not read, and says what to do about them.</summary>
internal static class ImageSignature
{
    private const string Supported = "PNG and PNM (P2, P3, P5, P6) are read";

    private static readonly (byte[] Bytes, int Offset, string Name)[] Others =
    [
        ([0xFF, 0xD8, 0xFF], 0, "a JPEG image"),
        ([.. "GIF8"u8], 0, "a GIF image"),
        ([.. "BM"u8], 0, "a BMP image"),
        ([.. "WEBP"u8], 8, "a WebP image"),
        ([.. "II*\0"u8], 0, "a TIFF image"),
        ([.. "MM\0*"u8], 0, "a TIFF image"),
        ([.. "ftypavif"u8], 4, "an AVIF image"),
        ([.. "ftypheic"u8], 4, "a HEIC image"),
        ([.. "P1"u8], 0, "a PBM bitmap"),
        ([.. "P4"u8], 0, "a PBM bitmap"),
        ([.. "P7"u8], 0, "a PAM image"),
    ];

    public static ImageFormatException Refusal(ReadOnlySpan<byte> file, string name)
    {
        if (file.IsEmpty)
            return new ImageFormatException(name, "the file is empty.");
        if (file.StartsWith(PngReader.Signature[..Math.Min(4, file.Length)]))
            return new ImageFormatException(name, "the PNG signature is damaged; was the file cut off, or transferred as text?", offset: 0);
        foreach (var (bytes, offset, kind) in Others)
        {
            if (file.Length >= offset + bytes.Length && file.Slice(offset, bytes.Length).SequenceEqual(bytes))
                return new ImageFormatException(name, $"this is {kind}; {Supported}. Convert it to PNG first.");
        }
        string start = Convert.ToHexString(file[..Math.Min(8, file.Length)]);
        return new ImageFormatException(name, $"this is no image of a known kind (it begins with {start}); {Supported}.");
    }
}
