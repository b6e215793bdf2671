using System.Runtime.InteropServices;

namespace Fovea.Core.Memory;

/// <summary>Native memory on a 64-byte boundary: a cache line and the widest vector.</summary>
public sealed unsafe class HostBuffer : DeviceBuffer
{
    /// <summary>The alignment of every host buffer, in bytes.</summary>
    public const int Alignment = 64;

    private readonly CachingAllocator? allocator;
    private readonly MemoryStatistics? statistics;
    private readonly MemoryBlock block;

    /// <summary>Allocates zeroed memory of its own.</summary>
    /// <param name="length">The size in bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException">The size is negative.</exception>
    /// <exception cref="OutOfMemoryException">The operating system has no more.</exception>
    public HostBuffer(long length) : this(length, statistics: null)
    {
    }

    /// <summary>Allocates zeroed memory of its own and books it on an account.</summary>
    /// <param name="length">The size in bytes.</param>
    /// <param name="statistics">The account.</param>
    /// <exception cref="ArgumentOutOfRangeException">The size is negative.</exception>
    /// <exception cref="OutOfMemoryException">The operating system has no more.</exception>
    public HostBuffer(long length, MemoryStatistics? statistics) : base(length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        long bytes = Math.Max(length, Alignment);
        block = new MemoryBlock((nint)NativeMemory.AlignedAlloc((nuint)bytes, Alignment), bytes, length);
        NativeMemory.Clear(Pointer, (nuint)bytes);
        this.statistics = statistics;
        statistics?.Add(length);
    }

    /// <summary>Takes zeroed memory from an allocator and returns it there.</summary>
    /// <param name="length">The size in bytes.</param>
    /// <param name="allocator">An allocator of <see cref="HostMemory"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The size is negative.</exception>
    /// <exception cref="DeviceOutOfMemoryException">There is no more.</exception>
    public HostBuffer(long length, CachingAllocator allocator) : base(length)
    {
        this.allocator = allocator;
        block = allocator.Rent(length);
        NativeMemory.Clear(Pointer, (nuint)length);
    }

    /// <summary>Frees the memory of a buffer that was never disposed.</summary>
    ~HostBuffer() => Dispose(false);

    /// <summary>The address of the first byte.</summary>
    /// <exception cref="ObjectDisposedException">The buffer, or the device it lies on, has been disposed.</exception>
    public byte* Pointer => block.Handle == 0 ? throw new ObjectDisposedException(nameof(HostBuffer)) : (byte*)block.Handle;

    /// <inheritdoc/>
    public override string? Label
    {
        get => block.Label;
        set => block.Label = value;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        // A constructor that has thrown leaves no block.
        if (block is null || block.Handle == 0) return;
        if (allocator is not null)
        {
            allocator.Return(block, leaked: !disposing);
            return;
        }
        NativeMemory.AlignedFree((void*)block.Handle);
        block.Handle = 0;
        statistics?.Remove(Length, leaked: !disposing);
    }
}
