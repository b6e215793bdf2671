using Fovea.Core.Memory;

namespace Fovea.Core.Tests;

/// <summary>A device's memory that only counts. It can be full.</summary>
internal sealed class FakeMemory(long total = long.MaxValue, long largestBlock = long.MaxValue) : IRawMemory
{
    private readonly Dictionary<nint, long> blocks = [];
    private nint last;

    public string Device => "fake:0";

    public long Total => total;

    public long LargestBlock => largestBlock;

    public long Held => blocks.Values.Sum();

    public int Count => blocks.Count;

    public int Allocations { get; private set; }

    public int Synchronizations { get; private set; }

    /// <summary>Blocks that were freed twice or never existed.</summary>
    public int WrongFrees { get; private set; }

    public nint Allocate(long bytes)
    {
        lock (blocks)
        {
            Allocations++;
            if (bytes > largestBlock || Held + bytes > total) return 0;
            blocks.Add(++last, bytes);
            return last;
        }
    }

    public void Free(nint handle)
    {
        lock (blocks)
        {
            if (!blocks.Remove(handle)) WrongFrees++;
        }
    }

    public void Synchronize() => Synchronizations++;
}
