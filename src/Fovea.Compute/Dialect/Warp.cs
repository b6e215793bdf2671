namespace Fovea.Compute.Dialect;

/// <summary>Threads that exchange values: 32 with consecutive linear indices.</summary>
/// <remarks>
/// Where a device has no shuffles values go through shared memory, so all threads of the group must come by. The last warp of a group
/// whose size is no multiple of 32 lacks lanes; their values must not be asked for.
/// </remarks>
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
    /// <param name="lane">Whose value to take, modulo 32.</param>
    public static T Shuffle<T>(T value, int lane)
        where T : unmanaged => Target.HasShuffle ? ShuffleRegisters(value, lane) : Exchange(value, lane);

    /// <summary>The value of the lane whose index differs in the given bits.</summary>
    public static T ShuffleXor<T>(T value, int mask)
        where T : unmanaged => Shuffle(value, LaneIdx ^ mask);

    /// <summary>The value of the lane that many places on; one's own where there is none.</summary>
    public static T ShuffleDown<T>(T value, int delta)
        where T : unmanaged => Shuffle(value, LaneIdx + delta < WarpSize && Group.LinearIndex + delta < Group.Size ? LaneIdx + delta : LaneIdx);

    /// <summary>The value of the lane that many places before; one's own where there is none.</summary>
    public static T ShuffleUp<T>(T value, int delta)
        where T : unmanaged => Shuffle(value, LaneIdx >= delta ? LaneIdx - delta : LaneIdx);

    /// <summary>The sum over a full warp, in every lane; added pairwise, lanes 16 apart first.</summary>
    public static float Sum(float value)
    {
        value += ShuffleXor(value, 16);
        value += ShuffleXor(value, 8);
        value += ShuffleXor(value, 4);
        value += ShuffleXor(value, 2);
        return value + ShuffleXor(value, 1);
    }

    /// <summary>The largest value of a full warp, in every lane; NaN if there is one.</summary>
    public static float Max(float value)
    {
        value = MathF.Max(value, ShuffleXor(value, 16));
        value = MathF.Max(value, ShuffleXor(value, 8));
        value = MathF.Max(value, ShuffleXor(value, 4));
        value = MathF.Max(value, ShuffleXor(value, 2));
        return MathF.Max(value, ShuffleXor(value, 1));
    }

    private static T Exchange<T>(T value, int lane)
        where T : unmanaged
    {
        ArrayView<T> values = SharedMemory.Allocate<T>(Group.Size);
        values[Group.LinearIndex] = value;
        Group.Barrier();
        T result = values[(WarpIdx * WarpSize) + (lane & (WarpSize - 1))];
        Group.Barrier();
        return result;
    }

    // Replaced by the compiler where Target.HasShuffle is true.
    private static T ShuffleRegisters<T>(T value, int lane)
        where T : unmanaged => throw new NotSupportedException();
}
