using System.Runtime.InteropServices;

namespace Fovea.Compute;

/// <summary>Finds drivers' libraries by the names they have on each system. A machine without them still runs everything else.</summary>
internal static class NativeLibraries
{
    /// <summary>The library that lists and loads OpenCL drivers.</summary>
    public const string OpenClLibrary = "OpenCL";

    /// <summary>The driver of NVIDIA's cards.</summary>
    public const string CudaLibrary = "cuda";

    /// <summary>The environment variable that names another file as the driver of NVIDIA's cards.</summary>
    public const string CudaVariable = "FOVEA_LIBCUDA";

    private static readonly Dictionary<string, string[]> Files = new()
    {
        [CudaLibrary] = Environment.GetEnvironmentVariable(CudaVariable) is { Length: > 0 } file ? [file]
            : OperatingSystem.IsWindows() ? ["nvcuda.dll"]
            : ["libcuda.so.1", "libcuda.so"],
        [OpenClLibrary] = OperatingSystem.IsWindows() ? ["OpenCL.dll"]
            : OperatingSystem.IsMacOS() ? ["/System/Library/Frameworks/OpenCL.framework/OpenCL"]
            : ["libOpenCL.so.1", "libOpenCL.so"],
    };

    // An assembly can have one resolver only, so every driver's library is looked up here.
    static NativeLibraries() => NativeLibrary.SetDllImportResolver(typeof(NativeLibraries).Assembly, (name, _, _) => TryLoad(name, out nint handle) ? handle : 0);

    /// <summary>The file that is looked for first.</summary>
    public static string FileName(string library) => Files[library][0];

    /// <summary>Loads a library if it is there.</summary>
    public static bool TryLoad(string library, out nint handle)
    {
        handle = 0;
        foreach (string file in Files.GetValueOrDefault(library, []))
        {
            if (NativeLibrary.TryLoad(file, out handle)) return true;
        }
        return false;
    }
}
