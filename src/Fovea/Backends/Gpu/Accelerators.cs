using Fovea.Compute;
using Fovea.Compute.OpenCl;
using Fovea.Compute.Simt;

namespace Fovea.Backends.Gpu;

/// <summary>The accelerators that this machine has.</summary>
internal static class Accelerators
{
    /// <summary>What can be opened.</summary>
    public static IEnumerable<DeviceInfo> List() =>
    [
        .. OpenClPlatforms.Discover().Devices.Select(device => new DeviceInfo(device.Info.Name, device.Info.Description, device.Info.Memory, device.Info.Units)),
        new("simt", "kernels run as plain .NET, for debugging: slow", GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, Environment.ProcessorCount),
    ];

    /// <summary>Why devices that one might expect are not there, in words for the user.</summary>
    public static IReadOnlyList<string> Missing() => OpenClPlatforms.Discover().Problems;

    /// <summary>Opens one.</summary>
    /// <param name="name">Its name, such as <c>simt</c> or <c>opencl:0</c>; <c>opencl</c> is the first OpenCL device.</param>
    /// <param name="threads">How many of the host's threads it may use, if it runs on them; 0 for all cores.</param>
    /// <returns>The accelerator; null if there is none of that name.</returns>
    /// <exception cref="AcceleratorException">It is there, but cannot be opened.</exception>
    public static Accelerator? Open(string name, int threads) => name.Split(':') switch
    {
        ["simt"] => new SimtAccelerator(threads),
        ["opencl"] => new OpenClAccelerator(OpenClPlatforms.Discover()[0]),
        ["opencl", var number] when int.TryParse(number, out int index) => new OpenClAccelerator(OpenClPlatforms.Discover()[index]),
        _ => null,
    };
}
