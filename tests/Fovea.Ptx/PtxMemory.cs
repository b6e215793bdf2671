namespace Fovea.Ptx;

/// <summary>A buffer in global memory.</summary>
internal sealed class Allocation(ulong start, int length)
{
    private Shadow? shadow;

    public ulong Start { get; } = start;
    public int Length { get; } = length;
    public byte[] Data { get; } = new byte[length];
    public Shadow Shadow => shadow ?? LazyInitializer.EnsureInitialized(ref shadow, () => new Shadow(Length));
}

/// <summary>
/// Global memory: buffers with addresses that are no better aligned than a driver promises, with gaps between them, never used twice.
/// </summary>
public sealed class PtxMemory
{
    /// <summary>What a driver promises, in bytes.</summary>
    public const int Alignment = 256;

    private const ulong Gap = 1 << 20;
    private readonly SortedList<ulong, Allocation> live = [];
    private readonly Dictionary<ulong, int> freed = [];
    private Allocation[] byAddress = [];
    private ulong next = 0x7F00_0000_0000;

    internal IEnumerable<Allocation> Live => live.Values;

    public ulong Allocate(long bytes)
    {
        if (bytes <= 0 || bytes > Array.MaxLength)
            throw new PtxException(PtxError.Launch, $"a buffer of {bytes} bytes cannot be allocated");
        // An odd multiple of the alignment.
        ulong start = next + Alignment;
        next = (start + (ulong)bytes + 2 * Gap - 1) & ~(Gap - 1);
        live.Add(start, new Allocation(start, (int)bytes));
        byAddress = [.. live.Values];
        return start;
    }

    public void Free(ulong address)
    {
        if (!live.Remove(address, out Allocation? gone))
            throw new PtxException(PtxError.OutOfBounds,
                $"0x{address:x} is not the start of a buffer{(freed.ContainsKey(address) ? ", it was freed" : "")}");
        byAddress = [.. live.Values];
        freed[address] = gone.Length;
    }

    /// <summary>The buffer that holds all of these bytes, or null.</summary>
    internal Allocation? Find(ulong address, long bytes)
    {
        Allocation[] all = byAddress;
        int low = 0, high = all.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) >> 1;
            Allocation a = all[middle];
            if (address < a.Start)
                high = middle - 1;
            else if (address - a.Start >= (ulong)a.Length)
                low = middle + 1;
            else
                return (long)(address - a.Start) + bytes <= a.Length ? a : null;
        }
        return null;
    }

    /// <summary>Copies from the host; what is written counts as initialised.</summary>
    public void Write(ulong address, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length == 0)
            return;
        Span<byte> target = Range(address, bytes.Length, out Allocation buffer);
        bytes.CopyTo(target);
        buffer.Shadow.Mark((long)(address - buffer.Start), bytes.Length, initialised: true);
    }

    public void Read(ulong address, Span<byte> bytes)
    {
        if (bytes.Length > 0)
            Range(address, bytes.Length, out _).CopyTo(bytes);
    }

    public void Fill(ulong address, byte value, long bytes)
    {
        if (bytes == 0)
            return;
        Range(address, bytes, out Allocation buffer).Fill(value);
        buffer.Shadow.Mark((long)(address - buffer.Start), bytes, initialised: true);
    }

    /// <summary>Copies within the device; what held nothing holds nothing there either.</summary>
    public void Copy(ulong target, ulong source, long bytes)
    {
        if (bytes == 0)
            return;
        Span<byte> to = Range(target, bytes, out Allocation toBuffer);
        Range(source, bytes, out Allocation fromBuffer).CopyTo(to);
        toBuffer.Shadow.CopyFrom(fromBuffer.Shadow, (long)(source - fromBuffer.Start), (long)(target - toBuffer.Start), bytes);
    }

    /// <summary>Says that bytes hold nothing: a pool calls this when it lends a block again.</summary>
    public void Forget(ulong address, long bytes)
    {
        if (bytes == 0)
            return;
        Range(address, bytes, out Allocation buffer);
        buffer.Shadow.Mark((long)(address - buffer.Start), bytes, initialised: false);
    }

    /// <summary>Where an address lies, in words.</summary>
    public string Describe(ulong address)
    {
        foreach ((ulong start, int length) in freed)
            if (address >= start && address - start < (ulong)length)
                return $"0x{address:x} lies in a buffer of {length} bytes that was freed";
        if (live.Values.MinBy(a => Distance(a, address)) is not { } nearest)
            return $"0x{address:x} lies nowhere: there is no buffer";
        long offset = (long)(address - nearest.Start);
        return $"0x{address:x} lies at offset {offset} of the nearest buffer, 0x{nearest.Start:x} of {nearest.Length} bytes";
    }

    private static ulong Distance(Allocation a, ulong address) =>
        address < a.Start ? a.Start - address : address - a.Start < (ulong)a.Length ? 0 : address - a.Start - (ulong)a.Length;

    private Span<byte> Range(ulong address, long bytes, out Allocation buffer)
    {
        buffer = (bytes >= 0 ? Find(address, bytes) : null)
            ?? throw new PtxException(PtxError.OutOfBounds, $"{bytes} bytes at {Describe(address)}");
        return buffer.Data.AsSpan((int)(address - buffer.Start), (int)bytes);
    }
}
