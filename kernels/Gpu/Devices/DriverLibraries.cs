using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;

namespace Fovea.Gpu.Devices;

/// <summary>
/// Finds the drivers' libraries under the names that their packages give them. ILGPU asks for <c>libcuda.so</c> and
/// <c>libOpenCL.so</c>, which many systems have with a version behind only.
/// </summary>
internal static class DriverLibraries
{
    private static readonly (string Part, string[] Files)[] Known =
    [
        ("cuda", ["libcuda.so.1", "nvcuda.dll"]),
        ("OpenCL", ["libOpenCL.so.1", "OpenCL.dll", "/System/Library/Frameworks/OpenCL.framework/OpenCL"]),
    ];

    static DriverLibraries() => AssemblyLoadContext.Default.ResolvingUnmanagedDll += Resolve;

    /// <summary>Whether NVIDIA's driver is installed.</summary>
    public static bool HasCuda => NativeLibrary.TryLoad("libcuda.so", out _) || Find("cuda") != 0;

    /// <summary>Whether an OpenCL loader is installed.</summary>
    public static bool HasOpenCl => NativeLibrary.TryLoad("libOpenCL.so", out _) || Find("OpenCL") != 0;

    /// <summary>Makes sure that libraries are found. Call it before ILGPU is used.</summary>
    public static void Watch()
    {
    }

    // Asked only for what was not found under its own name.
    private static nint Resolve(Assembly assembly, string name) =>
        assembly == typeof(DriverLibraries).Assembly || assembly == typeof(ILGPU.Context).Assembly ? Find(name) : 0;

    private static nint Find(string name)
    {
        foreach ((string part, string[] files) in Known)
        {
            if (!name.Contains(part, StringComparison.OrdinalIgnoreCase)) continue;
            foreach (string file in files)
            {
                if (NativeLibrary.TryLoad(file, out nint handle)) return handle;
            }
        }
        return 0;
    }
}
