using static Fovea.Compute.OpenCl.OpenClNative;

namespace Fovea.Compute.OpenCl;

/// <summary>
/// A ring of pinned memory for copies to the device: the source is copied into it at once, the device fetches it from there when its
/// turn comes. Positions only grow; where they wrap, the rest of the ring is skipped. For one thread at a time.
/// </summary>
internal sealed unsafe class StagingRing : IDisposable
{
    private const int Size = 16 << 20, Piece = 4 << 20, Alignment = 64;
    private readonly Queue<(long End, nint Copied)> pending = new();
    private readonly string device;
    private readonly QueueHandle queue;
    private readonly MemoryHandle memory;
    private readonly byte* mapped;
    private long head, tail;

    public StagingRing(OpenClDevice device, ContextHandle context, QueueHandle queue)
    {
        (this.device, this.queue) = (device.Info.Name, queue);
        memory = new MemoryHandle(clCreateBuffer(context, MemReadWrite | MemAllocHostPtr, Size, null, out int error));
        OpenClException.Check(error, this.device, call: nameof(clCreateBuffer));
        mapped = (byte*)clEnqueueMapBuffer(queue, memory, 1, MapWrite, 0, Size, 0, null, null, out error);
        OpenClException.Check(error, this.device, call: nameof(clEnqueueMapBuffer));
    }

    // An event keeps its context alive, so forgotten ones would keep the device's memory.
    ~StagingRing() => ReleaseEvents();

    /// <summary>Queues a copy; the source may change once the call returns.</summary>
    public void Write(nint buffer, long offset, ReadOnlySpan<byte> source)
    {
        while (source.Length > 0)
        {
            ReadOnlySpan<byte> piece = source[..Math.Min(source.Length, Piece)];
            long start = Reserve(piece.Length);
            byte* place = mapped + start % Size;
            piece.CopyTo(new Span<byte>(place, piece.Length));
            nint copied;
            OpenClException.Check(clEnqueueWriteBuffer(queue, buffer, 0, (nuint)offset, (nuint)piece.Length, place, 0, null, &copied), device);
            head = start + piece.Length;
            pending.Enqueue((head, copied));
            // The device copies one piece while the host fills the next.
            OpenClException.Check(clFlush(queue), device);
            source = source[piece.Length..];
            offset += piece.Length;
        }
    }

    public void Dispose()
    {
        ReleaseEvents();
        if (!memory.IsClosed) _ = clEnqueueUnmapMemObject(queue, memory, mapped, 0, null, null);
        memory.Dispose();
        GC.SuppressFinalize(this);
    }

    // The position of a free piece, once copies that still lie there are done.
    private long Reserve(int bytes)
    {
        long start = (head + Alignment - 1) / Alignment * Alignment;
        if (start % Size + bytes > Size) start += Size - start % Size;
        while (start + bytes - tail > Size && pending.Count > 0)
        {
            (tail, nint copied) = pending.Dequeue();
            int code = clWaitForEvents(1, &copied);
            _ = clReleaseEvent(copied);
            OpenClException.Check(code, device, call: nameof(clWaitForEvents));
        }
        return start;
    }

    private void ReleaseEvents()
    {
        while (pending.TryDequeue(out (long End, nint Copied) copy)) _ = clReleaseEvent(copy.Copied);
    }
}
