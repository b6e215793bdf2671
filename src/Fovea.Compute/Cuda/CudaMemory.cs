using Fovea.Compute.Memory;
using static Fovea.Compute.Cuda.CudaNumbers;

namespace Fovea.Compute.Cuda;

/// <summary>A card's memory; handles are addresses.</summary>
internal sealed unsafe class CudaMemory(CudaDevice device, CudaContext context, nint stream) : IRawMemory
{
    public string Device => $"{device.Info.Name} ({device.Info.Description})";

    public long Total => device.Info.Memory;

    public long LargestBlock => device.Info.Memory;

    public nint Allocate(long bytes)
    {
        using CudaContext.Scope scope = context.Enter();
        nint address;
        int code = context.Driver.cuMemAlloc(&address, (nuint)bytes);
        if (code == OutOfMemory) return 0;
        context.Check(code, call: nameof(ICudaDriver.cuMemAlloc));
        return address;
    }

    // The driver waits for queued work that may use the memory.
    public void Free(nint handle) => context.Release(driver => driver.cuMemFree(handle));

    public void Synchronize()
    {
        using CudaContext.Scope scope = context.Enter();
        context.Check(context.Driver.cuStreamSynchronize(stream));
    }
}
