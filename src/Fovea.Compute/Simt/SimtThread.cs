using Fovea.Compute.Dialect;

namespace Fovea.Compute.Simt;

/// <summary>What a kernel that runs as plain .NET knows of its thread. An operating-system thread has one, for one kernel thread after another.</summary>
internal sealed class SimtThread(SimtTeam team)
{
    [ThreadStatic]
    private static SimtThread? Running;

    private readonly SimtArena locals = new();
    private int sharedBlocks;

    /// <exception cref="InvalidOperationException">No kernel runs on this thread.</exception>
    public static SimtThread Current => Running ?? throw new InvalidOperationException("Only a kernel that was launched on a device knows its group. Load it with Accelerator.Load and launch it.");

    public Dim3 Groups, GroupIndex, GroupSize, ThreadIndex;

    /// <summary>How many barriers the kernel thread has come to.</summary>
    public int Barriers { get; private set; }

    /// <summary>The line of the last.</summary>
    public int Line { get; private set; }

    /// <summary>Set when it is this thread's turn.</summary>
    public BatonSignal Turn { get; } = new();

    public static void Enter(SimtThread? thread) => Running = thread;

    /// <summary>Becomes the next kernel thread.</summary>
    public void Begin(Dim3 groups, Dim3 groupIndex, Dim3 groupSize, Dim3 threadIndex)
    {
        (Groups, GroupIndex, GroupSize, ThreadIndex) = (groups, groupIndex, groupSize, threadIndex);
        sharedBlocks = Barriers = 0;
        locals.Reset();
    }

    public void Barrier(int line)
    {
        Barriers++;
        Line = line;
        team.Barrier(this);
    }

    public ArrayView<T> AllocateShared<T>(int length)
        where T : unmanaged => team.Shared<T>(sharedBlocks++, length, this);

    public ArrayView<T> AllocateLocal<T>(int length)
        where T : unmanaged => locals.Allocate<T>(length);
}
