namespace Fovea.Core.Memory;

/// <summary>What a device's memory is used for, in bytes.</summary>
public sealed class MemoryStatistics
{
    private readonly Lock gate = new();

    /// <summary>Bytes in live buffers, as they were asked for.</summary>
    public long InUse { get; private set; }

    /// <summary>Bytes of blocks that are kept to be used again.</summary>
    public long Cached { get; internal set; }

    /// <summary>Bytes taken from the device: live, cached, and what rounding to size classes adds.</summary>
    public long Reserved { get; internal set; }

    /// <summary>The most that was ever in use at once.</summary>
    public long Peak { get; private set; }

    /// <summary>The largest single request.</summary>
    public long LargestRequest { get; private set; }

    /// <summary>How many buffers are live.</summary>
    public int Buffers { get; private set; }

    /// <summary>How many buffers were never disposed and came back only when they were collected as garbage.</summary>
    public int Leaked { get; private set; }

    internal void Add(long bytes)
    {
        lock (gate)
        {
            InUse += bytes;
            Buffers++;
            Peak = Math.Max(Peak, InUse);
            LargestRequest = Math.Max(LargestRequest, bytes);
        }
    }

    internal void Remove(long bytes, bool leaked = false)
    {
        lock (gate)
        {
            InUse -= bytes;
            Buffers--;
            if (leaked) Leaked++;
        }
    }

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Size(InUse)} in {Buffers} buffers, {Size(Cached)} cached, peak {Size(Peak)}, largest {Size(LargestRequest)}";

    internal static string Size(long bytes) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.0} MiB");
}
