using System.Text;
using static Fovea.Compute.OpenCl.OpenClNative;

namespace Fovea.Compute.OpenCl;

/// <summary>The OpenCL devices of a machine.</summary>
/// <param name="Devices">Those that kernels can run on.</param>
/// <param name="Problems">Why there are none, or why some are left out, in words for the user.</param>
public sealed record OpenClPlatforms(IReadOnlyList<OpenClDevice> Devices, IReadOnlyList<string> Problems)
{
    /// <summary>Looks for devices. A machine without OpenCL gives none, and says what is missing.</summary>
    public static unsafe OpenClPlatforms Discover()
    {
        if (!NativeLibraries.TryLoad(NativeLibraries.OpenClLibrary, out _))
            return new([], [$"No OpenCL loader ({NativeLibraries.FileName(NativeLibraries.OpenClLibrary)}) is installed; it comes with a GPU's driver, or in a package such as ocl-icd-libopencl1."]);
        List<OpenClDevice> devices = [];
        List<string> problems = [];
        try
        {
            int code = clGetPlatformIDs(0, null, out uint count);
            if (code == (int)OpenClCode.CL_PLATFORM_NOT_FOUND_KHR || (code == 0 && count == 0))
                return new([], ["The OpenCL loader is installed, but it finds no platform: install a device's driver (for the processor, PoCL: pocl-opencl-icd)."]);
            OpenClException.Check(code, "OpenCL", call: nameof(clGetPlatformIDs));
            nint[] platforms = new nint[count];
            fixed (nint* list = platforms) OpenClException.Check(clGetPlatformIDs(count, list, out _), "OpenCL");
            int index = 0;
            foreach (nint platform in platforms) index = AddDevices(platform, index, devices, problems);
        }
        catch (Exception exception) when (exception is OpenClException or EntryPointNotFoundException)
        {
            problems.Add(exception.Message);
        }
        return new(devices, problems);
    }

    /// <summary>The first that kernels can run on.</summary>
    /// <exception cref="AcceleratorException">There is none; the message says what is missing.</exception>
    public OpenClDevice First => Devices.Count > 0 ? Devices[0] : this[0];

    /// <summary>Gets a device by its number.</summary>
    /// <exception cref="AcceleratorException">There is none; the message says what is missing.</exception>
    public OpenClDevice this[int index] => Devices.FirstOrDefault(device => device.Index == index)
        ?? throw new AcceleratorException($"There is no device opencl:{index}. " +
            (Devices.Count > 0 ? $"There are: {string.Join(", ", Devices.Select(device => device.Info.Name))}. " : "") + string.Join(" ", Problems));

    private static unsafe int AddDevices(nint platform, int index, List<OpenClDevice> devices, List<string> problems)
    {
        string name = Text(platform, PlatformName);
        int code = clGetDeviceIDs(platform, AllDevices, 0, null, out uint count);
        if (code == (int)OpenClCode.CL_DEVICE_NOT_FOUND || (code == 0 && count == 0))
        {
            problems.Add($"The OpenCL platform '{name}' has no device.");
            return index;
        }
        OpenClException.Check(code, name, call: nameof(clGetDeviceIDs));
        nint[] found = new nint[count];
        fixed (nint* list = found) OpenClException.Check(clGetDeviceIDs(platform, AllDevices, count, list, out _), name);
        foreach (nint device in found)
        {
            var described = OpenClDevice.Describe(platform, name, device, index++, out string? problem);
            if (problem is null) devices.Add(described);
            else problems.Add($"{described.Info.Name} ({described.Info.Description}) cannot be used: {problem}.");
        }
        return index;
    }

    private static unsafe string Text(nint platform, uint info)
    {
        nuint size;
        OpenClException.Check(clGetPlatformInfo(platform, info, 0, null, &size), "OpenCL");
        byte[] text = new byte[size];
        fixed (byte* target = text) OpenClException.Check(clGetPlatformInfo(platform, info, size, target, null), "OpenCL");
        return Encoding.UTF8.GetString(text).TrimEnd('\0').Trim();
    }
}
