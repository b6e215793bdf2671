using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Fovea.Core;

namespace Fovea.Cpu.Threads;

/// <summary>
/// A parallel-for that starts in well under a microsecond. Workers spin for a short while after a job, since the next
/// one usually follows at once, and sleep when none comes.
/// </summary>
/// <remarks>
/// <para>The caller works too, and waits only for workers that joined its job: one that the operating system has not
/// scheduled yet delays nobody.</para>
/// <para>Several threads may call <see cref="For(int, Action{int, int})"/>; while one job runs, the others run theirs on their own
/// thread.</para>
/// </remarks>
public sealed unsafe class WorkerPool : IDisposable
{
    private const int Closed = int.MinValue;
    private const int SpinRounds = 2_000;

    private readonly Thread[] workers;
    private readonly SemaphoreSlim wake = new(0);
    private int busy;
    private int parked;
    private volatile bool stopping;

    // The job that is open. Written while the gate is closed and nobody is inside.
    private void* job;
    private delegate*<void*, int, int, void> body;
    private int count, number;
    private Exception? failure;

    // Of each thread's share of the items, the number of the job and the next item.
    private readonly Share[] shares;
    private Padded gate;

    // What waiting workers watch. It changes after the gate has opened, so it is no number of the job: a worker that another job woke
    // may be inside before it has changed.
    private Padded generation;

    /// <summary>Starts a pool.</summary>
    /// <param name="threadCount">How many threads work on a job, the caller included.</param>
    /// <exception cref="ArgumentOutOfRangeException">The count is not positive.</exception>
    public WorkerPool(int threadCount)
    {
        Require.Positive(threadCount, "The number of threads");
        gate.Value = Closed;
        shares = new Share[threadCount];
        workers = new Thread[threadCount - 1];
        for (int i = 0; i < workers.Length; i++)
        {
            int worker = i + 1;
            workers[i] = new Thread(() => Work(worker)) { IsBackground = true, Name = $"Fovea worker {worker}" };
            workers[i].Start();
        }
    }

    /// <summary>How many threads work on a job, the caller included.</summary>
    public int ThreadCount => workers.Length + 1;

    /// <summary>Calls <paramref name="work"/> for 0 … <paramref name="items"/> − 1 and returns when all calls have ended.</summary>
    /// <param name="items">How many calls to make.</param>
    /// <param name="work">
    /// Takes the item and the number of the thread that runs it (0 … <see cref="ThreadCount"/> − 1), by which it may choose a
    /// scratch buffer. Keep the delegate: creating one per call allocates.
    /// </param>
    /// <exception cref="ObjectDisposedException">The pool has been disposed.</exception>
    /// <exception cref="Exception">What a call threw; with several, the first.</exception>
    public void For(int items, Action<int, int> work)
    {
        var calls = new Calls(work);
        For(items, ref calls);
    }

    /// <summary>Runs a job's items 0 … <paramref name="items"/> − 1 and returns when all have ended.</summary>
    /// <param name="items">How many items it has.</param>
    /// <param name="work">The job, a local variable of the caller, which all threads see.</param>
    /// <exception cref="ObjectDisposedException">The pool has been disposed.</exception>
    /// <exception cref="Exception">What an item threw; with several, the first.</exception>
    public void For<TJob>(int items, ref TJob work)
        where TJob : struct, IPoolJob
    {
        ObjectDisposedException.ThrowIf(stopping, this);
        if (items <= 1 || workers.Length == 0 || Interlocked.CompareExchange(ref busy, 1, 0) != 0)
        {
            for (int i = 0; i < items; i++) work.Run(i, 0);
            return;
        }

        job = Unsafe.AsPointer(ref work);
        body = &RunItem<TJob>;
        count = items;
        number++;
        Volatile.Write(ref gate.Value, 0);
        Interlocked.Increment(ref generation.Value);
        WakeParked(Math.Min(items - 1, workers.Length));
        TakeItems(0);

        Interlocked.Add(ref gate.Value, Closed);
        var spin = default(SpinWait);
        while (Volatile.Read(ref gate.Value) != Closed)
        {
            if (spin.Count < 100) Thread.SpinWait(8);
            spin.SpinOnce(sleep1Threshold: -1);
        }

        Exception? thrown = failure;
        failure = null;
        job = null;
        body = null;
        Volatile.Write(ref busy, 0);
        if (thrown is not null) ExceptionDispatchInfo.Throw(thrown);
    }

    /// <summary>Ends the workers. No job may be running.</summary>
    public void Dispose()
    {
        if (stopping) return;
        stopping = true;
        Interlocked.Increment(ref generation.Value);
        wake.Release(workers.Length + 1);
        foreach (Thread worker in workers) worker.Join();
        wake.Dispose();
    }

    private void WakeParked(int needed)
    {
        while (true)
        {
            int sleeping = Volatile.Read(ref parked), woken = Math.Min(needed, sleeping);
            if (woken <= 0) return;
            if (Interlocked.CompareExchange(ref parked, sleeping - woken, sleeping) != sleeping) continue;
            wake.Release(woken);
            return;
        }
    }

    private void Work(int worker)
    {
        int seen = 0;
        while (!stopping)
        {
            if (!SawNewJob(ref seen)) Park(ref seen);
            if (!Enter()) continue;
            TakeItems(worker);
            Interlocked.Decrement(ref gate.Value);
        }
    }

    private bool SawNewJob(ref int seen)
    {
        for (int round = 0; round < SpinRounds; round++)
        {
            int current = Volatile.Read(ref generation.Value);
            if (current != seen)
            {
                seen = current;
                return true;
            }
            Thread.SpinWait(4);
        }
        return false;
    }

    private void Park(ref int seen)
    {
        Interlocked.Increment(ref parked);
        // A job opened between the last look and the announcement wakes nobody: look once more. The wake-up that it may
        // still send only makes a later sleep end early.
        if (Volatile.Read(ref generation.Value) == seen && !stopping) wake.Wait();
        seen = Volatile.Read(ref generation.Value);
    }

    /// <summary>Joins the open job; false if it has closed already.</summary>
    private bool Enter()
    {
        int inside = Volatile.Read(ref gate.Value);
        while (inside >= 0)
        {
            int found = Interlocked.CompareExchange(ref gate.Value, inside + 1, inside);
            if (found == inside) return true;
            inside = found;
        }
        return false;
    }

    /// <summary>
    /// Works off the thread's own share and then what others have left of theirs. The same items go to the same thread job after job,
    /// so what one wrote is likely to be in the cache of the one that reads it.
    /// </summary>
    private void TakeItems(int worker)
    {
        void* work = job;
        delegate*<void*, int, int, void> run = body;
        int items = count, jobNumber = number, threads = shares.Length;
        try
        {
            for (int i = 0; i < threads; i++)
            {
                int owner = (worker + i) % threads;
                while (Take(owner, jobNumber, items) is var item and >= 0) run(work, item, worker);
            }
        }
        catch (Exception exception)
        {
            Interlocked.CompareExchange(ref failure, exception, null);
        }
    }

    private static void RunItem<TJob>(void* work, int item, int worker)
        where TJob : struct, IPoolJob => Unsafe.AsRef<TJob>(work).Run(item, worker);

    /// <summary>Takes the next item of a thread's share; -1 if there is none.</summary>
    private int Take(int owner, int jobNumber, int items)
    {
        ref long state = ref shares[owner].State;
        int start = (int)((long)items * owner / shares.Length), end = (int)((long)items * (owner + 1) / shares.Length);
        long seen = Volatile.Read(ref state);
        while (true)
        {
            // Nobody has begun with the share yet if it still shows another job.
            int item = (int)(seen >> 32) == jobNumber ? (int)seen : start;
            if (item >= end || failure is not null) return -1;
            long found = Interlocked.CompareExchange(ref state, ((long)jobNumber << 32) | (uint)(item + 1), seen);
            if (found == seen) return item;
            seen = found;
        }
    }

    private readonly struct Calls(Action<int, int> work) : IPoolJob
    {
        public void Run(int item, int worker) => work(item, worker);
    }

    /// <summary>A share's state on cache lines of its own.</summary>
    [System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Explicit, Size = 128)]
    private struct Share
    {
        [System.Runtime.InteropServices.FieldOffset(64)]
        public long State;
    }

    /// <summary>A counter on a cache line of its own.</summary>
    [System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Explicit, Size = 128)]
    private struct Padded
    {
        [System.Runtime.InteropServices.FieldOffset(64)]
        public int Value;
    }
}
