using Microsoft.Win32.SafeHandles;

namespace Fovea.Compute.OpenCl;

// OpenCL counts references itself (a queue holds its context, a kernel its program), so handles may be released in any order.

internal sealed class ContextHandle() : SafeHandleZeroOrMinusOneIsInvalid(true)
{
    protected override bool ReleaseHandle() => OpenClNative.clReleaseContext(handle) == 0;
}

internal sealed class QueueHandle() : SafeHandleZeroOrMinusOneIsInvalid(true)
{
    protected override bool ReleaseHandle() => OpenClNative.clReleaseCommandQueue(handle) == 0;
}

internal sealed class ProgramHandle() : SafeHandleZeroOrMinusOneIsInvalid(true)
{
    protected override bool ReleaseHandle() => OpenClNative.clReleaseProgram(handle) == 0;
}

internal sealed class KernelHandle() : SafeHandleZeroOrMinusOneIsInvalid(true)
{
    protected override bool ReleaseHandle() => OpenClNative.clReleaseKernel(handle) == 0;
}

internal sealed class MemoryHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    public MemoryHandle(nint memory) : base(true) => SetHandle(memory);

    protected override bool ReleaseHandle() => OpenClNative.clReleaseMemObject(handle) == 0;
}
