using System.Globalization;
using System.Runtime.InteropServices;
using Fovea.Compute.Compiler;
using static Fovea.Compute.Cuda.CudaNumbers;

namespace Fovea.Compute.Cuda;

/// <summary>A card that can be opened.</summary>
public sealed unsafe class CudaDevice
{
    internal CudaDevice(ICudaDriver driver, int handle, int index, int driverVersion)
    {
        (Driver, Handle, Index) = (driver, handle, index);
        byte* text = stackalloc byte[256];
        nuint memory;
        CudaDevices.Check(driver, driver.cuDeviceGetName(text, 255, handle), index);
        CudaDevices.Check(driver, driver.cuDeviceTotalMem(&memory, handle), index);
        string name = Marshal.PtrToStringUTF8((nint)text)!;
        Capability = new Version(Attribute(CapabilityMajor), Attribute(CapabilityMinor));
        Target = CudaVersions.Target((Capability.Major * 10) + Capability.Minor, driverVersion);
        MaxGroup = new Dim3(Attribute(MaxGroupX), Attribute(MaxGroupY), Attribute(MaxGroupZ));
        MaxGrid = new Dim3(Attribute(MaxGridX), Attribute(MaxGridY), Attribute(MaxGridZ));
        UnitThreads = Attribute(CudaNumbers.UnitThreads);
        // What a group has without asking is less; drivers that know no more say 0.
        int shared = Math.Max(Attribute(SharedBytes), Attribute(SharedBytesOptIn));
        string version = CudaVersions.Name(driverVersion);
        Info = new AcceleratorInfo(string.Create(CultureInfo.InvariantCulture, $"cuda:{index}"), $"{name}, compute capability {Capability}, driver for CUDA {version}",
            (long)memory, Attribute(Multiprocessors), Attribute(MaxGroupSize), shared, IsGpu: true);
        Identity = string.Create(CultureInfo.InvariantCulture, $"cuda|{name}|{Capability}|{version}|{Target}");
    }

    /// <summary>Its number among the cards that the driver shows.</summary>
    public int Index { get; }

    /// <summary>What is known of it.</summary>
    public AcceleratorInfo Info { get; }

    /// <summary>Its compute capability, such as 8.6.</summary>
    public Version Capability { get; }

    internal ICudaDriver Driver { get; }

    internal int Handle { get; }

    /// <summary>Which PTX is written for it; null if there is none that both it and the compiler know.</summary>
    internal PtxTarget? Target { get; }

    /// <summary>Card, driver and target: what a compiled kernel depends on.</summary>
    internal string Identity { get; }

    /// <summary>The most threads of a group along each axis.</summary>
    internal Dim3 MaxGroup { get; }

    /// <summary>The most groups along each axis.</summary>
    internal Dim3 MaxGrid { get; }

    /// <summary>The most threads of a multiprocessor.</summary>
    internal int UnitThreads { get; }

    internal string? Problem => Attribute(ComputeMode) == ComputeModeProhibited ? "its compute mode prohibits contexts (nvidia-smi -c 0 allows them)"
        : Target is null ? $"kernels need compute capability {PtxTarget.LowestSm / 10}.{PtxTarget.LowestSm % 10} and a driver for CUDA 10.0"
        : null;

    private int Attribute(int attribute)
    {
        int value;
        CudaDevices.Check(Driver, Driver.cuDeviceGetAttribute(&value, attribute, Handle), Index);
        return value;
    }
}
