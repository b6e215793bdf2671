using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static Fovea.Compute.NativeLibraries;

namespace Fovea.Compute.Cuda;

/// <summary>The installed driver. A call that it does not have throws <see cref="EntryPointNotFoundException"/>.</summary>
internal sealed unsafe partial class CudaDriver : ICudaDriver
{
    public int cuInit(uint flags) => Native.cuInit(flags);
    public int cuDriverGetVersion(int* version) => Native.cuDriverGetVersion(version);
    public int cuGetErrorName(int code, byte** text) => Native.cuGetErrorName(code, text);
    public int cuGetErrorString(int code, byte** text) => Native.cuGetErrorString(code, text);
    public int cuDeviceGetCount(int* count) => Native.cuDeviceGetCount(count);
    public int cuDeviceGet(int* device, int index) => Native.cuDeviceGet(device, index);
    public int cuDeviceGetName(byte* name, int room, int device) => Native.cuDeviceGetName(name, room, device);
    public int cuDeviceTotalMem(nuint* bytes, int device) => Native.cuDeviceTotalMem(bytes, device);
    public int cuDeviceGetAttribute(int* value, int attribute, int device) => Native.cuDeviceGetAttribute(value, attribute, device);
    public int cuDevicePrimaryCtxRetain(nint* context, int device) => Native.cuDevicePrimaryCtxRetain(context, device);
    public int cuDevicePrimaryCtxRelease(int device) => Native.cuDevicePrimaryCtxRelease(device);
    public int cuCtxPushCurrent(nint context) => Native.cuCtxPushCurrent(context);
    public int cuCtxPopCurrent(nint* context) => Native.cuCtxPopCurrent(context);
    public int cuMemAlloc(nint* address, nuint bytes) => Native.cuMemAlloc(address, bytes);
    public int cuMemFree(nint address) => Native.cuMemFree(address);
    public int cuMemHostAlloc(void** memory, nuint bytes, uint flags) => Native.cuMemHostAlloc(memory, bytes, flags);
    public int cuMemFreeHost(void* memory) => Native.cuMemFreeHost(memory);
    public int cuMemcpyHtoDAsync(nint target, void* source, nuint bytes, nint stream) => Native.cuMemcpyHtoDAsync(target, source, bytes, stream);
    public int cuMemcpyDtoHAsync(void* target, nint source, nuint bytes, nint stream) => Native.cuMemcpyDtoHAsync(target, source, bytes, stream);
    public int cuMemsetD8Async(nint target, byte value, nuint bytes, nint stream) => Native.cuMemsetD8Async(target, value, bytes, stream);
    public int cuModuleLoadData(nint* module, void* image) => Native.cuModuleLoadData(module, image);
    public int cuModuleLoadDataEx(nint* module, void* image, uint options, int* names, void** values) => Native.cuModuleLoadDataEx(module, image, options, names, values);
    public int cuModuleGetFunction(nint* function, nint module, byte* name) => Native.cuModuleGetFunction(function, module, name);
    public int cuModuleUnload(nint module) => Native.cuModuleUnload(module);
    public int cuLinkCreate(uint options, int* names, void** values, nint* state) => Native.cuLinkCreate(options, names, values, state);
    public int cuLinkAddData(nint state, int type, void* data, nuint bytes, byte* name, uint options, int* names, void** values) => Native.cuLinkAddData(state, type, data, bytes, name, options, names, values);
    public int cuLinkComplete(nint state, void** cubin, nuint* bytes) => Native.cuLinkComplete(state, cubin, bytes);
    public int cuLinkDestroy(nint state) => Native.cuLinkDestroy(state);
    public int cuFuncGetAttribute(int* value, int attribute, nint function) => Native.cuFuncGetAttribute(value, attribute, function);
    public int cuFuncSetAttribute(nint function, int attribute, int value) => Native.cuFuncSetAttribute(function, attribute, value);
    public int cuOccupancyMaxActiveBlocksPerMultiprocessor(int* groups, nint function, int groupSize, nuint dynamicShared) => Native.cuOccupancyMaxActiveBlocksPerMultiprocessor(groups, function, groupSize, dynamicShared);
    public int cuLaunchKernel(nint function, uint gridX, uint gridY, uint gridZ, uint groupX, uint groupY, uint groupZ, uint dynamicShared, nint stream, void** parameters, void** extra) => Native.cuLaunchKernel(function, gridX, gridY, gridZ, groupX, groupY, groupZ, dynamicShared, stream, parameters, extra);
    public int cuStreamCreate(nint* stream, uint flags) => Native.cuStreamCreate(stream, flags);
    public int cuStreamDestroy(nint stream) => Native.cuStreamDestroy(stream);
    public int cuStreamSynchronize(nint stream) => Native.cuStreamSynchronize(stream);
    public int cuEventCreate(nint* @event, uint flags) => Native.cuEventCreate(@event, flags);
    public int cuEventDestroy(nint @event) => Native.cuEventDestroy(@event);
    public int cuEventRecord(nint @event, nint stream) => Native.cuEventRecord(@event, stream);
    public int cuEventSynchronize(nint @event) => Native.cuEventSynchronize(@event);
    public int cuEventElapsedTime(float* milliseconds, nint start, nint end) => Native.cuEventElapsedTime(milliseconds, start, end);
    public int cuStreamBeginCapture(nint stream, int mode) => Native.cuStreamBeginCapture(stream, mode);
    public int cuStreamEndCapture(nint stream, nint* graph) => Native.cuStreamEndCapture(stream, graph);
    public int cuGraphInstantiateWithFlags(nint* executable, nint graph, ulong flags) => Native.cuGraphInstantiateWithFlags(executable, graph, flags);
    public int cuGraphLaunch(nint executable, nint stream) => Native.cuGraphLaunch(executable, stream);
    public int cuGraphExecDestroy(nint executable) => Native.cuGraphExecDestroy(executable);
    public int cuGraphDestroy(nint graph) => Native.cuGraphDestroy(graph);

    /// <summary>Every parameter is as wide here as there, so that nothing is converted. A suffix is part of a call's name.</summary>
    internal static partial class Native
    {
        static Native() => RuntimeHelpers.RunClassConstructor(typeof(NativeLibraries).TypeHandle);

        [LibraryImport(CudaLibrary)]
        public static partial int cuInit(uint flags);

        [LibraryImport(CudaLibrary)]
        public static partial int cuDriverGetVersion(int* version);

        [LibraryImport(CudaLibrary)]
        public static partial int cuGetErrorName(int code, byte** text);

        [LibraryImport(CudaLibrary)]
        public static partial int cuGetErrorString(int code, byte** text);

        [LibraryImport(CudaLibrary)]
        public static partial int cuDeviceGetCount(int* count);

        [LibraryImport(CudaLibrary)]
        public static partial int cuDeviceGet(int* device, int index);

        [LibraryImport(CudaLibrary)]
        public static partial int cuDeviceGetName(byte* name, int room, int device);

        [LibraryImport(CudaLibrary, EntryPoint = "cuDeviceTotalMem_v2")]
        public static partial int cuDeviceTotalMem(nuint* bytes, int device);

        [LibraryImport(CudaLibrary)]
        public static partial int cuDeviceGetAttribute(int* value, int attribute, int device);

        [LibraryImport(CudaLibrary)]
        public static partial int cuDevicePrimaryCtxRetain(nint* context, int device);

        [LibraryImport(CudaLibrary, EntryPoint = "cuDevicePrimaryCtxRelease_v2")]
        public static partial int cuDevicePrimaryCtxRelease(int device);

        [LibraryImport(CudaLibrary, EntryPoint = "cuCtxPushCurrent_v2")]
        public static partial int cuCtxPushCurrent(nint context);

        [LibraryImport(CudaLibrary, EntryPoint = "cuCtxPopCurrent_v2")]
        public static partial int cuCtxPopCurrent(nint* context);

        [LibraryImport(CudaLibrary, EntryPoint = "cuMemAlloc_v2")]
        public static partial int cuMemAlloc(nint* address, nuint bytes);

        [LibraryImport(CudaLibrary, EntryPoint = "cuMemFree_v2")]
        public static partial int cuMemFree(nint address);

        [LibraryImport(CudaLibrary)]
        public static partial int cuMemHostAlloc(void** memory, nuint bytes, uint flags);

        [LibraryImport(CudaLibrary)]
        public static partial int cuMemFreeHost(void* memory);

        [LibraryImport(CudaLibrary, EntryPoint = "cuMemcpyHtoDAsync_v2")]
        public static partial int cuMemcpyHtoDAsync(nint target, void* source, nuint bytes, nint stream);

        [LibraryImport(CudaLibrary, EntryPoint = "cuMemcpyDtoHAsync_v2")]
        public static partial int cuMemcpyDtoHAsync(void* target, nint source, nuint bytes, nint stream);

        [LibraryImport(CudaLibrary)]
        public static partial int cuMemsetD8Async(nint target, byte value, nuint bytes, nint stream);

        [LibraryImport(CudaLibrary)]
        public static partial int cuModuleLoadData(nint* module, void* image);

        [LibraryImport(CudaLibrary)]
        public static partial int cuModuleLoadDataEx(nint* module, void* image, uint options, int* names, void** values);

        [LibraryImport(CudaLibrary)]
        public static partial int cuModuleGetFunction(nint* function, nint module, byte* name);

        [LibraryImport(CudaLibrary)]
        public static partial int cuModuleUnload(nint module);

        [LibraryImport(CudaLibrary, EntryPoint = "cuLinkCreate_v2")]
        public static partial int cuLinkCreate(uint options, int* names, void** values, nint* state);

        [LibraryImport(CudaLibrary, EntryPoint = "cuLinkAddData_v2")]
        public static partial int cuLinkAddData(nint state, int type, void* data, nuint bytes, byte* name, uint options, int* names, void** values);

        [LibraryImport(CudaLibrary)]
        public static partial int cuLinkComplete(nint state, void** cubin, nuint* bytes);

        [LibraryImport(CudaLibrary)]
        public static partial int cuLinkDestroy(nint state);

        [LibraryImport(CudaLibrary)]
        public static partial int cuFuncGetAttribute(int* value, int attribute, nint function);

        [LibraryImport(CudaLibrary)]
        public static partial int cuFuncSetAttribute(nint function, int attribute, int value);

        [LibraryImport(CudaLibrary)]
        public static partial int cuOccupancyMaxActiveBlocksPerMultiprocessor(int* groups, nint function, int groupSize, nuint dynamicShared);

        [LibraryImport(CudaLibrary)]
        public static partial int cuLaunchKernel(nint function, uint gridX, uint gridY, uint gridZ, uint groupX, uint groupY, uint groupZ, uint dynamicShared, nint stream, void** parameters, void** extra);

        [LibraryImport(CudaLibrary)]
        public static partial int cuStreamCreate(nint* stream, uint flags);

        [LibraryImport(CudaLibrary, EntryPoint = "cuStreamDestroy_v2")]
        public static partial int cuStreamDestroy(nint stream);

        [LibraryImport(CudaLibrary)]
        public static partial int cuStreamSynchronize(nint stream);

        [LibraryImport(CudaLibrary)]
        public static partial int cuEventCreate(nint* @event, uint flags);

        [LibraryImport(CudaLibrary, EntryPoint = "cuEventDestroy_v2")]
        public static partial int cuEventDestroy(nint @event);

        [LibraryImport(CudaLibrary)]
        public static partial int cuEventRecord(nint @event, nint stream);

        [LibraryImport(CudaLibrary)]
        public static partial int cuEventSynchronize(nint @event);

        [LibraryImport(CudaLibrary)]
        public static partial int cuEventElapsedTime(float* milliseconds, nint start, nint end);

        [LibraryImport(CudaLibrary, EntryPoint = "cuStreamBeginCapture_v2")]
        public static partial int cuStreamBeginCapture(nint stream, int mode);

        [LibraryImport(CudaLibrary)]
        public static partial int cuStreamEndCapture(nint stream, nint* graph);

        [LibraryImport(CudaLibrary)]
        public static partial int cuGraphInstantiateWithFlags(nint* executable, nint graph, ulong flags);

        [LibraryImport(CudaLibrary)]
        public static partial int cuGraphLaunch(nint executable, nint stream);

        [LibraryImport(CudaLibrary)]
        public static partial int cuGraphExecDestroy(nint executable);

        [LibraryImport(CudaLibrary)]
        public static partial int cuGraphDestroy(nint graph);
    }
}
