using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Fovea.Files;

/// <summary>
/// Reads PNG files (PNG specification, third edition): all colour types, bit depths and interlacing. Every chunk is checked
/// against its CRC; the content of optional chunks other than tRNS is not looked at.
/// </summary>
internal sealed class PngReader(byte[] file, string name) : IDisposable
{
    // DEFLATE cannot do better than 258 bytes for 2 bits (RFC 1951, section 3.2.5).
    private const long MaxCompression = 1032;

    private const int ChunkOverhead = 12;

    private readonly MemoryStream compressed = new();
    private PngHeader? header;
    private byte[]? palette, transparency;

    public static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', (byte)'\r', (byte)'\n', 0x1A, (byte)'\n'];

    public static bool Knows(ReadOnlySpan<byte> file) => file.StartsWith(Signature);

    public RasterImage Read()
    {
        int at = Signature.Length;
        string previous = "";
        for (string type = ""; type != "IEND"; previous = type)
        {
            if (file.Length - at < ChunkOverhead)
                throw Fault("the file is cut off before the IEND chunk", at);
            uint length = BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(at));
            if (length > file.Length - at - ChunkOverhead)
                throw Fault($"a chunk of {length} bytes reaches beyond the end of the file", at);
            var typed = file.AsSpan(at + 4, 4 + (int)length);
            type = Encoding.Latin1.GetString(typed[..4]);
            if (Crc32.Of(typed) != BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(at + 8 + (int)length)))
                throw Fault($"the check sum of chunk '{type}' is wrong", at);
            Take(type, typed[4..], previous, at);
            at += ChunkOverhead + (int)length;
        }
        return Decode(header!);
    }

    public void Dispose() => compressed.Dispose();

    private void Take(string type, ReadOnlySpan<byte> data, string previous, int at)
    {
        if ((type == "IHDR") != (header is null))
            throw Fault(header is null ? $"the first chunk is '{type}', not IHDR" : "a second IHDR chunk", at);
        switch (type)
        {
            case "IHDR":
                TakeHeader(data, at);
                break;
            case "PLTE":
                bool late = palette is not null || transparency is not null || compressed.Length > 0;
                if (late || header!.Colour is PngColour.Gray or PngColour.GrayAlpha)
                    throw Fault("a PLTE chunk out of place", at);
                if (data.Length == 0 || data.Length % 3 != 0 || data.Length / 3 > 1 << Math.Min(8, header.BitDepth))
                    throw Fault($"a palette of {data.Length} bytes", at);
                palette = data.ToArray();
                break;
            case "tRNS":
                TakeTransparency(data, at);
                break;
            case "IDAT":
                if (header!.Colour == PngColour.Palette && palette is null)
                    throw Fault("the PLTE chunk is missing", at);
                if (compressed.Length > 0 && previous != "IDAT")
                    throw Fault("IDAT chunks with another between", at);
                compressed.Write(data);
                break;
            case "IEND":
                if (data.Length > 0)
                    throw Fault("the IEND chunk is not empty", at);
                break;
            default:
                // A capital marks a chunk that must be understood (section 5.4).
                if (char.IsAsciiLetterUpper(type[0]))
                    throw Fault($"chunk '{type}' is unknown and marked as indispensable", at);
                break;
        }
    }

    private void TakeHeader(ReadOnlySpan<byte> data, int at)
    {
        if (data.Length != 13)
            throw Fault($"an IHDR chunk of {data.Length} bytes", at);
        uint width = BinaryPrimitives.ReadUInt32BigEndian(data), height = BinaryPrimitives.ReadUInt32BigEndian(data[4..]);
        if (width is 0 or > int.MaxValue || height is 0 or > int.MaxValue)
            throw Fault($"a size of {width} × {height} pixels", at);
        header = new PngHeader((int)width, (int)height, data[8], (PngColour)data[9], data[12] == 1);
        if (!header.IsKnown)
            throw Fault($"colour type {data[9]} with bit depth {data[8]}", at);
        if (data[10] != 0 || data[11] != 0 || data[12] > 1)
            throw Fault($"compression, filter and interlace methods {data[10]}, {data[11]}, {data[12]}", at);
    }

    private void TakeTransparency(ReadOnlySpan<byte> data, int at)
    {
        bool fits = header!.Colour switch
        {
            PngColour.Gray => data.Length == 2,
            PngColour.Rgb => data.Length == 6,
            PngColour.Palette => data.Length <= (palette?.Length ?? 0) / 3,
            _ => false,
        };
        if (!fits || transparency is not null || compressed.Length > 0)
            throw Fault($"a tRNS chunk of {data.Length} bytes out of place", at);
        transparency = data.ToArray();
    }

    private RasterImage Decode(PngHeader layout)
    {
        var pixels = new PngPixels(layout, palette, transparency);
        Int128 size = (Int128)layout.Width * layout.Height * pixels.Channels;
        if (size > RasterImage.MaxBytes)
            throw new ImageFormatException(name, RasterImage.TooLarge(layout.Width, layout.Height, pixels.Channels));
        // A header that lies does not get its memory.
        long expected = layout.Passes.Sum(pass => (layout.RowBytes(pass.Columns) + 1) * pass.Rows);
        if (expected > compressed.Length * MaxCompression)
            throw Fault($"{compressed.Length} bytes of IDAT cannot hold {layout.Width} × {layout.Height} pixels");

        compressed.Position = 0;
        // Neither the end of a block nor a sum can be made of these bytes (RFC 1950, section 2.2; RFC 1951, section 3.2.3).
        using var padded = new FollowedStream(compressed, [0xFF, 0xFF, 0xFF, 0xFF], repeats: true);
        using var rows = new ZLibStream(padded, CompressionMode.Decompress);
        byte[] output = new byte[(int)size];
        try
        {
            foreach (var pass in layout.Passes)
                DecodePass(layout, pass, rows, pixels, output);
            // Reading on to the end makes the stream check its own sum.
            if (rows.ReadByte() >= 0)
                throw Fault("the IDAT chunks hold more than the image");
        }
        catch (InvalidDataException e)
        {
            throw Fault($"the IDAT chunks cannot be unpacked ({e.Message})", cause: e);
        }
        catch (EndOfStreamException e)
        {
            throw Fault("the IDAT chunks hold less than the image", cause: e);
        }
        return new RasterImage(layout.Width, layout.Height, pixels.Channels, output);
    }

    private void DecodePass(PngHeader layout, PngPass pass, Stream rows, PngPixels pixels, byte[] output)
    {
        int length = (int)layout.RowBytes(pass.Columns);
        // Above the first row are zeros, for which one row alone needs no memory: it may be as long as the image.
        byte[] row = new byte[length], above = pass.Rows == 1 ? [] : new byte[length];
        for (int i = 0; i < pass.Rows; i++)
        {
            int filter = rows.ReadByte(), y = pass.Y + (i * pass.StepY);
            rows.ReadExactly(row);
            if (filter is < 0 or >= PngFilters.Count)
                throw Fault($"filter type {filter} in row {y}");
            PngFilters.Undo(filter, row, above, layout.FilterDistance);
            if (pixels.Unpack(row, pass, y, output) is { } index)
                throw Fault($"colour {index} in row {y} is beyond the palette");
            (above, row) = (row, above);
        }
    }

    private ImageFormatException Fault(string problem, long? offset = null, Exception? cause = null) =>
        new(name, $"damaged PNG: {problem}.", offset, cause);
}
