using System.IO.Compression;
using Fovea.Files;

namespace Fovea.Data;

/// <summary>The decompressed content of gzip files (RFC 1952), with a mark behind what is whole.</summary>
internal static class GzipContent
{
    private static readonly byte[] Follower = Pack(EndMark);

    /// <summary>What a gzip file begins with.</summary>
    public static ReadOnlySpan<byte> Signature => [0x1f, 0x8b];

    /// <summary>
    /// What follows the content of a whole file. It comes as a further member behind the file, which is reached only by the proper end,
    /// sums included, of every member before it.
    /// </summary>
    public static ReadOnlySpan<byte> EndMark => "end of a whole gzip file"u8;

    /// <summary>Opens the content of a file, whose stream stays the caller's.</summary>
    public static Stream Open(Stream file) =>
        new GZipStream(new FollowedStream(file, Follower, repeats: false), CompressionMode.Decompress);

    private static byte[] Pack(ReadOnlySpan<byte> content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal)) gzip.Write(content);
        return packed.ToArray();
    }
}
