namespace Fovea.Core.Memory;

/// <summary>
/// A block lent by a <see cref="CachingAllocator"/>. It knows nothing of the buffer that holds it, so that a forgotten buffer can be
/// collected.
/// </summary>
internal sealed class MemoryBlock(nint handle, long capacity, long requested)
{
    /// <summary>The driver's handle, or an address; 0 once the block was given back or its device is gone.</summary>
    public nint Handle { get; set; } = handle;

    public long Capacity { get; } = capacity;

    public long Requested { get; } = requested;

    public string? Label { get; set; }
}

/// <summary>A buffer whose memory comes from a <see cref="CachingAllocator"/>.</summary>
internal sealed class PooledBuffer(CachingAllocator allocator, MemoryBlock block) : DeviceBuffer(block.Requested)
{
    ~PooledBuffer() => Dispose(false);

    public CachingAllocator Allocator => allocator;

    public nint Handle => block.Handle != 0 ? block.Handle : throw new ObjectDisposedException(
        nameof(DeviceBuffer), "The buffer, or the device it lies on, has been disposed.");

    public override string? Label
    {
        get => block.Label;
        set => block.Label = value;
    }

    protected override void Dispose(bool disposing) => allocator.Return(block, leaked: !disposing);
}
