using System.Runtime.InteropServices;

namespace Fovea.Execution;

/// <summary>Copies to and from a device in pieces: as bytes, a span holds a quarter of the elements that one of floats may hold.</summary>
internal static class BackendTransfers
{
    /// <summary>Elements of a piece.</summary>
    private const int PieceElements = 1 << 28;

    /// <summary>Copies to a device. Allocates nothing.</summary>
    public static void WriteAll<T>(this IBackend backend, BufferView target, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        for (long offset = 0; !values.IsEmpty; values = values[Piece(values.Length)..])
        {
            ReadOnlySpan<byte> piece = MemoryMarshal.AsBytes(values[..Piece(values.Length)]);
            backend.Write(new BufferView(target.Buffer, target.Offset + offset, piece.Length), piece);
            offset += piece.Length;
        }
    }

    /// <summary>Copies from a device. Allocates nothing.</summary>
    public static void ReadAll<T>(this IBackend backend, BufferView source, Span<T> values)
        where T : unmanaged
    {
        for (long offset = 0; !values.IsEmpty; values = values[Piece(values.Length)..])
        {
            Span<byte> piece = MemoryMarshal.AsBytes(values[..Piece(values.Length)]);
            backend.Read(new BufferView(source.Buffer, source.Offset + offset, piece.Length), piece);
            offset += piece.Length;
        }
    }

    /// <summary>How many of so many elements are copied at once.</summary>
    public static int Piece(int count) => Math.Min(count, PieceElements);
}
