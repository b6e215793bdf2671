using Fovea.Compute;
using Fovea.Compute.Cuda;
using Fovea.Compute.OpenCl;
using Fovea.Compute.Simt;

namespace Fovea.Backends.Gpu;

/// <summary>The accelerators that this machine has.</summary>
internal static class Accelerators
{
    /// <summary>What can be opened.</summary>
    public static IEnumerable<DeviceInfo> List() =>
    [
        .. CudaDevices.Discover().Devices.Select(device => Describe(device.Info)),
        .. OpenClPlatforms.Discover().Devices.Select(device => Describe(device.Info)),
        new("simt", "kernels run as plain .NET, for debugging: slow", GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, Environment.ProcessorCount),
    ];

    /// <summary>Why devices that one might expect are not there, in words for the user.</summary>
    public static IReadOnlyList<string> Missing() => [.. CudaDevices.Discover().Problems, .. OpenClPlatforms.Discover().Problems];

    /// <summary>What <c>auto</c> may open before the processor, the best first. OpenCL on a processor is never better than the processor itself.</summary>
    public static IEnumerable<AutoCandidate> Candidates()
    {
        CudaDevices cuda = CudaDevices.Discover();
        foreach (CudaDevice device in cuda.Devices) yield return new(device.Info.Name, device.Info.Description, () => new CudaAccelerator(device));
        foreach (OpenClDevice device in OpenClPlatforms.Discover().Devices.Where(device => device.Info.IsGpu))
            yield return new(device.Info.Name, device.Info.Description, () => new OpenClAccelerator(device));
    }

    /// <summary>Opens one.</summary>
    /// <param name="name">Its name, such as <c>simt</c>, <c>cuda:0</c> or <c>opencl:0</c>; <c>cuda</c> and <c>opencl</c> are the first of their kind.</param>
    /// <param name="threads">How many of the host's threads it may use, if it runs on them; 0 for all cores.</param>
    /// <returns>The accelerator; null if there is none of that name.</returns>
    /// <exception cref="AcceleratorException">It is there, but cannot be opened.</exception>
    public static Accelerator? Open(string name, int threads) => name.Split(':') switch
    {
        ["simt"] => new SimtAccelerator(threads),
        ["cuda"] => new CudaAccelerator(CudaDevices.Discover()[0]),
        ["cuda", var number] when int.TryParse(number, out int index) => new CudaAccelerator(CudaDevices.Discover()[index]),
        ["opencl"] => new OpenClAccelerator(OpenClPlatforms.Discover()[0]),
        ["opencl", var number] when int.TryParse(number, out int index) => new OpenClAccelerator(OpenClPlatforms.Discover()[index]),
        _ => null,
    };

    private static DeviceInfo Describe(AcceleratorInfo info) => new(info.Name, info.Description, info.Memory, info.Units);
}
