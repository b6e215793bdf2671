using Fovea.Execution;

namespace Fovea.Training;

/// <summary>
/// Executables by size of batch, never more than a given number. Each is lent to one caller at a time; of those that nobody uses the
/// least recently used makes room for another size.
/// </summary>
internal sealed class PlanPool(int capacity, Func<int, CancellationToken, Executable> build) : IDisposable
{
    // Waited on and pulsed, so a plain object. It guards all that changes below.
    private readonly object gate = new();
    private readonly LinkedList<(int Size, Executable Plan)> idle = new();
    private readonly HashSet<Executable> all = [];
    // Building touches the network's layers, which one thread at a time may do.
    private readonly Lock building = new();
    private int reserved;
    private bool disposed;

    /// <summary>How many there are.</summary>
    public int Count
    {
        get
        {
            lock (gate) return all.Count;
        }
    }

    /// <summary>The memory of all, in bytes.</summary>
    public long MemoryBytes
    {
        get
        {
            lock (gate) return all.Sum(plan => plan.MemoryBytes);
        }
    }

    /// <summary>Borrows one, making it if none is idle, waiting if there are as many as there may be.</summary>
    /// <param name="size">The size of batch.</param>
    /// <param name="cancellationToken">Ends the making of one.</param>
    /// <exception cref="ObjectDisposedException">The pool has been disposed.</exception>
    public Executable Rent(int size, CancellationToken cancellationToken = default)
    {
        lock (gate)
        {
            while (true)
            {
                ObjectDisposedException.ThrowIf(disposed, typeof(Predictor));
                for (LinkedListNode<(int Size, Executable Plan)>? node = idle.First; node is not null; node = node.Next)
                {
                    if (node.Value.Size != size) continue;
                    idle.Remove(node);
                    return node.Value.Plan;
                }
                if (reserved < capacity) break;
                if (idle.Last is { } oldest)
                {
                    idle.RemoveLast();
                    Remove(oldest.Value.Plan);
                    break;
                }
                Monitor.Wait(gate);
            }
            reserved++;
        }
        return Build(size, cancellationToken);
    }

    /// <summary>Gives one back.</summary>
    public void Return(int size, Executable plan)
    {
        lock (gate)
        {
            if (disposed) Remove(plan);
            else idle.AddFirst((size, plan));
            Monitor.Pulse(gate);
        }
    }

    /// <summary>Disposes what is idle now, and what is lent when it comes back.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            disposed = true;
            foreach ((_, Executable plan) in idle) Remove(plan);
            idle.Clear();
            Monitor.PulseAll(gate);
        }
    }

    private Executable Build(int size, CancellationToken cancellationToken)
    {
        Executable? plan = null;
        try
        {
            lock (building) plan = build(size, cancellationToken);
            return plan;
        }
        finally
        {
            lock (gate)
            {
                if (plan is not null) all.Add(plan);
                else
                {
                    reserved--;
                    Monitor.Pulse(gate);
                }
            }
        }
    }

    private void Remove(Executable plan)
    {
        all.Remove(plan);
        plan.Dispose();
        reserved--;
    }
}
