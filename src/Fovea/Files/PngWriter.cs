using System.Buffers.Binary;
using System.IO.Compression;

namespace Fovea.Files;

/// <summary>
/// Writes 8-bit PNG files (PNG specification, third edition), choosing for each row the filter with the smallest sum of
/// absolute differences (section 12.7).
/// </summary>
internal static class PngWriter
{
    public static void Write(RasterImage image, Stream stream)
    {
        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, image.Width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), image.Height);
        header[8] = 8;
        header[9] = (byte)(image.Channels switch { 1 => PngColour.Gray, 3 => PngColour.Rgb, _ => PngColour.RgbAlpha });

        using var compressed = new MemoryStream();
        using (var rows = new ZLibStream(compressed, CompressionLevel.Optimal, leaveOpen: true))
            WriteRows(image, rows);

        stream.Write(PngReader.Signature);
        WriteChunk(stream, "IHDR"u8, header);
        WriteChunk(stream, "IDAT"u8, compressed.GetBuffer().AsSpan(0, (int)compressed.Length));
        WriteChunk(stream, "IEND"u8, []);
    }

    private static void WriteRows(RasterImage image, Stream rows)
    {
        int length = image.Width * image.Channels;
        byte[] candidate = new byte[length + 1], best = new byte[length + 1];
        ReadOnlySpan<byte> above = new byte[length];
        for (int y = 0; y < image.Height; y++)
        {
            var row = image.Pixels.AsSpan(y * length, length);
            long least = long.MaxValue;
            for (int filter = 0; filter < PngFilters.Count; filter++)
            {
                candidate[0] = (byte)filter;
                long sum = PngFilters.Apply(filter, row, above, candidate.AsSpan(1), image.Channels);
                if (sum < least)
                    (least, best, candidate) = (sum, candidate, best);
            }
            rows.Write(best);
            above = row;
        }
    }

    private static void WriteChunk(Stream stream, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        byte[] chunk = new byte[data.Length + 12];
        BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length);
        type.CopyTo(chunk.AsSpan(4));
        data.CopyTo(chunk.AsSpan(8));
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(8 + data.Length), Crc32.Of(chunk.AsSpan(4, 4 + data.Length)));
        stream.Write(chunk);
    }
}
