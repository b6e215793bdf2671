using System.Text;
using Fovea.Compute.Compiler;
using static Fovea.Compute.OpenCl.OpenClNative;

namespace Fovea.Compute.OpenCl;

/// <summary>An OpenCL device that can be opened.</summary>
public sealed unsafe class OpenClDevice
{
    private OpenClDevice(nint platform, nint handle, int index, AcceleratorInfo info, string identity) =>
        (Platform, Handle, Index, Info, Identity) = (platform, handle, index, info, identity);

    /// <summary>Its number, counted over all platforms.</summary>
    public int Index { get; }

    /// <summary>What is known of it.</summary>
    public AcceleratorInfo Info { get; }

    internal nint Platform { get; }

    internal nint Handle { get; }

    /// <summary>Device, platform, their versions and the options of its compiler: what a compiled kernel depends on.</summary>
    internal string Identity { get; }

    internal string BuildOptions { get; private init; } = "";

    internal OpenClTarget Target { get; private init; } = new(false, false);

    /// <summary>The largest single block of memory that the driver promises, in bytes; it may give larger ones.</summary>
    internal long MaxAllocation { get; private init; }

    /// <summary>The most threads of a group along each axis.</summary>
    internal Dim3 MaxGroup { get; private init; }

    internal static OpenClDevice Describe(nint platform, string platformName, nint device, int index, out string? problem)
    {
        string name = Text(device, DeviceName), version = Text(device, DeviceVersion), driver = Text(device, DriverVersion);
        var info = new AcceleratorInfo($"opencl:{index}", $"{name}, {platformName}, driver {driver}", (long)Value<ulong>(device, DeviceGlobalMemSize),
            (int)Value<uint>(device, DeviceMaxComputeUnits), (int)Value<nuint>(device, DeviceMaxWorkGroupSize),
            (int)Math.Min(int.MaxValue, Value<ulong>(device, DeviceLocalMemSize)), (Value<ulong>(device, DeviceTypeInfo) & GpuDevice) != 0);
        // CL_DEVICE_VERSION is "OpenCL major.minor …".
        problem = Value<uint>(device, DeviceAvailable) == 0 ? "it is not available"
            : Value<uint>(device, DeviceCompilerAvailable) == 0 ? "it has no compiler"
            : Value<uint>(device, DeviceEndianLittle) == 0 ? "its byte order is not the host's"
            : version.Split(' ') is not ["OpenCL", var number, ..] || !Version.TryParse(number, out Version? parsed) || parsed < new Version(1, 2)
                ? $"it is '{version}', and OpenCL 1.2 is needed"
            : null;
        string options = "-cl-std=CL1.2";
        if ((Value<ulong>(device, DeviceSingleFpConfig) & CorrectlyRoundedDivideSqrt) != 0) options += " -cl-fp32-correctly-rounded-divide-sqrt";
        string[] extensions = Text(device, DeviceExtensions).Split(' ');
        nuint* sizes = stackalloc nuint[8];
        OpenClException.Check(clGetDeviceInfo(device, DeviceMaxWorkItemSizes, (nuint)(8 * sizeof(nuint)), sizes, null), info.Name);
        return new(platform, device, index, info, $"{name}|{platformName}|{version}|{driver}|{options}")
        {
            BuildOptions = options,
            Target = new OpenClTarget(extensions.Contains("cl_khr_fp64"), extensions.Contains("cl_khr_int64_base_atomics")),
            MaxAllocation = (long)Value<ulong>(device, DeviceMaxMemAllocSize),
            MaxGroup = new Dim3((int)sizes[0], (int)sizes[1], (int)sizes[2]),
        };
    }

    private static T Value<T>(nint device, uint info)
        where T : unmanaged
    {
        T value = default;
        OpenClException.Check(clGetDeviceInfo(device, info, (nuint)sizeof(T), &value, null), "OpenCL");
        return value;
    }

    private static string Text(nint device, uint info)
    {
        nuint size;
        OpenClException.Check(clGetDeviceInfo(device, info, 0, null, &size), "OpenCL");
        byte[] text = new byte[size];
        fixed (byte* target = text) OpenClException.Check(clGetDeviceInfo(device, info, size, target, null), "OpenCL");
        return Encoding.UTF8.GetString(text).TrimEnd('\0').Trim();
    }
}
