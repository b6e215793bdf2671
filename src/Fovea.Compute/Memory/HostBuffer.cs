using System.Runtime.InteropServices;

namespace Fovea.Compute.Memory;

/// <summary>Native memory on a 64-byte boundary: a cache line and the widest vector.</summary>
public sealed unsafe class HostBuffer : DeviceBuffer
{
    /// <summary>The alignment of every host buffer, in bytes.</summary>
    public const int Alignment = 64;

    private readonly MemoryStatistics? statistics;
    private byte* pointer;

    /// <summary>Allocates zeroed memory.</summary>
    /// <param name="length">The size in bytes.</param>
    /// <param name="statistics">The account that the memory is booked on.</param>
    /// <exception cref="ArgumentOutOfRangeException">The size is negative.</exception>
    /// <exception cref="OutOfMemoryException">The operating system has no more.</exception>
    public HostBuffer(long length, MemoryStatistics? statistics = null) : base(length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        nuint bytes = (nuint)Math.Max(length, Alignment);
        pointer = (byte*)NativeMemory.AlignedAlloc(bytes, Alignment);
        NativeMemory.Clear(pointer, bytes);
        this.statistics = statistics;
        statistics?.Add(length);
    }

    /// <summary>Frees the memory of a buffer that was never disposed.</summary>
    ~HostBuffer() => Dispose(false);

    /// <summary>The address of the first byte.</summary>
    /// <exception cref="ObjectDisposedException">The buffer has been disposed.</exception>
    public byte* Pointer => pointer is null ? throw new ObjectDisposedException(nameof(HostBuffer)) : pointer;

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (pointer is null) return;
        NativeMemory.AlignedFree(pointer);
        pointer = null;
        statistics?.Remove(Length);
    }
}
