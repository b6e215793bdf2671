using System.Buffers.Binary;

namespace Fovea.Data;

/// <summary>The contents of an IDX file of bytes.</summary>
/// <param name="Shape">The dimensions, outermost first; all positive.</param>
/// <param name="Values">The values in row-major order, as many as the product of the dimensions.</param>
public sealed record IdxArray(int[] Shape, ReadOnlyMemory<byte> Values);

/// <summary>
/// Reads IDX files of unsigned bytes, plain or gzip-compressed: two zero bytes, a type byte (8), the number of dimensions, the
/// dimensions as big-endian 32-bit integers, the values. The format is described on the MNIST database's page, under "File formats".
/// </summary>
public static class Idx
{
    private const byte UnsignedByte = 8;

    /// <summary>Reads one file.</summary>
    /// <param name="path">The file; it is taken for gzip if it begins as gzip does, whatever its name.</param>
    /// <param name="rank">The number of dimensions that the file must have.</param>
    /// <exception cref="DataFormatException">The file is damaged or is something else.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static IdxArray Read(string path, int rank) => Read(path, rank, default);

    internal static IdxArray Read(string path, int rank, ReadingWatch watch)
    {
        byte[] bytes = DataFile.ReadAll(path, watch);
        uint expectedMagic = ((uint)UnsignedByte << 8) | (uint)rank;
        int header = 4 + (4 * rank);
        if (bytes.Length < header)
            throw new DataFormatException(path, bytes.Length, $"expected an IDX header of {header} bytes, found the end of the file");
        uint magic = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        if (magic != expectedMagic)
            throw new DataFormatException(path, 0, $"expected the magic number 0x{expectedMagic:x8}, found 0x{magic:x8}");

        int[] shape = new int[rank];
        Int128 length = 1;
        for (int axis = 0; axis < rank; axis++)
        {
            int at = 4 + (4 * axis);
            uint dimension = BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(at));
            if (dimension is 0 or > int.MaxValue)
                throw new DataFormatException(path, at, $"expected a dimension of 1 to {int.MaxValue}, found {dimension}");
            shape[axis] = (int)dimension;
            length = Int128.Min(length * dimension, long.MaxValue);
        }
        int found = bytes.Length - header;
        if (found < length)
            throw new DataFormatException(
                path, bytes.Length, $"expected {length} values ({string.Join('×', shape)}), found the end of the file after {found}");
        if (found > length)
            throw new DataFormatException(path, header + (long)length, $"expected the end of the file, found {found - length} more bytes");
        return new IdxArray(shape, bytes.AsMemory(header));
    }
}
