using System.Runtime.ExceptionServices;

namespace Fovea.Data;

/// <summary>One epoch in the making: a thread that fills the buffers of a ring in turn, and the consumer that empties them.</summary>
internal sealed class BatchFiller : IDisposable
{
    // Waited on and pulsed, so a plain object. It guards all that changes below.
    private readonly object gate = new();
    private readonly Batch[] ring;
    private readonly int end;
    private readonly Thread thread;
    private int filled, taken;
    private bool stopped;
    private ExceptionDispatchInfo? failure;

    /// <summary>Starts filling.</summary>
    /// <param name="ring">The buffers; at least two.</param>
    /// <param name="first">The first batch to make.</param>
    /// <param name="end">The batch to stop before.</param>
    /// <param name="prepare">Runs on the thread before the first batch.</param>
    /// <param name="fill">Fills a buffer whose index is set; runs on the thread.</param>
    public BatchFiller(Batch[] ring, int first, int end, Action prepare, Action<Batch> fill)
    {
        (this.ring, this.end, filled, taken) = (ring, end, first, first);
        thread = new Thread(() => Run(prepare, fill)) { IsBackground = true, Name = "Fovea batch loader" };
        thread.Start();
    }

    /// <summary>Waits for the next batch, which gives the one before back to be overwritten.</summary>
    /// <returns>The batch, or null after the last.</returns>
    public Batch? Next(CancellationToken cancellationToken)
    {
        lock (gate)
        {
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                ObjectDisposedException.ThrowIf(stopped, typeof(BatchLoader));
                if (taken == end)
                    return null;
                if (taken < filled)
                    break;
                failure?.Throw();
                Monitor.Wait(gate);
            }
            Batch batch = ring[taken++ % ring.Length];
            Monitor.PulseAll(gate);
            return batch;
        }
    }

    /// <summary>Has a waiting consumer look again whether it is cancelled.</summary>
    public void Wake()
    {
        lock (gate)
            Monitor.PulseAll(gate);
    }

    /// <summary>Stops the thread after the batch it is filling and waits for its end.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            stopped = true;
            Monitor.PulseAll(gate);
        }
        thread.Join();
    }

    private void Run(Action prepare, Action<Batch> fill)
    {
        try
        {
            prepare();
            for (int index = filled; index < end; index++)
            {
                lock (gate)
                {
                    // The batch taken last is still being read, so one buffer of the ring is always out of reach.
                    while (!stopped && index - taken >= ring.Length - 1)
                        Monitor.Wait(gate);
                    if (stopped)
                        return;
                }
                Batch batch = ring[index % ring.Length];
                batch.Index = index;
                fill(batch);
                lock (gate)
                {
                    filled = index + 1;
                    Monitor.PulseAll(gate);
                }
            }
        }
        catch (Exception e)
        {
            // Whatever it is, the consumer is the one to hear of it.
            lock (gate)
            {
                failure = ExceptionDispatchInfo.Capture(e);
                Monitor.PulseAll(gate);
            }
        }
    }
}
