using System.Runtime.InteropServices;

namespace Fovea.Core.Memory;

/// <summary>The host's own memory, in blocks on <see cref="HostBuffer.Alignment">64-byte boundaries</see>.</summary>
public sealed unsafe class HostMemory : IRawMemory
{
    /// <inheritdoc/>
    public string Device => "The host";

    /// <inheritdoc/>
    public long Total => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <inheritdoc/>
    public long LargestBlock => Total;

    /// <inheritdoc/>
    public nint Allocate(long bytes)
    {
        try
        {
            return (nint)NativeMemory.AlignedAlloc(checked((nuint)bytes), HostBuffer.Alignment);
        }
        catch (OutOfMemoryException)
        {
            return 0;
        }
    }

    /// <inheritdoc/>
    public void Free(nint handle) => NativeMemory.AlignedFree((void*)handle);

    /// <summary>Does nothing: freeing takes effect at once.</summary>
    public void Synchronize()
    {
    }
}
