namespace Fovea.Compute.Dialect;

/// <summary>Threads that exchange values. Where a device has no shuffles they go through shared memory, so all threads of the group must come by.</summary>
public static class Warp
{
    /// <summary>Threads of a warp.</summary>
    public const int WarpSize = 32;

    /// <summary>The thread's index in its warp.</summary>
    public static int LaneIdx => Group.LinearIndex % WarpSize;

    /// <summary>The warp's index in its group.</summary>
    public static int WarpIdx => Group.LinearIndex / WarpSize;

    /// <summary>The value of another lane.</summary>
    /// <param name="value">This thread's value.</param>
    /// <param name="lane">Whose value to take, 0 … 31.</param>
    public static T Shuffle<T>(T value, int lane)
        where T : unmanaged => Target.HasShuffle ? ShuffleRegisters(value, lane) : Exchange(value, lane);

    /// <summary>The value of the lane whose index differs in the given bits.</summary>
    public static T ShuffleXor<T>(T value, int mask)
        where T : unmanaged => Shuffle(value, LaneIdx ^ mask);

    /// <summary>The value of the lane that many places on; one's own where there is none.</summary>
    public static T ShuffleDown<T>(T value, int delta)
        where T : unmanaged => Shuffle(value, LaneIdx + delta < WarpSize ? LaneIdx + delta : LaneIdx);

    private static T Exchange<T>(T value, int lane)
        where T : unmanaged
    {
        ArrayView<T> values = SharedMemory.Allocate<T>(Group.Size);
        values[Group.LinearIndex] = value;
        Group.Barrier();
        T result = values[(WarpIdx * WarpSize) + lane];
        Group.Barrier();
        return result;
    }

    // Replaced by the compiler where Target.HasShuffle is true.
    private static T ShuffleRegisters<T>(T value, int lane)
        where T : unmanaged => throw new NotSupportedException();
}
