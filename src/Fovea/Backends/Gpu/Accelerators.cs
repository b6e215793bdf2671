using Fovea.Compute;
using Fovea.Compute.Simt;

namespace Fovea.Backends.Gpu;

/// <summary>The accelerators that this machine has.</summary>
internal static class Accelerators
{
    /// <summary>What can be opened.</summary>
    public static IEnumerable<DeviceInfo> List() =>
        [new("simt", "kernels run as plain .NET, for debugging: slow", GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, Environment.ProcessorCount)];

    /// <summary>Opens one.</summary>
    /// <param name="name">Its name, such as <c>simt</c> or <c>opencl:0</c>.</param>
    /// <param name="threads">How many of the host's threads it may use, if it runs on them; 0 for all cores.</param>
    /// <returns>The accelerator; null if there is none of that name.</returns>
    /// <exception cref="AcceleratorException">It is there, but cannot be opened.</exception>
    public static Accelerator? Open(string name, int threads) => name == "simt" ? new SimtAccelerator(threads) : null;
}
