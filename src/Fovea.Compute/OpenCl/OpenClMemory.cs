using Fovea.Compute.Memory;
using static Fovea.Compute.OpenCl.OpenClNative;

namespace Fovea.Compute.OpenCl;

/// <summary>Memory objects of one context.</summary>
internal sealed unsafe class OpenClMemory(OpenClDevice device, ContextHandle context, QueueHandle queue) : IRawMemory
{
    public string Device => $"{device.Info.Name} ({device.Info.Description})";

    public long Total => device.Info.Memory;

    public long LargestBlock => device.MaxAllocation;

    public nint Allocate(long bytes)
    {
        nint buffer = clCreateBuffer(context, MemReadWrite, (nuint)bytes, null, out int error);
        if (IsFull(error)) return 0;
        OpenClException.Check(error, device.Info.Name, call: nameof(clCreateBuffer));
        // Drivers may put off the allocation until the first use, which would then fail where nobody expects it.
        error = clEnqueueMigrateMemObjects(queue, 1, &buffer, MigrateUndefined, 0, null, null);
        if (error == 0) return buffer;
        Free(buffer);
        return IsFull(error) ? 0 : throw new OpenClException(error, nameof(clEnqueueMigrateMemObjects), device.Info.Name);
    }

    // The driver keeps the memory while queued commands use it. It needs no context any more, so that a finalizer may call this late.
    public void Free(nint handle) => _ = clReleaseMemObject(handle);

    public void Synchronize() => OpenClException.Check(clFinish(queue), device.Info.Name);

    private static bool IsFull(int error) => (OpenClCode)error is OpenClCode.CL_MEM_OBJECT_ALLOCATION_FAILURE or OpenClCode.CL_OUT_OF_RESOURCES
        or OpenClCode.CL_OUT_OF_HOST_MEMORY or OpenClCode.CL_INVALID_BUFFER_SIZE;
}
