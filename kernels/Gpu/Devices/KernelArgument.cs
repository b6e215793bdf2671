using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Fovea.Core.Memory;

namespace Fovea.Gpu.Devices;

/// <summary>An argument of a launch: a part of the device's memory, a number, or a struct of numbers.</summary>
public readonly struct KernelArgument
{
    private KernelArgument(DeviceBuffer? buffer, long offset, int length, Type? type, long bits, byte[]? bytes) =>
        (Buffer, Offset, Length, Type, Bits, Bytes) = (buffer, offset, length, type, bits, bytes);

    /// <summary>The memory of a view; null for a value.</summary>
    public DeviceBuffer? Buffer { get; }

    /// <summary>Where the view begins in its buffer, in bytes.</summary>
    public long Offset { get; }

    /// <summary>How many elements the view has.</summary>
    public int Length { get; }

    /// <summary>The type of a value, which is that of the kernel's parameter; null for a view.</summary>
    public Type? Type { get; }

    /// <summary>A number of at most eight bytes, as they lie in memory.</summary>
    public long Bits { get; }

    /// <summary>A struct larger than eight bytes, as it lies in memory.</summary>
    public byte[]? Bytes { get; }

    /// <summary>A view of a buffer.</summary>
    /// <param name="buffer">The memory.</param>
    /// <param name="offset">Where it begins, in bytes.</param>
    /// <param name="length">How many elements it has.</param>
    public static KernelArgument View(DeviceBuffer buffer, long offset, int length) => new(buffer, offset, length, null, 0, null);

    /// <summary>
    /// A number or a struct. Structs larger than eight bytes are copied to the heap: make these once, not for every launch.
    /// </summary>
    public static unsafe KernelArgument Of<T>(T value)
        where T : unmanaged
    {
        if (sizeof(T) > sizeof(long)) return new(null, 0, 0, typeof(T), 0, MemoryMarshal.AsBytes(new ReadOnlySpan<T>(ref value)).ToArray());
        long bits = 0;
        Unsafe.WriteUnaligned(&bits, value);
        return new(null, 0, 0, typeof(T), bits, null);
    }
}
