namespace Fovea.Ptx;

internal enum ShadowFault
{
    None,
    Uninitialised,
    Race,
}

/// <summary>Who touches memory, when, and what came before for certain.</summary>
internal struct Actor
{
    /// <summary>Block (32 bits), clock of the warp (20), atomic (1), thread (11).</summary>
    public ulong Tag;

    /// <summary>Records below are of former launches, or for shared memory of former blocks.</summary>
    public ulong Floor;

    /// <summary>Records of this block below are from before its last barrier.</summary>
    public ulong BarrierFloor;

    /// <summary>Bytes whose last write lies below hold nothing.</summary>
    public ulong Initialised;
}

/// <summary>
/// Knows for each word of an array (each byte, once narrower accesses come) who wrote and who read it last; finds races and reads of
/// what nobody wrote. Two accesses race if they come from different threads, one writes, not both are atomic, and no barrier lies between.
/// </summary>
internal sealed class Shadow(int bytes)
{
    public const int ThreadBits = 11, ClockShift = 12, BlockShift = 32;
    public const int ClockLimit = 1 << (BlockShift - ClockShift);

    /// <summary>What the host wrote: initialised, and before everything else.</summary>
    public const ulong HostMark = 1UL << BlockShift;

    private const ulong Atomic = 1 << ThreadBits;
    private const ulong CodeMask = (1 << ThreadBits) - 1;
    private const ulong SeveralInWarp = 1024, SeveralWarps = 1056, SeveralBlocks = 1057;

    private ulong[] writes = new ulong[(bytes + 3) / 4];
    private ulong[] reads = new ulong[(bytes + 3) / 4];
    private int shift = 2;

    /// <summary>The record that the last fault was about.</summary>
    [field: ThreadStatic]
    public static ulong Other { get; private set; }

    public static string Describe(ulong record, ulong own)
    {
        string kind = (record & Atomic) != 0 ? " (atomically)" : "";
        if ((record & CodeMask) == SeveralBlocks)
            return $"several blocks{kind}";
        if (record >> BlockShift != own >> BlockShift)
            return $"another block{kind}";
        ulong code = record & CodeMask;
        return code switch
        {
            >= SeveralWarps => $"several warps{kind}",
            >= SeveralInWarp => $"several threads of warp {code - SeveralInWarp}{kind}",
            _ => $"thread {code}{kind}",
        };
    }

    public ShadowFault Read(int offset, int size, in Actor me)
    {
        if (size < 4 && shift != 0)
            Refine();
        int last = (offset + size - 1) >> shift;
        for (int i = offset >> shift; i <= last; i++)
        {
            ulong write = writes[i];
            if (write < me.Initialised)
                return ShadowFault.Uninitialised;
            if (write >= me.Floor && Conflicts(write, me))
                return Fault(write);
            ulong read = reads[i];
            if (read != me.Tag)
                reads[i] = read < me.Floor ? me.Tag : Merge(read, me);
        }
        return ShadowFault.None;
    }

    public ShadowFault Write(int offset, int size, in Actor me)
    {
        if (size < 4 && shift != 0)
            Refine();
        int last = (offset + size - 1) >> shift;
        for (int i = offset >> shift; i <= last; i++)
        {
            ulong write = writes[i], read = reads[i];
            if (write >= me.Floor && Conflicts(write, me))
                return Fault(write);
            if (read >= me.Floor && Conflicts(read, me))
                return Fault(read);
            writes[i] = (me.Tag & Atomic) == 0 || write < me.Floor ? me.Tag : Merge(write, me);
        }
        return ShadowFault.None;
    }

    /// <summary>Whether a write would race with what came before; notes nothing.</summary>
    public ShadowFault Check(int offset, int size, in Actor me)
    {
        int last = (offset + size - 1) >> shift;
        for (int i = offset >> shift; i <= last; i++)
        {
            if (writes[i] >= me.Floor && Conflicts(writes[i], me))
                return Fault(writes[i]);
            if (reads[i] >= me.Floor && Conflicts(reads[i], me))
                return Fault(reads[i]);
        }
        return ShadowFault.None;
    }

    /// <summary>An atomic read-modify-write.</summary>
    public ShadowFault Update(int offset, int size, in Actor me)
    {
        for (int i = offset >> shift; i <= (offset + size - 1) >> shift; i++)
            if (writes[i] < me.Initialised)
                return ShadowFault.Uninitialised;
        return Write(offset, size, me);
    }

    /// <summary>Notes that the host wrote bytes, or that they hold nothing again.</summary>
    public void Mark(long offset, long size, bool initialised)
    {
        if (shift != 0 && (offset % 4 != 0 || size % 4 != 0 && offset + size != bytes))
            Refine();
        int first = (int)(offset >> shift), end = (int)((offset + size + (1 << shift) - 1) >> shift);
        System.Array.Fill(writes, initialised ? HostMark : 0, first, end - first);
        System.Array.Clear(reads, first, end - first);
    }

    /// <summary>Takes over which bytes hold something.</summary>
    public void CopyFrom(Shadow source, long from, long to, long size)
    {
        if (shift != 0)
            Refine();
        if (source.shift != 0)
            source.Refine();
        for (long i = 0; i < size; i++)
        {
            writes[to + i] = source.writes[from + i] == 0 ? 0 : HostMark;
            reads[to + i] = 0;
        }
    }

    /// <summary>From a record a word to a record a byte.</summary>
    public void Refine()
    {
        if (shift == 0)
            return;
        ulong[] Spread(ulong[] words)
        {
            var result = new ulong[words.Length * 4];
            for (int i = 0; i < result.Length; i++)
                result[i] = words[i >> 2];
            return result;
        }
        writes = Spread(writes);
        reads = Spread(reads);
        shift = 0;
    }

    private static ShadowFault Fault(ulong record)
    {
        Other = record;
        return ShadowFault.Race;
    }

    private static bool Conflicts(ulong record, in Actor me)
    {
        if (((record ^ me.Tag) & ~((ulong)(ClockLimit - 1) << ClockShift | Atomic)) == 0 || (record & me.Tag & Atomic) != 0)
            return false;
        ulong code = record & CodeMask;
        if (code == SeveralBlocks || record >> BlockShift != me.Tag >> BlockShift)
            return true;
        if (record < me.BarrierFloor)
            return false;
        return code == SeveralWarps || WarpOf(code) != WarpOf(me.Tag & CodeMask) || Clock(record) >= Clock(me.Tag);
    }

    /// <summary>The record of an earlier access and of this one together.</summary>
    private static ulong Merge(ulong record, in Actor me)
    {
        ulong code = record & CodeMask, own = me.Tag & CodeMask, plain = me.Tag & ~CodeMask;
        if ((record & Atomic) == 0)
            plain &= ~Atomic;
        if (code == SeveralBlocks || record >> BlockShift != me.Tag >> BlockShift)
            return plain | SeveralBlocks;
        if (record < me.BarrierFloor)
            return me.Tag;
        if (code == own)
            return plain | own;
        if (code == SeveralWarps || WarpOf(code) != WarpOf(own))
            return plain | SeveralWarps;
        return Clock(record) < Clock(me.Tag) ? me.Tag : plain | SeveralInWarp | WarpOf(own);
    }

    private static ulong WarpOf(ulong code) => code < SeveralInWarp ? code >> 5 : code - SeveralInWarp;

    private static ulong Clock(ulong record) => record >> ClockShift & (ClockLimit - 1);
}
