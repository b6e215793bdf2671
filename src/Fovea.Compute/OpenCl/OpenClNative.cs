using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static Fovea.Compute.NativeLibraries;

namespace Fovea.Compute.OpenCl;

/// <summary>The calls of the OpenCL 1.2 API that are used, under their own names, so that an error can name them.</summary>
internal static unsafe partial class OpenClNative
{
    public const uint PlatformVersion = 0x0901, PlatformName = 0x0902;
    public const uint DeviceTypeInfo = 0x1000, DeviceMaxComputeUnits = 0x1002, DeviceMaxWorkGroupSize = 0x1004, DeviceMaxWorkItemSizes = 0x1005,
        DeviceMaxMemAllocSize = 0x1010, DeviceSingleFpConfig = 0x101B, DeviceGlobalMemSize = 0x101F, DeviceLocalMemSize = 0x1023,
        DeviceEndianLittle = 0x1026, DeviceAvailable = 0x1027, DeviceCompilerAvailable = 0x1028, DeviceName = 0x102B, DriverVersion = 0x102D,
        DeviceVersion = 0x102F, DeviceExtensions = 0x1030, DeviceDoubleFpConfig = 0x1032;
    public const ulong AllDevices = 0xFFFFFFFF, GpuDevice = 1 << 2, CorrectlyRoundedDivideSqrt = 1 << 7;
    public const nint ContextPlatform = 0x1084;
    public const ulong QueueProfiling = 1 << 1;
    public const ulong MemReadWrite = 1 << 0, MemAllocHostPtr = 1 << 4, MapWrite = 1 << 1, MigrateUndefined = 1 << 1;
    public const uint ProgramBinarySizes = 0x1165, ProgramBinaries = 0x1166, ProgramBuildLog = 0x1183, KernelWorkGroupSize = 0x11B0;
    public const uint CommandStart = 0x1282, CommandEnd = 0x1283;

    static OpenClNative() => RuntimeHelpers.RunClassConstructor(typeof(NativeLibraries).TypeHandle);

    [LibraryImport(OpenClLibrary)]
    public static partial int clGetPlatformIDs(uint room, nint* platforms, out uint count);

    [LibraryImport(OpenClLibrary)]
    public static partial int clGetPlatformInfo(nint platform, uint name, nuint room, void* value, nuint* size);

    [LibraryImport(OpenClLibrary)]
    public static partial int clGetDeviceIDs(nint platform, ulong type, uint room, nint* devices, out uint count);

    [LibraryImport(OpenClLibrary)]
    public static partial int clGetDeviceInfo(nint device, uint name, nuint room, void* value, nuint* size);

    [LibraryImport(OpenClLibrary)]
    public static partial ContextHandle clCreateContext(nint* properties, uint devices, nint* list, nint notify, nint data, out int error);

    [LibraryImport(OpenClLibrary)]
    public static partial int clReleaseContext(nint context);

    [LibraryImport(OpenClLibrary)]
    public static partial QueueHandle clCreateCommandQueue(ContextHandle context, nint device, ulong properties, out int error);

    [LibraryImport(OpenClLibrary)]
    public static partial int clReleaseCommandQueue(nint queue);

    [LibraryImport(OpenClLibrary)]
    public static partial nint clCreateBuffer(ContextHandle context, ulong flags, nuint bytes, void* host, out int error);

    [LibraryImport(OpenClLibrary)]
    public static partial int clReleaseMemObject(nint memory);

    [LibraryImport(OpenClLibrary)]
    public static partial ProgramHandle clCreateProgramWithSource(ContextHandle context, uint count, byte** texts, nuint* lengths, out int error);

    [LibraryImport(OpenClLibrary)]
    public static partial ProgramHandle clCreateProgramWithBinary(
        ContextHandle context, uint devices, nint* list, nuint* lengths, byte** binaries, int* status, out int error);

    [LibraryImport(OpenClLibrary)]
    public static partial int clReleaseProgram(nint program);

    [LibraryImport(OpenClLibrary, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int clBuildProgram(ProgramHandle program, uint devices, nint* list, string options, nint notify, nint data);

    [LibraryImport(OpenClLibrary)]
    public static partial int clGetProgramInfo(ProgramHandle program, uint name, nuint room, void* value, nuint* size);

    [LibraryImport(OpenClLibrary)]
    public static partial int clGetProgramBuildInfo(ProgramHandle program, nint device, uint name, nuint room, void* value, nuint* size);

    [LibraryImport(OpenClLibrary, StringMarshalling = StringMarshalling.Utf8)]
    public static partial KernelHandle clCreateKernel(ProgramHandle program, string name, out int error);

    [LibraryImport(OpenClLibrary)]
    public static partial int clReleaseKernel(nint kernel);

    [LibraryImport(OpenClLibrary)]
    public static partial int clGetKernelWorkGroupInfo(KernelHandle kernel, nint device, uint name, nuint room, void* value, nuint* size);

    [LibraryImport(OpenClLibrary)]
    public static partial int clSetKernelArg(KernelHandle kernel, uint index, nuint bytes, void* value);

    [LibraryImport(OpenClLibrary)]
    public static partial int clEnqueueNDRangeKernel(
        QueueHandle queue, KernelHandle kernel, uint dimensions, nuint* offset, nuint* global, nuint* local, uint waits, nint* waitList, nint* done);

    [LibraryImport(OpenClLibrary)]
    public static partial int clEnqueueWriteBuffer(
        QueueHandle queue, nint buffer, uint blocking, nuint offset, nuint bytes, void* source, uint waits, nint* waitList, nint* done);

    [LibraryImport(OpenClLibrary)]
    public static partial int clEnqueueReadBuffer(
        QueueHandle queue, nint buffer, uint blocking, nuint offset, nuint bytes, void* target, uint waits, nint* waitList, nint* done);

    [LibraryImport(OpenClLibrary)]
    public static partial int clEnqueueFillBuffer(
        QueueHandle queue, nint buffer, void* pattern, nuint patternBytes, nuint offset, nuint bytes, uint waits, nint* waitList, nint* done);

    [LibraryImport(OpenClLibrary)]
    public static partial int clEnqueueMigrateMemObjects(QueueHandle queue, uint count, nint* objects, ulong flags, uint waits, nint* waitList, nint* done);

    [LibraryImport(OpenClLibrary)]
    public static partial void* clEnqueueMapBuffer(
        QueueHandle queue, MemoryHandle buffer, uint blocking, ulong flags, nuint offset, nuint bytes, uint waits, nint* waitList, nint* done, out int error);

    [LibraryImport(OpenClLibrary)]
    public static partial int clEnqueueUnmapMemObject(QueueHandle queue, MemoryHandle buffer, void* pointer, uint waits, nint* waitList, nint* done);

    [LibraryImport(OpenClLibrary)]
    public static partial int clWaitForEvents(uint count, nint* events);

    [LibraryImport(OpenClLibrary)]
    public static partial int clGetEventProfilingInfo(nint done, uint name, nuint room, void* value, nuint* size);

    [LibraryImport(OpenClLibrary)]
    public static partial int clReleaseEvent(nint done);

    [LibraryImport(OpenClLibrary)]
    public static partial int clFlush(QueueHandle queue);

    [LibraryImport(OpenClLibrary)]
    public static partial int clFinish(QueueHandle queue);
}
