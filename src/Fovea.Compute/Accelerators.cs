using Fovea.Compute.Cuda;
using Fovea.Compute.OpenCl;
using Fovea.Compute.Simt;

namespace Fovea.Compute;

/// <summary>The accelerators that this machine has.</summary>
public static class Accelerators
{
    /// <summary>What can be opened.</summary>
    public static IReadOnlyList<AcceleratorInfo> List() =>
    [
        .. CudaDevices.Discover().Devices.Select(device => device.Info),
        .. OpenClPlatforms.Discover().Devices.Select(device => device.Info),
        SimtAccelerator.Describe(Environment.ProcessorCount),
    ];

    /// <summary>Why devices that one might expect are not there, in words for the user.</summary>
    public static IReadOnlyList<string> Missing() => [.. CudaDevices.Discover().Problems, .. OpenClPlatforms.Discover().Problems];

    /// <summary>Opens one.</summary>
    /// <param name="name">Its name, such as <c>simt</c>, <c>cuda:0</c> or <c>opencl:0</c>; <c>cuda</c> and <c>opencl</c> are the first of their kind.</param>
    /// <param name="threads">How many of the host's threads it may use, if it runs on them; 0 for all cores.</param>
    /// <exception cref="AcceleratorException">There is none of that name, or it cannot be opened; the message says what is missing.</exception>
    public static Accelerator Open(string name, int threads = 0) => TryOpen(name, threads)
        ?? throw new AcceleratorException($"There is no accelerator '{name}'. This machine has: {string.Join(", ", List().Select(device => device.Name))}.");

    /// <returns>The accelerator; null if there is no kind of that name.</returns>
    /// <exception cref="AcceleratorException">It is not there, or cannot be opened.</exception>
    internal static Accelerator? TryOpen(string name, int threads) => name.Split(':') switch
    {
        ["simt"] => new SimtAccelerator(threads),
        ["cuda"] => new CudaAccelerator(CudaDevices.Discover().First),
        ["cuda", var number] when int.TryParse(number, out int index) => new CudaAccelerator(CudaDevices.Discover()[index]),
        ["opencl"] => new OpenClAccelerator(OpenClPlatforms.Discover().First),
        ["opencl", var number] when int.TryParse(number, out int index) => new OpenClAccelerator(OpenClPlatforms.Discover()[index]),
        _ => null,
    };
}
