using System.Runtime.InteropServices;
using Fovea.Compute;
using Fovea.Compute.Memory;

namespace Fovea.Tests.ComputeTests;

internal static class AcceleratorExtensions
{
    public static DeviceBuffer Upload<T>(this Accelerator device, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(values);
        DeviceBuffer buffer = device.Allocate(bytes.Length);
        device.Write(buffer, 0, bytes);
        return buffer;
    }

    public static T[] Download<T>(this Accelerator device, DeviceBuffer buffer)
        where T : unmanaged
    {
        byte[] bytes = new byte[buffer.Length];
        device.Read(buffer, 0, bytes);
        return MemoryMarshal.Cast<byte, T>(bytes).ToArray();
    }

    public static unsafe KernelArgument View<T>(this DeviceBuffer buffer)
        where T : unmanaged => KernelArgument.View(buffer, 0, (int)(buffer.Length / sizeof(T)));
}
