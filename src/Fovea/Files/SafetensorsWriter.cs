using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Fovea.Core.Files;

namespace Fovea.Files;

/// <summary>
/// Writes a safetensors file, after the format's published description (section "Format"): the descriptions of all tensors
/// first, then their data in any order, straight to the disk. The file appears whole at <see cref="Commit"/> (see
/// <see cref="AtomicFile"/>). The same input gives the same bytes.
/// </summary>
/// <remarks>
/// Data lie in the order of the entries, wider element types first, so that every tensor is aligned to its element
/// size, as readers that map the file need. Not safe for use from several threads at once.
/// </remarks>
public sealed class SafetensorsWriter : IDisposable
{
    private const int Alignment = 8;
    private const int MaxElementsPerWrite = 1 << 26;

    // Half a surrogate pair is an ArgumentException here; the JSON writer would put a replacement character in its place.
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly AtomicFile file;
    private readonly Dictionary<string, Slot> slots = [];

    /// <summary>Lays the file out and writes its header.</summary>
    /// <param name="path">Where the file shall be; its folder must exist.</param>
    /// <param name="entries">The tensors.</param>
    /// <param name="metadata">Strings to lie beside the tensors; written in the order of their keys.</param>
    /// <exception cref="ArgumentException">A name occurs twice, is reserved or is not valid Unicode; a shape is negative or its
    /// size passes 64 bits; or the header would pass the format's limit of 100 MB.</exception>
    /// <exception cref="IOException">The file cannot be created.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder does not permit it.</exception>
    public SafetensorsWriter(string path, IEnumerable<SafetensorsEntry> entries, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(entries);
        long end = 0;
        var ordered = entries.OrderByDescending(entry => entry.DType.Size()).ToList();
        foreach (var entry in ordered)
        {
            string shape = string.Join(", ", entry.Shape);
            long size = entry.DType.ByteLength(entry.Shape.AsSpan())
                ?? throw new ArgumentException($"Tensor '{entry.Name}' cannot have shape [{shape}].", nameof(entries));
            if (entry.Name == SafetensorsHeader.MetadataKey || !slots.TryAdd(entry.Name, new Slot(entry.DType, end, size)))
                throw new ArgumentException($"The tensor name '{entry.Name}' occurs twice or is reserved.", nameof(entries));
            if (long.MaxValue - end < size)
                throw new ArgumentException($"The data up to tensor '{entry.Name}' pass 64 bits.", nameof(entries));
            end += size;
        }

        byte[] header = Header(ordered, metadata);
        if (header.Length - SafetensorsHeader.PrefixLength > SafetensorsHeader.MaxLength)
            throw new ArgumentException($"A header of {header.Length} bytes passes the format's limit.", nameof(entries));
        foreach (var slot in slots.Values)
            slot.Position += header.Length;
        file = new AtomicFile(path);
        try
        {
            RandomAccess.Write(file.Handle, header, 0);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Writes the next elements of an F32 tensor; a large one may come in pieces.</summary>
    /// <inheritdoc cref="WriteBytes"/>
    public void Write(string name, ReadOnlySpan<float> data) => Write(name, SafetensorsDType.F32, data);

    /// <summary>Writes the next elements of an I64 tensor; a large one may come in pieces.</summary>
    /// <inheritdoc cref="WriteBytes"/>
    public void Write(string name, ReadOnlySpan<long> data) => Write(name, SafetensorsDType.I64, data);

    /// <summary>Writes the next bytes of a tensor of any type, little-endian; a large one may come in pieces.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="data">What follows the data written to the tensor so far.</param>
    /// <exception cref="ArgumentException">There is no tensor of that name and type, or it would get more than its shape holds.</exception>
    /// <exception cref="IOException">Writing failed.</exception>
    /// <exception cref="ObjectDisposedException">The file is committed already, or disposed.</exception>
    public void WriteBytes(string name, ReadOnlySpan<byte> data)
    {
        if (!slots.TryGetValue(name, out var slot))
            throw new ArgumentException($"No tensor '{name}' was announced.", nameof(name));
        if (data.Length > slot.Missing)
            throw new ArgumentException($"Tensor '{name}' lacks {slot.Missing} bytes and was given {data.Length}.", nameof(data));
        RandomAccess.Write(file.Handle, data, slot.Position);
        slot.Position += data.Length;
        slot.Missing -= data.Length;
    }

    /// <summary>Flushes the file to disk and puts it in place of what was at the path.</summary>
    /// <exception cref="InvalidOperationException">A tensor has not got all its data; the path stays as it was.</exception>
    /// <exception cref="IOException">The file cannot be flushed or renamed; the path stays as it was.</exception>
    /// <exception cref="ObjectDisposedException">The file is committed already, or disposed.</exception>
    public void Commit()
    {
        foreach (var (name, slot) in slots)
        {
            if (slot.Missing > 0)
                throw new InvalidOperationException($"Tensor '{name}' still lacks {slot.Missing} bytes.");
        }
        file.Commit();
    }

    /// <summary>Removes what was written, unless it was committed.</summary>
    public void Dispose() => file.Dispose();

    private static byte[] Header(List<SafetensorsEntry> entries, IReadOnlyDictionary<string, string>? metadata)
    {
        var buffer = new ArrayBufferWriter<byte>();
        buffer.Write(new byte[SafetensorsHeader.PrefixLength]); // The length, once it is known.
        // The relaxed encoder leaves names as they are; nothing here is ever put into HTML.
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject(SafetensorsHeader.MetadataKey);
                foreach (var (key, value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal))
                    json.WriteString(StrictUtf8.GetBytes(key), StrictUtf8.GetBytes(value));
                json.WriteEndObject();
            }
            long end = 0;
            foreach (var entry in entries)
            {
                json.WriteStartObject(StrictUtf8.GetBytes(entry.Name));
                json.WriteString("dtype", entry.DType.ToString());
                WriteNumbers(json, "shape", entry.Shape.AsSpan());
                long begin = end;
                end += entry.DType.ByteLength(entry.Shape.AsSpan())!.Value;
                WriteNumbers(json, "data_offsets", [begin, end]);
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        int padding = -buffer.WrittenCount & (Alignment - 1);
        buffer.GetSpan(padding)[..padding].Fill((byte)' ');
        buffer.Advance(padding);
        byte[] header = buffer.WrittenSpan.ToArray();
        BinaryPrimitives.WriteUInt64LittleEndian(header, (ulong)(header.Length - SafetensorsHeader.PrefixLength));
        return header;
    }

    private static void WriteNumbers(Utf8JsonWriter json, string field, ReadOnlySpan<long> numbers)
    {
        json.WriteStartArray(field);
        foreach (long number in numbers)
            json.WriteNumberValue(number);
        json.WriteEndArray();
    }

    private void Write<T>(string name, SafetensorsDType type, ReadOnlySpan<T> data)
        where T : unmanaged
    {
        if (slots.TryGetValue(name, out var slot) && slot.Type != type)
            throw new ArgumentException($"Tensor '{name}' was announced as {slot.Type}, not {type}.", nameof(data));
        // Slices stay far below the 2 GiB that a span of bytes can cover.
        for (; data.Length > MaxElementsPerWrite; data = data[MaxElementsPerWrite..])
            WriteBytes(name, MemoryMarshal.AsBytes(data[..MaxElementsPerWrite]));
        WriteBytes(name, MemoryMarshal.AsBytes(data));
    }

    private sealed class Slot(SafetensorsDType type, long position, long missing)
    {
        public SafetensorsDType Type => type;

        public long Position { get; set; } = position;

        public long Missing { get; set; } = missing;
    }
}
