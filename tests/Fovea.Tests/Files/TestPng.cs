using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Fovea.Tests;

/// <summary>
/// A PNG encoder for tests, written from the specification and apart from the engine's: any colour type, bit depth and
/// interlacing, the five filters in turn.
/// </summary>
internal sealed class TestPng(int width, int height, int colour, int depth)
{
    private static readonly string[] Adam7 =
        ["16462646", "77777777", "56565656", "77777777", "36463646", "77777777", "56565656", "77777777"];

    private readonly List<(string Type, byte[] Data)> before = [], after = [];

    public bool Interlaced { get; init; }

    /// <summary>Gets or sets the filter type to write into every row in place of a true one.</summary>
    public byte? FalseFilter { get; init; }

    public int Split { get; init; } = int.MaxValue;

    public int Channels => colour switch { 2 => 3, 4 => 2, 6 => 4, _ => 1 };

    public TestPng Before(string type, params byte[] data)
    {
        before.Add((type, data));
        return this;
    }

    public TestPng After(string type, params byte[] data)
    {
        after.Add((type, data));
        return this;
    }

    /// <summary>Encodes samples in the file's own depth, row by row, the channels of a pixel together.</summary>
    public byte[] Encode(int[] samples) => Assemble(Deflate(Rows(samples)));

    public byte[] Assemble(byte[] compressed)
    {
        byte[] header = [.. Big(width), .. Big(height), (byte)depth, (byte)colour, 0, 0, Interlaced ? (byte)1 : (byte)0];
        var data = compressed.Chunk(Math.Max(1, Math.Min(Split, Math.Max(1, compressed.Length)))).Select(part => ("IDAT", part));
        return Chunks([("IHDR", header), .. before, .. data, .. after, ("IEND", [])]);
    }

    public static byte[] Chunks(params (string Type, byte[] Data)[] chunks) =>
        [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, .. chunks.SelectMany(chunk => Chunk(chunk.Type, chunk.Data))];

    public static byte[] Deflate(byte[] data)
    {
        using var result = new MemoryStream();
        using (var stream = new ZLibStream(result, CompressionLevel.Optimal, leaveOpen: true))
            stream.Write(data);
        return result.ToArray();
    }

    /// <summary>The filtered rows, pass after pass.</summary>
    public byte[] Rows(int[] samples)
    {
        var result = new List<byte>();
        int filter = 0;
        foreach (char pass in Interlaced ? "1234567" : "0")
        {
            byte[]? above = null;
            for (int y = 0; y < height; y++)
            {
                int[] columns = [.. Enumerable.Range(0, width).Where(x => pass == '0' || Adam7[y % 8][x % 8] == pass)];
                if (columns.Length == 0)
                    continue;
                byte[] row = Pack([.. columns.SelectMany(x => samples.Skip(((y * width) + x) * Channels).Take(Channels))]);
                result.Add(FalseFilter ?? (byte)(filter % 5));
                result.AddRange(Filter(filter++ % 5, row, above ?? new byte[row.Length]));
                above = row;
            }
        }
        return [.. result];
    }

    private static byte[] Big(int value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }

    private static byte[] Chunk(string type, byte[] data)
    {
        byte[] typed = [.. Encoding.ASCII.GetBytes(type), .. data];
        uint crc = 0xFFFFFFFF;
        foreach (byte value in typed)
        {
            for (int bit = 0; bit < 8; bit++)
                crc = ((crc ^ (uint)(value >> bit)) & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
        }
        return [.. Big(data.Length), .. typed, .. Big((int)~crc)];
    }

    private byte[] Pack(int[] samples)
    {
        string bits = string.Concat(samples.Select(sample => Convert.ToString(sample, 2).PadLeft(depth, '0')));
        bits = bits.PadRight((bits.Length + 7) / 8 * 8, '0');
        return [.. bits.Chunk(8).Select(eight => Convert.ToByte(new string(eight), 2))];
    }

    private byte[] Filter(int filter, byte[] row, byte[] above)
    {
        int distance = Math.Max(1, Channels * depth / 8);
        byte[] result = new byte[row.Length];
        for (int i = 0; i < row.Length; i++)
        {
            int a = i >= distance ? row[i - distance] : 0, b = above[i], c = i >= distance ? above[i - distance] : 0;
            int[] nearest = [.. new[] { a, b, c }.OrderBy(value => Math.Abs(a + b - c - value))]; // OrderBy is stable: a before b before c.
            result[i] = (byte)(row[i] - new[] { 0, a, b, (a + b) >> 1, nearest[0] }[filter]);
        }
        return result;
    }
}
