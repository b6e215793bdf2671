using System.Runtime.InteropServices;

namespace Fovea.Tests.ComputeTests.Cuda;

internal sealed unsafe partial class FakeCudaDriver
{
    private readonly Dictionary<nint, long> blocks = [];
    private readonly Dictionary<nint, nint> pinned = [];

    public long Allocated
    {
        get
        {
            lock (gate) return blocks.Values.Sum();
        }
    }

    /// <summary>What new memory holds; null to leave it alone.</summary>
    public byte? Poison { get; init; }

    public int cuMemAlloc(nint* address, nuint bytes)
    {
        if (Enter() is var code and not 0) return code;
        if (Prohibited()) return CaptureUnsupported;
        lock (gate)
        {
            if (Allocated + (long)bytes > Cards[0].Memory) return OutOfMemory;
            *address = (nint)Machine.Allocate((long)bytes);
            if (Poison is { } poison) Machine.Memory.Find((ulong)*address, (long)bytes)!.Data.AsSpan().Fill(poison);
            blocks.Add(*address, (long)bytes);
            live.Add(*address, $"{bytes} bytes");
            return 0;
        }
    }

    public int cuMemFree(nint address)
    {
        if (Enter() is var code and not 0) return code;
        RunAll();
        lock (gate)
        {
            if (!blocks.Remove(address)) return InvalidValue;
            live.Remove(address);
            Machine.Free((ulong)address);
            return 0;
        }
    }

    public int cuMemHostAlloc(void** memory, nuint bytes, uint flags)
    {
        if (Enter() is var code and not 0) return code;
        *memory = NativeMemory.Alloc(bytes);
        lock (gate) pinned.Add((nint)(*memory), New("pinned memory"));
        return 0;
    }

    public int cuMemFreeHost(void* memory)
    {
        if (Enter() is var code and not 0) return code;
        RunAll();
        lock (gate)
        {
            if (!pinned.Remove((nint)memory, out nint handle)) return InvalidValue;
            NativeMemory.Free(memory);
            return Drop(handle, "pinned memory");
        }
    }

    public int cuMemcpyHtoDAsync(nint target, void* source, nuint bytes, nint stream)
    {
        if (Enter() is var code and not 0) return code;
        if (Machine.Memory.Find((ulong)target, (long)bytes) is null || !IsPinned(source)) return InvalidValue;
        return Queue(stream, () => Machine.Memory.Write((ulong)target, new ReadOnlySpan<byte>(source, (int)bytes)));
    }

    public int cuMemcpyDtoHAsync(void* target, nint source, nuint bytes, nint stream)
    {
        if (Enter() is var code and not 0) return code;
        if (Machine.Memory.Find((ulong)source, (long)bytes) is null || !IsPinned(target)) return InvalidValue;
        return Queue(stream, () => Machine.Memory.Read((ulong)source, new Span<byte>(target, (int)bytes)));
    }

    public int cuMemsetD8Async(nint target, byte value, nuint bytes, nint stream)
    {
        if (Enter() is var code and not 0) return code;
        if (Machine.Memory.Find((ulong)target, (long)bytes) is null) return InvalidValue;
        return Queue(stream, () =>
        {
            byte[] values = new byte[bytes];
            Array.Fill(values, value);
            Machine.Memory.Write((ulong)target, values);
        });
    }

    // Copies that are to run by themselves need memory that cannot move.
    private bool IsPinned(void* memory)
    {
        lock (gate) return pinned.Keys.Any(start => (nint)memory >= start && (nint)memory < start + (16 << 20));
    }
}
