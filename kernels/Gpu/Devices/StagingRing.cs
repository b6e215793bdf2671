using ILGPU.Runtime;
using ILGPU.Runtime.CPU;

namespace Fovea.Gpu.Devices;

/// <summary>
/// Pinned memory that copies go through. Uploads are copied into a ring at once, and the device fetches them from there when their turn
/// comes; where the ring is full, everything queued is waited for. For one thread at a time.
/// </summary>
/// <param name="accelerator">The device.</param>
/// <param name="stream">Where copies are queued.</param>
internal sealed unsafe class StagingRing(Accelerator accelerator, AcceleratorStream stream) : IDisposable
{
    private const int UploadBytes = 16 << 20, DownloadBytes = 4 << 20, Piece = 4 << 20, Alignment = 64;
    private readonly MemoryBuffer pinned = CPUMemoryBuffer.CreatePageLocked(accelerator, UploadBytes + DownloadBytes, 1);
    private int head;

    private byte* Uploads => (byte*)pinned.NativePtr;

    private byte* Downloads => Uploads + UploadBytes;

    /// <summary>Queues a copy; the source may change once the call returns.</summary>
    public void Write(MemoryBuffer target, long offset, ReadOnlySpan<byte> source)
    {
        while (source.Length > 0)
        {
            ReadOnlySpan<byte> piece = source[..Math.Min(source.Length, Piece)];
            byte* place = Reserve(piece.Length);
            piece.CopyTo(new Span<byte>(place, piece.Length));
            using (CPUMemoryBuffer view = View(place, piece.Length)) target.CopyFrom(stream, view.AsRawArrayView(), offset);
            source = source[piece.Length..];
            offset += piece.Length;
        }
    }

    /// <summary>Copies to the host after everything queued so far; returns when it is there.</summary>
    public void Read(MemoryBuffer source, long offset, Span<byte> target)
    {
        while (target.Length > 0)
        {
            int bytes = Math.Min(target.Length, DownloadBytes);
            using (CPUMemoryBuffer view = View(Downloads, bytes)) source.CopyTo(stream, offset, view.AsRawArrayView());
            stream.Synchronize();
            new ReadOnlySpan<byte>(Downloads, bytes).CopyTo(target);
            target = target[bytes..];
            offset += bytes;
        }
    }

    /// <summary>Frees the memory. Nothing may be queued any more.</summary>
    public void Dispose() => pinned.Dispose();

    // ILGPU's OpenCL copies take the whole source, so each piece is a buffer of its own.
    private CPUMemoryBuffer View(byte* place, int bytes) => CPUMemoryBuffer.Create(accelerator, (nint)place, bytes, 1);

    private byte* Reserve(int bytes)
    {
        if (head + bytes > UploadBytes)
        {
            stream.Synchronize();
            head = 0;
        }
        byte* place = Uploads + head;
        head += (bytes + Alignment - 1) / Alignment * Alignment;
        return place;
    }
}
