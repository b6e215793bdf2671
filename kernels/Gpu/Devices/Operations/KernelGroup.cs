using ILGPU;
using ILGPU.IR.Intrinsics;

namespace Fovea.Gpu.Devices.Operations;

/// <summary>The threads of a group.</summary>
public static class KernelGroup
{
    /// <summary>
    /// Waits until every thread of the group is here; what they wrote to shared and global memory before is then seen by all of them.
    /// Use it instead of <see cref="Group.Barrier"/>, which in OpenCL orders global memory only.
    /// </summary>
    [IntrinsicImplementation]
    public static void Barrier()
    {
        DebugFault.ThrowIfAny();
        if (!DebugGroup.Wait()) Group.Barrier();
    }
}
