using Fovea.Compute.Memory;
using static Fovea.Compute.OpenCl.OpenClNative;

namespace Fovea.Compute.OpenCl;

/// <summary>A staging ring in memory that the device can read.</summary>
internal sealed unsafe class OpenClStaging : StagingRing
{
    private readonly string device;
    private readonly QueueHandle queue;
    private readonly MemoryHandle? memory;

    public OpenClStaging(OpenClDevice device, ContextHandle context, QueueHandle queue)
    {
        (this.device, this.queue) = (device.Info.Name, queue);
        memory = new MemoryHandle(clCreateBuffer(context, MemReadWrite | MemAllocHostPtr, Size, null, out int error));
        OpenClException.Check(error, this.device, call: nameof(clCreateBuffer));
        Memory = (byte*)clEnqueueMapBuffer(queue, memory, 1, MapWrite, 0, Size, 0, null, null, out error);
        OpenClException.Check(error, this.device, call: nameof(clEnqueueMapBuffer));
    }

    protected override nint Copy(nint buffer, long offset, byte* source, int bytes)
    {
        nint copied;
        OpenClException.Check(clEnqueueWriteBuffer(queue, buffer, 0, (nuint)offset, (nuint)bytes, source, 0, null, &copied), device);
        OpenClException.Check(clFlush(queue), device);
        return copied;
    }

    protected override void Finish(nint copied)
    {
        int code = clWaitForEvents(1, &copied);
        _ = clReleaseEvent(copied);
        OpenClException.Check(code, device, call: nameof(clWaitForEvents));
    }

    protected override void Release(nint copied) => _ = clReleaseEvent(copied);

    // A finalizer leaves the handles to their own.
    protected override void Free(bool disposing)
    {
        if (!disposing || memory is null) return;
        _ = clEnqueueUnmapMemObject(queue, memory, Memory, 0, null, null);
        memory.Dispose();
    }
}
