using Fovea.Tests.Ptx;

namespace Fovea.Tests.ComputeTests.Cuda;

internal sealed unsafe partial class FakeCudaDriver
{
    private readonly Dictionary<nint, FakeStream> streams = [];
    private readonly Dictionary<nint, FakeEvent> events = [];
    private readonly Dictionary<nint, Action[]> graphs = [];

    /// <summary>Kernels that have run, those of graphs included.</summary>
    public int LaunchesRun { get; private set; }

    public int GraphLaunches => Count(nameof(cuGraphLaunch));

    public int cuStreamCreate(nint* stream, uint flags)
    {
        if (Enter() is var code and not 0) return code;
        Assert.That(flags, Is.EqualTo(1), "streams do not wait for the default stream");
        lock (gate) streams.Add(*stream = New("stream"), new FakeStream());
        return 0;
    }

    public int cuStreamDestroy(nint stream)
    {
        if (Enter() is var code and not 0) return code;
        lock (gate) streams.Remove(stream);
        return Drop(stream, "stream");
    }

    public int cuStreamSynchronize(nint stream)
    {
        if (Enter() is var code and not 0) return code;
        FakeStream one = streams[stream];
        if (one.Captured is not null)
        {
            one.IsInvalid = true;
            return CaptureUnsupported;
        }
        Run(one);
        return broken;
    }

    public int cuEventCreate(nint* @event, uint flags)
    {
        if (Enter() is var code and not 0) return code;
        lock (gate) events.Add(*@event = New("event"), new FakeEvent { HasTime = flags == 0 });
        return 0;
    }

    public int cuEventDestroy(nint @event)
    {
        if (Enter() is var code and not 0) return code;
        return Drop(@event, "event");
    }

    public int cuEventRecord(nint @event, nint stream)
    {
        if (Enter() is var code and not 0) return code;
        FakeEvent one = events[@event];
        one.Stream = streams[stream];
        one.Pending++;
        return Queue(stream, () =>
        {
            one.Pending--;
            one.Time = LaunchesRun;
        });
    }

    public int cuEventSynchronize(nint @event)
    {
        if (Enter() is var code and not 0) return code;
        FakeEvent one = events[@event];
        // No further than needed: what comes later has not happened yet.
        while (one.Pending > 0) Step(one.Stream!);
        return broken;
    }

    public int cuEventElapsedTime(float* milliseconds, nint start, nint end)
    {
        if (Enter() is var code and not 0) return code;
        if (!events[start].HasTime || !events[end].HasTime) return InvalidHandle;
        *milliseconds = events[end].Time - events[start].Time;
        return 0;
    }

    public int cuStreamBeginCapture(nint stream, int mode)
    {
        if (Enter() is var code and not 0) return code;
        Assert.That(mode, Is.EqualTo(1), "other threads may go on");
        (streams[stream].Captured, streams[stream].Thread, streams[stream].IsInvalid) = ([], Environment.CurrentManagedThreadId, false);
        return 0;
    }

    public int cuStreamEndCapture(nint stream, nint* graph)
    {
        FakeStream one = streams[stream];
        List<Action> captured = one.Captured!;
        one.Captured = null;
        if (Enter() is var code and not 0) return code;
        if (one.IsInvalid) return CaptureInvalidated;
        graphs[*graph = New("graph")] = [.. captured];
        return 0;
    }

    public int cuGraphInstantiateWithFlags(nint* executable, nint graph, ulong flags)
    {
        if (Enter() is var code and not 0) return code;
        graphs[*executable = New("executable")] = graphs[graph];
        return 0;
    }

    public int cuGraphLaunch(nint executable, nint stream)
    {
        if (IsIdle) return 0;
        if (Enter() is var code and not 0) return code;
        foreach (Action action in graphs[executable]) Queue(stream, action);
        return 0;
    }

    public int cuGraphExecDestroy(nint executable)
    {
        if (Enter() is var code and not 0) return code;
        return Drop(executable, "executable");
    }

    public int cuGraphDestroy(nint graph)
    {
        if (Enter() is var code and not 0) return code;
        return Drop(graph, "graph");
    }

    private int Queue(nint stream, Action action)
    {
        lock (gate)
        {
            FakeStream one = streams[stream];
            if (one.Captured is { } captured) captured.Add(action);
            else one.Queue.Enqueue(action);
            return 0;
        }
    }

    // What a thread that captures must not do.
    private bool Prohibited()
    {
        lock (gate)
        {
            foreach (FakeStream stream in streams.Values.Where(stream => stream.Captured is not null && stream.Thread == Environment.CurrentManagedThreadId)) return stream.IsInvalid = true;
            return false;
        }
    }

    private void RunAll()
    {
        FakeStream[] all;
        lock (gate) all = [.. streams.Values];
        foreach (FakeStream stream in all) Run(stream);
    }

    private void Run(FakeStream stream)
    {
        while (Step(stream))
        {
        }
    }

    private bool Step(FakeStream stream)
    {
        lock (gate)
        {
            if (!stream.Queue.TryDequeue(out Action? action)) return false;
            try
            {
                action();
            }
            catch (PtxException exception)
            {
                Faults.Add(exception);
                broken = exception.Error == PtxError.OutOfBounds ? IllegalAddress : LaunchFailed;
            }
            return true;
        }
    }

    private sealed class FakeStream
    {
        public Queue<Action> Queue { get; } = [];

        public List<Action>? Captured { get; set; }

        public int Thread { get; set; }

        public bool IsInvalid { get; set; }
    }

    private sealed class FakeEvent
    {
        public FakeStream? Stream { get; set; }

        public int Pending { get; set; }

        public bool HasTime { get; init; }

        public float Time { get; set; }
    }
}
