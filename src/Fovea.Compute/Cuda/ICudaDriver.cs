namespace Fovea.Compute.Cuda;

/// <summary>
/// The calls of the CUDA driver that are used, under their own names, so that an error can name them. Each gives the driver's return
/// code. Contexts, streams, events, modules, functions, graphs and device addresses are what the driver hands out.
/// </summary>
internal unsafe interface ICudaDriver
{
    // Driver and devices.
    int cuInit(uint flags);
    int cuDriverGetVersion(int* version);
    int cuGetErrorName(int code, byte** text);
    int cuGetErrorString(int code, byte** text);
    int cuDeviceGetCount(int* count);
    int cuDeviceGet(int* device, int index);
    int cuDeviceGetName(byte* name, int room, int device);
    int cuDeviceTotalMem(nuint* bytes, int device);
    int cuDeviceGetAttribute(int* value, int attribute, int device);

    // Contexts.
    int cuDevicePrimaryCtxRetain(nint* context, int device);
    int cuDevicePrimaryCtxRelease(int device);
    int cuCtxPushCurrent(nint context);
    int cuCtxPopCurrent(nint* context);

    // Memory.
    int cuMemAlloc(nint* address, nuint bytes);
    int cuMemFree(nint address);
    int cuMemHostAlloc(void** memory, nuint bytes, uint flags);
    int cuMemFreeHost(void* memory);
    int cuMemcpyHtoDAsync(nint target, void* source, nuint bytes, nint stream);
    int cuMemcpyDtoHAsync(void* target, nint source, nuint bytes, nint stream);
    int cuMemsetD8Async(nint target, byte value, nuint bytes, nint stream);

    // Modules and functions.
    int cuModuleLoadData(nint* module, void* image);
    int cuModuleLoadDataEx(nint* module, void* image, uint options, int* names, void** values);
    int cuModuleGetFunction(nint* function, nint module, byte* name);
    int cuModuleUnload(nint module);
    int cuLinkCreate(uint options, int* names, void** values, nint* state);
    int cuLinkAddData(nint state, int type, void* data, nuint bytes, byte* name, uint options, int* names, void** values);
    int cuLinkComplete(nint state, void** cubin, nuint* bytes);
    int cuLinkDestroy(nint state);
    int cuFuncGetAttribute(int* value, int attribute, nint function);
    int cuFuncSetAttribute(nint function, int attribute, int value);
    int cuOccupancyMaxActiveBlocksPerMultiprocessor(int* groups, nint function, int groupSize, nuint dynamicShared);
    int cuLaunchKernel(nint function, uint gridX, uint gridY, uint gridZ, uint groupX, uint groupY, uint groupZ, uint dynamicShared, nint stream, void** parameters, void** extra);

    // Streams and events.
    int cuStreamCreate(nint* stream, uint flags);
    int cuStreamDestroy(nint stream);
    int cuStreamSynchronize(nint stream);
    int cuEventCreate(nint* @event, uint flags);
    int cuEventDestroy(nint @event);
    int cuEventRecord(nint @event, nint stream);
    int cuEventSynchronize(nint @event);
    int cuEventElapsedTime(float* milliseconds, nint start, nint end);

    // Graphs.
    int cuStreamBeginCapture(nint stream, int mode);
    int cuStreamEndCapture(nint stream, nint* graph);
    int cuGraphInstantiateWithFlags(nint* executable, nint graph, ulong flags);
    int cuGraphLaunch(nint executable, nint stream);
    int cuGraphExecDestroy(nint executable);
    int cuGraphDestroy(nint graph);
}
