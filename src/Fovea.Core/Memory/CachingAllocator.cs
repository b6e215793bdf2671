using System.Numerics;

namespace Fovea.Core.Memory;

/// <summary>
/// Lends blocks of a device's memory and keeps those that come back, because a driver's own allocation is slow and may wait for
/// the device. Many threads may use one.
/// </summary>
/// <remarks>
/// <para>
/// Sizes are rounded to classes: at least 512 bytes, then each power of two is divided in four, and from 8 MiB on classes are
/// multiples of 2 MiB. A request takes the smallest kept block that is at most a quarter larger than its class. What is taken from
/// the device is never more than twice what was ever in use at once; the largest kept blocks are given up first.
/// </para>
/// <para>
/// A block is lent again as soon as it comes back, while queued work may still use it. That is safe because a device has one queue
/// that runs in order: whoever gets the block next can only queue work behind it.
/// </para>
/// </remarks>
/// <param name="memory">Where blocks come from.</param>
/// <param name="limit">Bytes to take at most; fewer than the device has simulates a smaller one.</param>
public sealed class CachingAllocator(IRawMemory memory, long limit = long.MaxValue) : IDisposable
{
    private const long SmallestBlock = 512, LargeStep = 2 << 20;
    private const int ListedBuffers = 5;
    private readonly long limit = Math.Min(limit, 1L << 60); // Sums of sizes cannot overflow.
    private readonly Lock gate = new();
    private readonly HashSet<MemoryBlock> live = [];
    private readonly SortedSet<(long Capacity, nint Handle)> kept = [];
    private long peakLive;
    private bool disposed;

    /// <summary>Frees what a device that was never disposed has left. Its buffers are unreachable too, since they refer to this.</summary>
    ~CachingAllocator() => Dispose();

    /// <summary>What the memory is used for.</summary>
    public MemoryStatistics Statistics { get; } = new();

    /// <summary>The size of the block that a request gets, in bytes.</summary>
    public static long RoundUp(long bytes)
    {
        if (bytes <= SmallestBlock) return SmallestBlock;
        long step = Math.Min((long)BitOperations.RoundUpToPowerOf2((ulong)bytes) >> 3, LargeStep);
        return bytes > long.MaxValue - LargeStep ? bytes : Align.Up(bytes, step);
    }

    /// <summary>Allocates a buffer. What is in it is undefined.</summary>
    /// <param name="bytes">Its size.</param>
    /// <exception cref="DeviceOutOfMemoryException">The device is full, even without the blocks that were kept.</exception>
    /// <exception cref="ObjectDisposedException">The device has been disposed.</exception>
    public DeviceBuffer Allocate(long bytes) => new PooledBuffer(this, Rent(bytes));

    /// <summary>Gives all kept blocks back to the device.</summary>
    public void Flush()
    {
        lock (gate) Trim(0);
    }

    /// <summary>
    /// Gives everything back to the device. Buffers that are still live lose their memory; disposing them later does no harm.
    /// </summary>
    public void Dispose()
    {
        lock (gate)
        {
            if (disposed) return;
            disposed = true;
            Trim(0);
            foreach (MemoryBlock block in live)
            {
                memory.Free(block.Handle);
                block.Handle = 0;
                Statistics.Reserved -= block.Capacity;
                Statistics.Remove(block.Requested);
            }
            live.Clear();
        }
        GC.SuppressFinalize(this);
    }

    internal MemoryBlock Rent(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        if (TryRent(bytes) is { } block) return block;
        // Before giving up: buffers that nobody disposed, blocks that were kept, and blocks that queued work still holds.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Flush();
        memory.Synchronize();
        return TryRent(bytes) ?? throw Full(bytes);
    }

    internal void Return(MemoryBlock block, bool leaked)
    {
        lock (gate)
        {
            if (!live.Remove(block)) return;
            kept.Add((block.Capacity, block.Handle));
            block.Handle = 0;
            Statistics.Cached += block.Capacity;
            Statistics.Remove(block.Requested, leaked);
        }
    }

    private MemoryBlock? TryRent(long bytes)
    {
        long capacity = RoundUp(bytes);
        if (capacity > limit) return null;
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            (long Capacity, nint Handle) found =
                kept.GetViewBetween((capacity, nint.MinValue), (capacity + capacity / 4, nint.MaxValue)).Min;
            if (found.Handle != 0)
            {
                kept.Remove(found);
                Statistics.Cached -= found.Capacity;
            }
            else
            {
                long bound = 2 * Math.Max(peakLive, Statistics.Reserved - Statistics.Cached + capacity);
                Trim(Math.Max(0, bound - capacity));
                if (capacity > limit - Statistics.Reserved) return null;
                found = (capacity, memory.Allocate(capacity));
                if (found.Handle == 0) return null;
                Statistics.Reserved += capacity;
            }
            var block = new MemoryBlock(found.Handle, found.Capacity, bytes);
            live.Add(block);
            peakLive = Math.Max(peakLive, Statistics.Reserved - Statistics.Cached);
            Statistics.Add(bytes);
            return block;
        }
    }

    private void Trim(long reserved)
    {
        while (Statistics.Reserved > reserved && kept.Count > 0)
        {
            (long Capacity, nint Handle) largest = kept.Max;
            kept.Remove(largest);
            memory.Free(largest.Handle);
            Statistics.Cached -= largest.Capacity;
            Statistics.Reserved -= largest.Capacity;
        }
    }

    private DeviceOutOfMemoryException Full(long bytes)
    {
        lock (gate)
        {
            string largest = string.Join(", ", live.OrderByDescending(block => block.Requested).Take(ListedBuffers)
                .Select(block => $"{MemoryStatistics.Size(block.Requested)} {block.Label ?? "without a label"}"));
            return new DeviceOutOfMemoryException(
                $"{memory.Device} has no room for {MemoryStatistics.Size(bytes)}: {MemoryStatistics.Size(Statistics.InUse)} of " +
                $"{MemoryStatistics.Size(Math.Min(limit, memory.Total))} are in use in "
                + $"{Statistics.Buffers} buffers, {MemoryStatistics.Size(Statistics.Cached)} cached." +
                (bytes > memory.LargestBlock ? $" A single buffer may have {MemoryStatistics.Size(memory.LargestBlock)}." : "") +
                (largest.Length > 0 ? $" The largest buffers: {largest}." : "") + " A smaller batch needs less.");
        }
    }
}
