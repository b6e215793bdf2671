using System.Diagnostics.CodeAnalysis;
using Fovea.Core;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;
using Card = ILGPU.Runtime.Cuda.CudaDevice;

namespace Fovea.Gpu.Devices;

/// <summary>The devices of this machine that kernels run on.</summary>
[RequiresDynamicCode(GpuSupport.Reason)]
[RequiresUnreferencedCode(GpuSupport.Reason)]
public static class GpuDevices
{
    /// <summary>The name of ILGPU's CPU accelerator.</summary>
    public const string Debug = GpuDeviceName.Debug;

    private static readonly Lazy<Found> Discovered = new(Discover);

    /// <summary>What can be opened.</summary>
    public static IReadOnlyList<AcceleratorInfo> List() =>
        [.. Discovered.Value.Devices.Select(device => device.Info), DebugDevice.Describe()];

    /// <summary>Why devices that one might expect are not there, in words for the user.</summary>
    public static IReadOnlyList<string> Missing() => Discovered.Value.Problems;

    /// <summary>The CUDA version that NVIDIA's driver serves, such as 12.4; null without a driver.</summary>
    public static string? CudaDriverVersion
    {
        get
        {
            DriverLibraries.Watch();
            return DriverLibraries.HasCuda && CudaGraphApi.DriverGetVersion(out int version) == CudaError.CUDA_SUCCESS
                ? $"{version / 1000}.{version % 1000 / 10}" : null;
        }
    }

    /// <summary>Whether an OpenCL loader is installed.</summary>
    public static bool HasOpenCl
    {
        get
        {
            DriverLibraries.Watch();
            return DriverLibraries.HasOpenCl;
        }
    }

    /// <summary>Opens one.</summary>
    /// <param name="name">Its name, such as <c>debug</c>, <c>cuda:0</c> or <c>opencl:0</c>; <c>cuda</c> and <c>opencl</c> are the first of
    /// their kind.</param>
    /// <exception cref="DeviceFailureException">There is none of that name, or it cannot be opened; the message says what is
    /// missing.</exception>
    public static KernelDevice Open(string name) => TryOpen(name)
        ?? throw new DeviceFailureException(
            $"There is no device '{name}'. This machine has: {string.Join(", ", List().Select(device => device.Name))}.");

    /// <returns>The device; null if there is no kind of that name.</returns>
    /// <exception cref="DeviceFailureException">It is not there, or cannot be opened.</exception>
    internal static KernelDevice? TryOpen(string name, long limit = long.MaxValue)
    {
        if (!GpuDeviceName.TryParse(name, out string? full)) return null;
        if (full == GpuDeviceName.Debug) return DebugDevice.Open(limit);
        Found found = Discovered.Value;
        Candidate? device = found.Devices.FirstOrDefault(candidate => candidate.Info.Name == full);
        if (device is not null) return device.Open(limit);
        string kind = full.Split(':')[0];
        string others = string.Join(", ", found.Devices.Where(other => other.Info.Name.StartsWith(kind, StringComparison.Ordinal))
            .Select(other => other.Info.Name));
        throw new DeviceFailureException(
            $"There is no device {full}. {(others.Length > 0 ? $"There are: {others}. " : "")}{string.Join(" ", found.Problems)}".TrimEnd(
            ));
    }

    /// <summary>Lists what <c>auto</c> may open, the best first: OpenCL on a processor is never better than the processor itself.</summary>
    internal static IReadOnlyList<Candidate> Candidates() => [.. Discovered.Value.Devices.Where(device => device.Info.IsGpu)];

    private static Found Discover()
    {
        DriverLibraries.Watch();
        var devices = new List<Candidate>();
        var problems = new List<string>();
        FindCards(devices, problems);
        FindOpenCl(devices, problems);
        return new(devices, problems);
    }

    private static void FindCards(List<Candidate> devices, List<string> problems)
    {
        if (!DriverLibraries.HasCuda)
        {
            problems.Add("No NVIDIA driver (libcuda.so.1 or nvcuda.dll) is installed.");
            return;
        }
        Card[] cards = [.. Card.GetDevices(_ => true).OfType<Card>()];
        if (cards.Length == 0) problems.Add("NVIDIA's driver is installed, but it finds no card.");
        foreach (Card card in cards)
        {
            string name = $"cuda:{card.DeviceId}";
            if (card.Architecture is not { } architecture || card.InstructionSet is null)
            {
                problems.Add($"{name} ({card.Name}) cannot be used: ILGPU does not know its architecture.");
                continue;
            }
            var info = new AcceleratorInfo(
                name, $"{card.Name}, sm_{architecture.Major}{architecture.Minor}, driver for CUDA {card.DriverVersion}", card.MemorySize,
                    card.NumMultiprocessors,
                card.MaxNumThreadsPerGroup, (int)card.MaxSharedMemoryPerGroup, IsGpu: true);
            devices.Add(new(info, limit => CudaDevice.Open(info, card, limit)));
        }
    }

    private static void FindOpenCl(List<Candidate> devices, List<string> problems)
    {
        if (!DriverLibraries.HasOpenCl)
        {
            problems.Add("No OpenCL loader (libOpenCL.so.1 or OpenCL.dll) is installed.");
            return;
        }
        CLDevice[] found = [.. CLDevice.GetDevices(_ => true).OfType<CLDevice>()];
        if (found.Length == 0) problems.Add("An OpenCL loader is installed, but it finds no device. Is a driver (an ICD) installed?");
        for (int i = 0; i < found.Length; i++)
        {
            CLDevice device = found[i];
            string name = $"opencl:{i}";
            if (!device.Capabilities.GenericAddressSpace)
            {
                problems.Add($"{name} ({device.Name}) cannot be used: its driver lacks OpenCL's generic address space, which ILGPU needs " +
                    "(PoCL has it from version 5 on).");
                continue;
            }
            var info = new AcceleratorInfo(
                name, $"{device.Name}, {device.PlatformName}, OpenCL {device.DeviceVersion}", device.MemorySize, device.NumMultiprocessors,
                device.MaxNumThreadsPerGroup, (int)Math.Min(int.MaxValue, device.MaxSharedMemoryPerGroup),
                    device.DeviceType.HasFlag(CLDeviceType.CL_DEVICE_TYPE_GPU));
            devices.Add(new(info, limit => OpenClDevice.Open(info, device.PlatformId, device.DeviceId, limit)));
        }
    }

    private sealed record Found(IReadOnlyList<Candidate> Devices, IReadOnlyList<string> Problems);
}

/// <summary>A device that can be opened.</summary>
/// <param name="Info">What is known of it.</param>
/// <param name="Open">Opens it, with at most so many bytes of its memory.</param>
internal sealed record Candidate(AcceleratorInfo Info, Func<long, KernelDevice> Open);
