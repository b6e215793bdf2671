using System.Runtime.InteropServices;
using ILGPU.Runtime.Cuda;

namespace Fovea.Gpu.Devices;

/// <summary>
/// The calls of NVIDIA's driver for graphs, which ILGPU 1.5.3 lacks (CUDA driver API, "Graph Management" and "Stream Management").
/// </summary>
internal static partial class CudaGraphApi
{
    /// <summary>CU_STREAM_CAPTURE_MODE_THREAD_LOCAL: other threads may go on with calls that a capture forbids.</summary>
    public const int CaptureThreadLocal = 1;

    private const string Library = "cuda";

    [LibraryImport(Library, EntryPoint = "cuStreamBeginCapture_v2")]
    public static partial CudaError StreamBeginCapture(nint stream, int mode);

    [LibraryImport(Library, EntryPoint = "cuStreamEndCapture")]
    public static partial CudaError StreamEndCapture(nint stream, out nint graph);

    [LibraryImport(Library, EntryPoint = "cuGraphInstantiateWithFlags")]
    public static partial CudaError GraphInstantiate(out nint executable, nint graph, ulong flags);

    [LibraryImport(Library, EntryPoint = "cuGraphLaunch")]
    public static partial CudaError GraphLaunch(nint executable, nint stream);

    [LibraryImport(Library, EntryPoint = "cuGraphExecDestroy")]
    public static partial CudaError GraphExecDestroy(nint executable);

    [LibraryImport(Library, EntryPoint = "cuDriverGetVersion")]
    public static partial CudaError DriverGetVersion(out int version);

    [LibraryImport(Library, EntryPoint = "cuGraphDestroy")]
    public static partial CudaError GraphDestroy(nint graph);

    /// <exception cref="CudaException">The call has failed.</exception>
    public static void Check(CudaError error)
    {
        if (error != CudaError.CUDA_SUCCESS) throw new CudaException(error);
    }
}
