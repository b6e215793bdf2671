namespace Fovea.Core.Memory;

/// <summary>A device's own memory, as its driver gives it: what a <see cref="CachingAllocator"/> takes blocks from.</summary>
public interface IRawMemory
{
    /// <summary>What the device is called in errors.</summary>
    string Device { get; }

    /// <summary>How much there is, in bytes.</summary>
    long Total { get; }

    /// <summary>The largest single block that is sure to be possible, in bytes.</summary>
    long LargestBlock { get; }

    /// <summary>Allocates a block.</summary>
    /// <returns>Its handle or address; 0 if the device is full.</returns>
    nint Allocate(long bytes);

    /// <summary>Frees a block. Work that is queued may still use it. Called by finalizers too, so it must not throw.</summary>
    void Free(nint handle);

    /// <summary>Waits until blocks freed so far are really free.</summary>
    void Synchronize();
}
