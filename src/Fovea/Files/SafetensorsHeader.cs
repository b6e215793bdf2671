using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Unicode;

namespace Fovea.Files;

/// <summary>
/// Reads and checks the header of a safetensors file, as the format's published description has it (section "Format"): 8 bytes
/// of length, a JSON object that starts at once with a brace, every byte of the data claimed by exactly one tensor.
/// </summary>
internal sealed class SafetensorsHeader(string path, long fileLength)
{
    /// <summary>The limit of the format's own reader, in bytes.</summary>
    public const long MaxLength = 100_000_000;

    public const int PrefixLength = 8;
    public const string MetadataKey = "__metadata__";

    // What weights and archives of other programs begin with.
    private static readonly (byte[] Bytes, string Kind)[] OtherKinds =
    [
        ([.. "PK"u8, 3, 4], "a ZIP archive, as PyTorch's .pth and .pt are"),
        ([0x80, 2], "a Python pickle, as older .pth files of PyTorch are"),
        ([0x80, 3], "a Python pickle"),
        ([0x80, 4], "a Python pickle"),
        ([0x80, 5], "a Python pickle"),
        ([0x89, .. "HDF"u8], "an HDF5 file, as Keras's .h5 are"),
        ([0x93, .. "NUMPY"u8], "a NumPy array"),
        ([.. "GGUF"u8], "a GGUF file"),
        ([0x1f, 0x8b], "a gzip archive"),
        ([0x89, .. "PNG"u8], "a PNG image"),
    ];

    private readonly HashSet<string> names = [];

    /// <summary>Gets the tensors' descriptions in the order of their data; begin and end count from the end of the header.</summary>
    public List<(string Name, SafetensorsDType Type, long[] Shape, long Begin, long End)> Tensors { get; } = [];

    public Dictionary<string, string> Metadata { get; } = [];

    /// <summary>Checks the length that stands in the first 8 bytes.</summary>
    public int CheckLength(ReadOnlySpan<byte> start)
    {
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(start);
        bool isShort = length <= MaxLength;
        if (isShort && (long)length <= fileLength - PrefixLength) return (int)length;
        foreach ((byte[] bytes, string kind) in OtherKinds)
        {
            if (start.StartsWith(bytes))
                throw Fault($"this is {kind}, not a safetensors file. Save the weights from Python with "
                    + "safetensors.torch.save_file(model.state_dict(), \"weights.safetensors\") and give that file.", offset: 0);
        }
        throw isShort
            ? Fault($"a header of {length} bytes passes the file's {fileLength}; is it cut off, or no safetensors file?", offset: 0)
            : Fault($"the file does not begin with the length of a header, at most {MaxLength} bytes, so it is no safetensors file. "
                + "Save the weights as one.", offset: 0);
    }

    public void Parse(ReadOnlySpan<byte> json)
    {
        if (json.IsEmpty || json[0] != (byte)'{')
            throw Fault("the header does not begin with '{'.", offset: PrefixLength);
        if (!Utf8.IsValid(json))
            throw Fault("the header is not valid UTF-8.", offset: PrefixLength);

        var reader = new Utf8JsonReader(json);
        try
        {
            reader.Read();
            while (NextProperty(ref reader) is { } name)
            {
                if (!names.Add(name))
                    throw Fault("the name occurs twice.", name, At(reader));
                if (name == MetadataKey)
                    ParseMetadata(ref reader);
                else
                    ParseTensor(ref reader, name);
            }
            reader.Read(); // Only white space may follow; anything else is a JsonException.
        }
        // The reader meets half a surrogate pair with InvalidOperationException.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new SafetensorsException(path, $"the header is not valid JSON: {e.Message}", offset: At(reader), cause: e);
        }
        CheckLayout(fileLength - PrefixLength - json.Length, PrefixLength + json.Length);
    }

    private static long At(in Utf8JsonReader reader) => PrefixLength + reader.TokenStartIndex;

    /// <summary>Steps to the next property of an object and gives its name with the reader on its value, or null at the end.</summary>
    private static string? NextProperty(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.EndObject)
            return null;
        string name = reader.GetString()!;
        reader.Read();
        return name;
    }

    private void ParseMetadata(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw Fault("the metadata is not a JSON object.", offset: At(reader));
        while (NextProperty(ref reader) is { } key)
        {
            if (reader.TokenType != JsonTokenType.String)
                throw Fault($"metadata '{key}' is not a string.", offset: At(reader));
            if (!Metadata.TryAdd(key, reader.GetString()!))
                throw Fault($"metadata '{key}' occurs twice.", offset: At(reader));
        }
    }

    private void ParseTensor(ref Utf8JsonReader reader, string name)
    {
        long start = At(reader);
        if (reader.TokenType != JsonTokenType.StartObject)
            throw Fault("its description is not a JSON object.", name, start);

        SafetensorsDType? type = null;
        long[]? shape = null, offsets = null;
        var fields = new HashSet<string>();
        while (NextProperty(ref reader) is { } field)
        {
            if (!fields.Add(field))
                throw Fault($"'{field}' occurs twice.", name, At(reader));
            switch (field)
            {
                case "dtype":
                    type = ParseType(ref reader, name);
                    break;
                case "shape":
                    shape = ParseNumbers(ref reader, name, field);
                    break;
                case "data_offsets":
                    offsets = ParseNumbers(ref reader, name, field);
                    break;
                default:
                    reader.Skip();
                    break; // As the format's own reader does.
            }
        }
        if (type is null || shape is null || offsets is null)
            throw Fault("its description lacks one of 'dtype', 'shape' and 'data_offsets'.", name, start);
        if (offsets.Length != 2 || offsets[0] > offsets[1])
            throw Fault($"'data_offsets' [{string.Join(", ", offsets)}] are not a begin and an end.", name, start);

        long size = type.Value.ByteLength(shape)
            ?? throw Fault($"the size of shape [{string.Join(", ", shape)}] passes 64 bits.", name, start);
        if (offsets[1] - offsets[0] != size)
        {
            throw Fault($"'data_offsets' [{offsets[0]}, {offsets[1]}] span {offsets[1] - offsets[0]} bytes, but {type} of shape "
                + $"[{string.Join(", ", shape)}] takes {size}.", name, start);
        }
        Tensors.Add((name, type.Value, shape, offsets[0], offsets[1]));
    }

    private SafetensorsDType ParseType(ref Utf8JsonReader reader, string name)
    {
        string? text = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
        if (SafetensorsDTypes.TryParse(text, out var type))
            return type;
        string problem = text is null ? "the dtype is not a string" : $"the dtype '{text}' is unknown";
        throw Fault($"{problem}; known are {string.Join(", ", Enum.GetNames<SafetensorsDType>())}.", name, At(reader));
    }

    private long[] ParseNumbers(ref Utf8JsonReader reader, string name, string field)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw Fault($"'{field}' is not a list.", name, At(reader));
        var numbers = new List<long>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out long number) || number < 0)
                throw Fault($"'{field}' holds something else than whole numbers from 0 to {long.MaxValue}.", name, At(reader));
            numbers.Add(number);
        }
        return [.. numbers];
    }

    /// <summary>Sorts the tensors by their data and checks that they fill it without overlap, hole or rest.</summary>
    private void CheckLayout(long dataLength, long dataStart)
    {
        // An empty tensor stands before the one that begins where it lies.
        Tensors.Sort((a, b) => (a.Begin, a.End, a.Name).CompareTo((b.Begin, b.End, b.Name)));
        long end = 0;
        foreach (var tensor in Tensors)
        {
            if (tensor.Begin != end)
            {
                string fault = tensor.Begin < end ? "overlap the previous tensor's" : "leave a hole after the previous tensor's";
                throw Fault($"its data, from {tensor.Begin}, {fault}, which end at {end}.", tensor.Name, dataStart + tensor.Begin);
            }
            end = tensor.End;
            if (end > dataLength)
                throw Fault($"its data reach to {end} of {dataLength} bytes; the file is cut off.", tensor.Name, fileLength);
        }
        if (end != dataLength)
            throw Fault($"{dataLength - end} bytes at the end belong to no tensor.", offset: dataStart + end);
    }

    private SafetensorsException Fault(string problem, string? tensor = null, long? offset = null) => new(path, problem, tensor, offset);
}
