namespace Fovea.Gpu.Devices;

/// <summary>
/// Where the threads of a group wait for each other on the debugging device. A waiting thread yields instead of sleeping: to wake a
/// few hundred threads of the system costs far more than the work between two barriers.
/// </summary>
/// <param name="next">Makes ready for the next group; the last thread to leave a group calls it, while the others wait.</param>
internal sealed class DebugGroup(Action next)
{
    // After so many yields the others are busy for long, and a waiting thread leaves the processor to them.
    private const int PatientYields = 1000;

    // The group that the thread belongs to, unless it runs all threads of a group by itself.
    [ThreadStatic]
    private static DebugGroup? Current;

    private int threads, live, awaited, barriers, groups;

    /// <summary>Starts groups of so many threads.</summary>
    public void Start(int threads) => this.threads = live = awaited = threads;

    /// <summary>The calling thread belongs to the group from now on.</summary>
    public void Enter() => Current = this;

    /// <summary>The calling thread belongs to no group from now on.</summary>
    public static void Alone() => Current = null;

    /// <summary>Waits for all threads of the calling thread's group that have not left it.</summary>
    /// <returns>False if the calling thread is none of such a group, and ILGPU's barrier is the one to wait at.</returns>
    public static bool Wait()
    {
        if (Current is not { } group) return false;
        int passed = Volatile.Read(ref group.barriers);
        if (!group.Arrive()) WaitWhile(ref group.barriers, passed);
        return true;
    }

    /// <summary>The calling thread has done its work in the group, and waits until all have.</summary>
    public void Leave()
    {
        int passed = Volatile.Read(ref groups);
        Interlocked.Decrement(ref live);
        _ = Arrive();
        WaitWhile(ref groups, passed);
    }

    // True for the last to arrive, which lets the others go on.
    private bool Arrive()
    {
        if (Interlocked.Decrement(ref awaited) != 0) return false;
        if (live == 0)
        {
            next();
            live = awaited = threads;
            Interlocked.Increment(ref groups);
        }
        else
        {
            awaited = live;
            Interlocked.Increment(ref barriers);
        }
        return true;
    }

    private static void WaitWhile(ref int counter, int value)
    {
        for (int yields = 0; Volatile.Read(ref counter) == value; yields++)
        {
            if (yields < PatientYields) Thread.Yield();
            else Thread.Sleep(1);
        }
    }
}
