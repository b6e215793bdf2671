using Fovea.Compute.Dialect;

namespace Fovea.Compute.Simt;

/// <summary>Runs groups, one at a time and of each group one thread at a time, in the order of their indices.</summary>
/// <remarks>
/// <para>Kernel threads run one after another on the caller's thread for as long as none comes to a barrier. One that does keeps
/// its operating-system thread and its stack, and another operating-system thread goes on. So a kernel without barriers is a plain
/// loop, and one with barriers takes as many operating-system threads as a group has threads.</para>
/// <para>Whoever runs holds the baton; everything in here belongs to the holder.</para>
/// </remarks>
internal sealed class SimtTeam : IDisposable
{
    private const int StackBytes = 256 << 10;

    private readonly SimtThread leader;
    private readonly int processor = ProcessorAffinity.Choose();
    private readonly List<SimtThread> runners = [];
    private readonly Stack<SimtThread> idle = [];
    private readonly SimtArena arena = new();
    private readonly List<(Type Type, int Length, nint Address)> shared = [];

    private SimtLaunch launch = null!;
    private Dim3 group;
    private int threads, started, ended;
    private List<SimtThread> arrived = [], resuming = [];
    private int resumed;
    private AcceleratorException? failure;
    private volatile bool stopping;

    public SimtTeam() => leader = new(this);

    /// <summary>Runs a group. Gives what went wrong, if anything did.</summary>
    public AcceleratorException? Run(SimtLaunch work, Dim3 index)
    {
        (launch, group, threads) = (work, index, (int)work.GroupSize.Count);
        started = ended = resumed = 0;
        failure = null;
        arena.Reset();
        shared.Clear();
        SimtThread.Enter(leader);
        if (RunThreads(leader) is { } next)
        {
            next.Turn.Give();
            leader.Turn.Wait();
        }
        SimtThread.Enter(null);
        return failure;
    }

    /// <summary>The n-th shared block that a thread asks for is the group's n-th.</summary>
    public unsafe ArrayView<T> Shared<T>(int number, int length, SimtThread thread)
        where T : unmanaged
    {
        if (number == shared.Count)
        {
            ArrayView<T> view = arena.Allocate<T>(length);
            shared.Add((typeof(T), length, (nint)view.Pointer));
            return view;
        }
        (Type type, int count, nint address) = shared[number];
        if (type != typeof(T) || count != length)
        {
            throw new InvalidOperationException(
                $"Shared block {number + 1} is {length} × {typeof(T).Name} here, but {count} × {type.Name} to an earlier thread of the group. All threads must come by the same SharedMemory.Allocate calls.");
        }
        return new((T*)address, length);
    }

    /// <summary>Lets the group's other threads come here, too.</summary>
    public void Barrier(SimtThread thread)
    {
        // First, since starting a thread may fail.
        SimtThread? runner = started < threads ? idle.Count > 0 ? idle.Pop() : NewRunner() : null;
        arrived.Add(thread);
        SimtThread next = runner ?? Next()!;
        if (next != thread)
        {
            next.Turn.Give();
            thread.Turn.Wait();
        }
        if (failure is not null) throw new GroupEndedException();
    }

    /// <summary>Ends the threads.</summary>
    public void Dispose()
    {
        stopping = true;
        foreach (SimtThread runner in runners) runner.Turn.Give();
    }

    private SimtThread NewRunner()
    {
        var runner = new SimtThread(this);
        runners.Add(runner);
        new Thread(() => Work(runner), StackBytes) { IsBackground = true, Name = $"simt {runners.Count}" }.Start();
        return runner;
    }

    private void Work(SimtThread runner)
    {
        ProcessorAffinity.Bind(processor);
        SimtThread.Enter(runner);
        while (true)
        {
            runner.Turn.Wait();
            if (stopping) return;
            SimtThread next = RunThreads(runner) ?? leader;
            idle.Push(runner);
            next.Turn.Give();
        }
    }

    /// <summary>Runs the threads that have not begun, as far as no other has taken them over meanwhile. Gives who is next.</summary>
    private SimtThread? RunThreads(SimtThread runner)
    {
        while (started < threads && failure is null)
        {
            runner.Begin(launch.Groups, group, launch.GroupSize, Index(started++, launch.GroupSize));
            try
            {
                launch.Run();
            }
            catch (GroupEndedException)
            {
            }
            catch (Exception exception)
            {
                failure ??= new AcceleratorException($"{launch.Name}: {Describe(runner)}: {exception.Message}", exception);
            }
            ended++;
        }
        return Next();
    }

    /// <summary>Who runs next; null when the group is done.</summary>
    private SimtThread? Next()
    {
        if (resumed == resuming.Count)
        {
            // Everyone has come to a barrier or to the end.
            if (arrived.Count > 0) failure ??= Divergence();
            (arrived, resuming) = (resuming, arrived);
            arrived.Clear();
            resumed = ended = 0;
            if (resuming.Count == 0) return null;
        }
        return resuming[resumed++];
    }

    private AcceleratorException? Divergence()
    {
        SimtThread first = arrived[0];
        string others;
        if (ended > 0) others = $"{ended} of the group's {threads} threads have ended";
        else if (arrived.Find(thread => thread.Line != first.Line) is { } other) others = $"thread {Tuple(other.ThreadIndex)} waits at line {other.Line}";
        else return null;
        return new($"{launch.Name}: divergent barrier: {Describe(first)} waits at its barrier {first.Barriers} (line {first.Line}), but {others}. All threads of a group must come to the same barriers.");
    }

    private static string Describe(SimtThread thread) => $"group {Tuple(thread.GroupIndex)}, thread {Tuple(thread.ThreadIndex)}";

    private static string Tuple(Dim3 index) => $"({index.X}, {index.Y}, {index.Z})";

    internal static Dim3 Index(long linear, Dim3 size) => new((int)(linear % size.X), (int)(linear / size.X % size.Y), (int)(linear / size.X / size.Y));

    /// <summary>Unwinds a thread at a barrier whose group has failed.</summary>
    private sealed class GroupEndedException : Exception;
}
