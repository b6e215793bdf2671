using System.Collections.Concurrent;
using Fovea.Core.Memory;
using ILGPU.Runtime;

namespace Fovea.Gpu.Devices;

/// <summary>A device's memory as ILGPU's buffers of bytes.</summary>
/// <param name="accelerator">The device.</param>
/// <param name="info">What is known of it.</param>
/// <param name="largestBlock">The largest single buffer, in bytes.</param>
/// <param name="queued">Waits for everything that was queued.</param>
internal sealed class IlgpuMemory(Accelerator accelerator, AcceleratorInfo info, long largestBlock, Action queued) : IRawMemory
{
    private static readonly string[] FullErrors =
    [
        "CL_MEM_OBJECT_ALLOCATION_FAILURE", "CL_OUT_OF_RESOURCES", "CL_OUT_OF_HOST_MEMORY", "CL_INVALID_BUFFER_SIZE",
    ];

    private readonly ConcurrentDictionary<nint, MemoryBuffer> buffers = new();
    private long handles;

    /// <inheritdoc/>
    public string Device => info.Name;

    /// <inheritdoc/>
    public long Total => info.Memory;

    /// <inheritdoc/>
    public long LargestBlock => largestBlock;

    /// <summary>The buffer behind a handle.</summary>
    public MemoryBuffer this[nint handle] => buffers[handle];

    /// <inheritdoc/>
    public nint Allocate(long bytes)
    {
        MemoryBuffer buffer;
        try
        {
            buffer = accelerator.Allocate1D<byte>(bytes);
        }
        catch (Exception exception) when (IsFull(exception))
        {
            return 0;
        }
        nint handle = (nint)Interlocked.Increment(ref handles);
        buffers[handle] = buffer;
        return handle;
    }

    /// <inheritdoc/>
    public void Free(nint handle)
    {
        if (!buffers.TryRemove(handle, out MemoryBuffer? buffer)) return;
        try
        {
            // ILGPU's OpenCL and CPU buffers may go while launches that use them are queued; the driver keeps what it needs.
            buffer.Dispose();
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // The device has failed or is gone; its memory went with it.
        }
    }

    /// <inheritdoc/>
    public void Synchronize() => queued();

    private static bool IsFull(Exception exception) => exception switch
    {
        OutOfMemoryException => true,
        ILGPU.Runtime.Cuda.CudaException cuda => cuda.Error == nameof(ILGPU.Runtime.Cuda.CudaError.CUDA_ERROR_OUT_OF_MEMORY),
        ILGPU.Runtime.OpenCL.CLException cl => FullErrors.Contains(cl.Error.ToString()),
        _ => false,
    };
}

/// <summary>A part of a device's memory that the allocator has lent.</summary>
/// <param name="allocator">The allocator.</param>
/// <param name="block">The block.</param>
/// <param name="memory">ILGPU's buffer of it, which may be larger.</param>
internal sealed class GpuBuffer(CachingAllocator allocator, MemoryBlock block, MemoryBuffer memory) : DeviceBuffer(block.Requested)
{
    ~GpuBuffer() => Dispose(false);

    public CachingAllocator Allocator => allocator;

    /// <exception cref="ObjectDisposedException">The buffer, or its device, has been disposed.</exception>
    public MemoryBuffer Memory => block.Handle != 0 ? memory
        : throw new ObjectDisposedException(nameof(DeviceBuffer), "The buffer, or the device it lies on, has been disposed.");

    public override string? Label
    {
        get => block.Label;
        set => block.Label = value;
    }

    protected override void Dispose(bool disposing) => allocator.Return(block, leaked: !disposing);
}
