using System.Runtime.InteropServices;
using Fovea.Core;
using Fovea.Core.Memory;

namespace Fovea.Gpu.Devices;

/// <summary>Memory in elements rather than bytes.</summary>
public static class KernelDeviceExtensions
{
    /// <summary>Allocates memory for elements. What is in it is undefined.</summary>
    /// <param name="device">Where.</param>
    /// <param name="count">How many elements.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    /// <exception cref="DeviceOutOfMemoryException">There is no more.</exception>
    public static unsafe DeviceBuffer Allocate<T>(this KernelDevice device, int count)
        where T : unmanaged
    {
        Require.NotNegative(count, "The number of elements");
        return device.Allocate((long)count * sizeof(T));
    }

    /// <summary>Allocates memory and queues a copy of values to it.</summary>
    /// <param name="device">Where.</param>
    /// <param name="values">The values; they may change once the call returns.</param>
    /// <exception cref="DeviceOutOfMemoryException">There is no more.</exception>
    public static DeviceBuffer Upload<T>(this KernelDevice device, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        DeviceBuffer buffer = device.Allocate<T>(values.Length);
        device.Write(buffer, 0, MemoryMarshal.AsBytes(values));
        return buffer;
    }

    /// <summary>Copies all elements to the host after everything queued so far.</summary>
    /// <exception cref="DeviceFailureException">Something queued has failed.</exception>
    public static unsafe T[] Download<T>(this KernelDevice device, DeviceBuffer buffer)
        where T : unmanaged
    {
        T[] values = new T[buffer.Length / sizeof(T)];
        device.Read(buffer, 0, MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }

    /// <summary>A launch argument: the whole buffer as a view.</summary>
    public static unsafe KernelArgument View<T>(this DeviceBuffer buffer)
        where T : unmanaged => KernelArgument.View(buffer, 0, checked((int)(buffer.Length / sizeof(T))));
}
