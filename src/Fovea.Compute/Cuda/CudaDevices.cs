using System.Runtime.CompilerServices;
using static Fovea.Compute.Cuda.CudaNumbers;

namespace Fovea.Compute.Cuda;

/// <summary>The cards of a machine that CUDA's driver shows.</summary>
/// <param name="Devices">Those that kernels can run on.</param>
/// <param name="Problems">Why there are none, or why some are left out, in words for the user.</param>
public sealed record CudaDevices(IReadOnlyList<CudaDevice> Devices, IReadOnlyList<string> Problems)
{
    /// <summary>The CUDA version of the driver, such as 12.4; null if there is none.</summary>
    public string? DriverVersion { get; private init; }

    /// <summary>Looks for cards. A machine without the driver has none, and says what is missing.</summary>
    public static CudaDevices Discover() => NativeLibraries.TryLoad(NativeLibraries.CudaLibrary, out _)
        ? Discover(new CudaDriver())
        : new([], [$"No NVIDIA driver ({NativeLibraries.FileName(NativeLibraries.CudaLibrary)}) is installed."]);

    /// <summary>The first that kernels can run on.</summary>
    /// <exception cref="AcceleratorException">There is none; the message says what is missing.</exception>
    public CudaDevice First => Devices.Count > 0 ? Devices[0] : this[0];

    /// <summary>Gets a card by its number.</summary>
    /// <exception cref="AcceleratorException">There is none; the message says what is missing.</exception>
    public CudaDevice this[int index] => Devices.FirstOrDefault(device => device.Index == index)
        ?? throw new AcceleratorException($"There is no device cuda:{index}. " +
            (Devices.Count > 0 ? $"There are: {string.Join(", ", Devices.Select(device => device.Info.Name))}. " : "") + string.Join(" ", Problems));

    internal static unsafe CudaDevices Discover(ICudaDriver driver)
    {
        List<CudaDevice> devices = [];
        List<string> problems = [];
        string? name = null;
        try
        {
            int version, count;
            Check(driver, driver.cuDriverGetVersion(&version));
            name = CudaVersions.Name(version);
            int code = driver.cuInit(0);
            if (code == NoDevice)
                return new([], [$"NVIDIA's driver for CUDA {name} is installed, but it finds no device ({CudaException.Describe(driver, code)})."]) { DriverVersion = name };
            Check(driver, code, call: nameof(driver.cuInit));
            Check(driver, driver.cuDeviceGetCount(&count));
            for (int i = 0; i < count; i++)
            {
                int handle;
                Check(driver, driver.cuDeviceGet(&handle, i), i);
                var device = new CudaDevice(driver, handle, i, version);
                if (device.Problem is { } problem) problems.Add($"{device.Info.Name} ({device.Info.Description}) cannot be used: {problem}.");
                else devices.Add(device);
            }
        }
        catch (Exception exception) when (exception is CudaException or EntryPointNotFoundException)
        {
            problems.Add(exception.Message);
        }
        return new(devices, problems) { DriverVersion = name };
    }

    internal static void Check(ICudaDriver driver, int code, int? index = null, [CallerArgumentExpression(nameof(code))] string call = "")
    {
        if (code != 0) throw new CudaException(driver, code, call.Split('(')[0].Split('.')[^1], index is null ? "CUDA" : $"cuda:{index}");
    }
}
