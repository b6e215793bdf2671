namespace Fovea.Compute.Memory;

/// <summary>What a device's memory is used for, in bytes.</summary>
public sealed class MemoryStatistics
{
    private readonly Lock gate = new();

    /// <summary>Bytes in live buffers.</summary>
    public long InUse { get; private set; }

    /// <summary>The most that was ever in use at once.</summary>
    public long Peak { get; private set; }

    /// <summary>The largest single request.</summary>
    public long LargestRequest { get; private set; }

    /// <summary>How many buffers are live.</summary>
    public int Buffers { get; private set; }

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

    internal void Remove(long bytes)
    {
        lock (gate)
        {
            InUse -= bytes;
            Buffers--;
        }
    }

    /// <inheritdoc/>
    public override string ToString() =>
        $"{InUse / 1048576.0:0.0} MiB in {Buffers} buffers, peak {Peak / 1048576.0:0.0} MiB, largest {LargestRequest / 1048576.0:0.0} MiB";
}
