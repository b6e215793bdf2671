namespace Fovea.Compute.Memory;

/// <summary>
/// A ring of pinned memory for copies to the device: the source is copied into it at once, the device fetches it from there when its
/// turn comes. Positions only grow; where they wrap, the rest of the ring is skipped. For one thread at a time.
/// </summary>
internal abstract unsafe class StagingRing : IDisposable
{
    /// <summary>The ring's size, in bytes.</summary>
    protected const int Size = 16 << 20;

    private const int Piece = 4 << 20, Alignment = 64;
    private readonly Queue<(long End, nint Copied)> pending = new();
    private long head, tail;
    private bool disposed;

    // Forgotten events could keep the device's memory.
    ~StagingRing() => Dispose(false);

    /// <summary>The ring's memory.</summary>
    protected byte* Memory { get; init; }

    /// <summary>Queues a copy; the source may change once the call returns.</summary>
    public void Write(nint buffer, long offset, ReadOnlySpan<byte> source)
    {
        while (source.Length > 0)
        {
            ReadOnlySpan<byte> piece = source[..Math.Min(source.Length, Piece)];
            long start = Reserve(piece.Length);
            byte* place = Memory + start % Size;
            piece.CopyTo(new Span<byte>(place, piece.Length));
            nint copied = Copy(buffer, offset, place, piece.Length);
            head = start + piece.Length;
            pending.Enqueue((head, copied));
            source = source[piece.Length..];
            offset += piece.Length;
        }
    }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Queues a copy out of the ring. The device must begin on its own: it copies one piece while the host fills the next.</summary>
    /// <returns>The event of its end.</returns>
    protected abstract nint Copy(nint buffer, long offset, byte* source, int bytes);

    /// <summary>Waits for a copy and releases its event, even if it fails.</summary>
    protected abstract void Finish(nint copied);

    /// <summary>Releases the event of a copy. Does not throw.</summary>
    protected abstract void Release(nint copied);

    /// <summary>Frees the ring's memory. Does not throw.</summary>
    /// <param name="disposing">False when called by a finalizer.</param>
    protected abstract void Free(bool disposing);

    private void Dispose(bool disposing)
    {
        if (disposed) return;
        disposed = true;
        while (pending.TryDequeue(out (long End, nint Copied) copy)) Release(copy.Copied);
        Free(disposing);
    }

    // The position of a free piece, once copies that still lie there are done.
    private long Reserve(int bytes)
    {
        long start = (head + Alignment - 1) / Alignment * Alignment;
        if (start % Size + bytes > Size) start += Size - start % Size;
        while (start + bytes - tail > Size && pending.Count > 0)
        {
            (tail, nint copied) = pending.Dequeue();
            Finish(copied);
        }
        return start;
    }
}
