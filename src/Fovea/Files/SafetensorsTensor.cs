using System.Collections.Immutable;
using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Fovea.Files;

/// <summary>One tensor of a <see cref="SafetensorsFile"/>: what it is, and how to read it. Elements are in row-major order.</summary>
/// <remarks>The format is little-endian, as is every machine the engine runs on; data are taken as they lie.</remarks>
public sealed class SafetensorsTensor
{
    // Reads stay far below the 2 GiB that a span of bytes can cover.
    private const int MaxElementsPerRead = 1 << 26;

    private readonly SafetensorsFile file;

    internal SafetensorsTensor(SafetensorsFile file, string name, SafetensorsDType type, ImmutableArray<long> shape, long offset)
    {
        this.file = file;
        Name = name;
        DType = type;
        Shape = shape;
        Offset = offset;
        ByteLength = type.ByteLength(shape.AsSpan())!.Value;
    }

    /// <summary>Gets the name.</summary>
    public string Name { get; }

    /// <summary>Gets the element type.</summary>
    public SafetensorsDType DType { get; }

    /// <summary>Gets the dimensions, outermost first; a scalar has none.</summary>
    public ImmutableArray<long> Shape { get; }

    /// <summary>Gets the number of elements.</summary>
    public long ElementCount => ByteLength / DType.Size();

    /// <summary>Gets the size of the data in bytes.</summary>
    public long ByteLength { get; }

    /// <summary>Gets where the data begin, in bytes from the start of the file.</summary>
    public long Offset { get; }

    /// <summary>Reads raw bytes into the caller's memory.</summary>
    /// <param name="destination">Filled to its end.</param>
    /// <param name="start">The first byte to read, counted from the start of the tensor.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range reaches beyond the tensor.</exception>
    /// <exception cref="SafetensorsException">The file has become shorter since it was opened.</exception>
    /// <exception cref="ObjectDisposedException">The file is closed.</exception>
    public void ReadBytes(Span<byte> destination, long start = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, ByteLength - destination.Length);
        file.Read(destination, Offset + start, Name);
    }

    /// <summary>Reads all elements as floats.</summary>
    /// <exception cref="SafetensorsException">The type is not F32, F16, BF16 or F64; there are too many elements for one array;
    /// or the file has become shorter since it was opened.</exception>
    /// <exception cref="ObjectDisposedException">The file is closed.</exception>
    public float[] ReadFloats()
    {
        float[] values = Allocate<float>();
        ReadFloats(values);
        return values;
    }

    /// <summary>Reads all elements as floats into the caller's memory; F32 goes there without a copy between.</summary>
    /// <exception cref="ArgumentException">The destination does not have <see cref="ElementCount"/> elements.</exception>
    /// <exception cref="SafetensorsException">The type is not F32, F16, BF16 or F64; or the file has become shorter.</exception>
    /// <exception cref="ObjectDisposedException">The file is closed.</exception>
    public void ReadFloats(Span<float> destination)
    {
        CheckLength(destination.Length);
        switch (DType)
        {
            case SafetensorsDType.F32:
                ReadAs(destination);
                break;
            case SafetensorsDType.F16:
                Convert<Half, float>(destination, TensorPrimitives.ConvertTruncating);
                break;
            case SafetensorsDType.BF16:
                Convert<ushort, float>(destination, WidenBFloat16);
                break;
            case SafetensorsDType.F64:
                Convert<double, float>(destination, TensorPrimitives.ConvertTruncating);
                break;
            default:
                throw Fault($"it is of type {DType}; floats are read from F32, F16, BF16 and F64.");
        }
    }

    /// <summary>Reads all elements as 64-bit integers.</summary>
    /// <exception cref="SafetensorsException">The type is not an integer type or BOOL; a U64 passes the range; there are too many
    /// elements for one array; or the file has become shorter since it was opened.</exception>
    /// <exception cref="ObjectDisposedException">The file is closed.</exception>
    public long[] ReadInt64s()
    {
        long[] values = Allocate<long>();
        ReadInt64s(values);
        return values;
    }

    /// <summary>Reads all elements as 64-bit integers into the caller's memory.</summary>
    /// <exception cref="ArgumentException">The destination does not have <see cref="ElementCount"/> elements.</exception>
    /// <exception cref="SafetensorsException">The type is not an integer type or BOOL; a U64 passes the range; or the file has
    /// become shorter since it was opened.</exception>
    /// <exception cref="ObjectDisposedException">The file is closed.</exception>
    public void ReadInt64s(Span<long> destination)
    {
        CheckLength(destination.Length);
        switch (DType)
        {
            case SafetensorsDType.I64:
                ReadAs(destination);
                break;
            case SafetensorsDType.I32:
                Convert<int, long>(destination, TensorPrimitives.ConvertTruncating);
                break;
            case SafetensorsDType.I16:
                Convert<short, long>(destination, TensorPrimitives.ConvertTruncating);
                break;
            case SafetensorsDType.I8:
                Convert<sbyte, long>(destination, TensorPrimitives.ConvertTruncating);
                break;
            case SafetensorsDType.U32:
                Convert<uint, long>(destination, TensorPrimitives.ConvertTruncating);
                break;
            case SafetensorsDType.U16:
                Convert<ushort, long>(destination, TensorPrimitives.ConvertTruncating);
                break;
            case SafetensorsDType.U8 or SafetensorsDType.BOOL:
                Convert<byte, long>(destination, TensorPrimitives.ConvertTruncating);
                break;
            case SafetensorsDType.U64:
                ReadAs(destination);
                if (destination.ContainsAnyInRange(long.MinValue, -1))
                    throw Fault("it holds numbers beyond the range of a signed 64-bit integer.");
                break;
            default:
                throw Fault($"it is of type {DType}; integers are read from the integer types and BOOL.");
        }
    }

    private static void WidenBFloat16(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        for (int i = 0; i < source.Length; i++)
            destination[i] = BitConverter.UInt32BitsToSingle((uint)source[i] << 16);
    }

    private T[] Allocate<T>() => ElementCount <= Array.MaxLength ? GC.AllocateUninitializedArray<T>((int)ElementCount)
        : throw Fault($"its {ElementCount} elements do not fit into one array; read its bytes piece by piece.");

    private void CheckLength(int length)
    {
        if (length != ElementCount)
            throw new ArgumentException($"Tensor '{Name}' has {ElementCount} elements, the destination {length}.", "destination");
    }

    private void ReadAs<T>(Span<T> destination)
        where T : unmanaged
    {
        for (int done = 0; done < destination.Length;)
        {
            var piece = destination.Slice(done, Math.Min(MaxElementsPerRead, destination.Length - done));
            file.Read(MemoryMarshal.AsBytes(piece), Offset + ((long)done * Unsafe.SizeOf<T>()), Name);
            done += piece.Length;
        }
    }

    private void Convert<TFrom, TTo>(Span<TTo> destination, Conversion<TFrom, TTo> convert)
        where TFrom : unmanaged, INumberBase<TFrom>
    {
        const int PieceLength = 1 << 14;
        var piece = new TFrom[Math.Min(PieceLength, destination.Length)].AsSpan();
        for (int done = 0; done < destination.Length; done += piece.Length)
        {
            piece = piece[..Math.Min(piece.Length, destination.Length - done)];
            file.Read(MemoryMarshal.AsBytes(piece), Offset + ((long)done * Unsafe.SizeOf<TFrom>()), Name);
            convert(piece, destination.Slice(done, piece.Length));
        }
    }

    private SafetensorsException Fault(string problem) => new(file.FilePath, problem, Name, Offset);

    private delegate void Conversion<TFrom, TTo>(ReadOnlySpan<TFrom> source, Span<TTo> destination);
}
