using Fovea.Compute.Dialect;
using Fovea.Compute.Memory;

namespace Fovea.Compute.Simt;

/// <summary>Memory that is given out piece by piece and taken back as a whole. Its blocks never move.</summary>
internal sealed unsafe class SimtArena
{
    private const int ChunkBytes = 64 << 10;

    private readonly List<HostBuffer> chunks = [];
    private int chunk;
    private long used;

    /// <summary>Takes everything back.</summary>
    public void Reset() => (chunk, used) = (0, 0);

    /// <summary>A block full of 0xFF: NaN as a float, −1 as an integer, so that reading before writing shows.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The length is not positive.</exception>
    public ArrayView<T> Allocate<T>(int length)
        where T : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        long bytes = (long)length * sizeof(T);
        while (chunk < chunks.Count && used + bytes > chunks[chunk].Length) (chunk, used) = (chunk + 1, 0);
        if (chunk == chunks.Count) chunks.Add(new(Math.Max(bytes, ChunkBytes)));
        byte* block = chunks[chunk].Pointer + used;
        used += (bytes + HostBuffer.Alignment - 1) / HostBuffer.Alignment * HostBuffer.Alignment;
        new Span<byte>(block, checked((int)bytes)).Fill(0xFF);
        return new((T*)block, length);
    }
}
