using System.Runtime.InteropServices;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;

namespace Fovea.Gpu.Devices;

/// <summary>
/// Pinned memory that copies go through. Uploads are copied into a ring at once, and the device fetches them from there when their turn
/// comes; where the ring is full, everything queued is waited for. For one thread at a time.
/// </summary>
internal sealed unsafe class StagingRing : IDisposable
{
    private const int UploadBytes = 16 << 20, DownloadBytes = 4 << 20, Piece = 4 << 20, Alignment = 64, Page = 4096;
    private readonly Accelerator accelerator;
    private readonly AcceleratorStream stream;
    private readonly PageLockScope<byte>? pin;
    private byte* memory;
    private int head;

    /// <param name="accelerator">The device.</param>
    /// <param name="stream">Where copies are queued.</param>
    public StagingRing(Accelerator accelerator, AcceleratorStream stream)
    {
        (this.accelerator, this.stream) = (accelerator, stream);
        memory = (byte*)NativeMemory.AlignedAlloc(UploadBytes + DownloadBytes, Page);
        if (accelerator.AcceleratorType != AcceleratorType.Cuda) return;
        try
        {
            pin = accelerator.CreatePageLockFromPinned<byte>((nint)memory, UploadBytes + DownloadBytes);
        }
        catch (Exception exception) when (IlgpuDevice.IsDriver(exception))
        {
            // Where the system pins no memory, copies are slower.
        }
    }

    /// <summary>Frees the memory of a ring that was never disposed.</summary>
    ~StagingRing() => Free();

    private byte* Uploads => memory;

    private byte* Downloads => memory + UploadBytes;

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
    public void Dispose()
    {
        pin?.Dispose();
        Free();
        GC.SuppressFinalize(this);
    }

    // ILGPU's OpenCL copies take the whole source, so each piece is a buffer of its own.
    private CPUMemoryBuffer View(byte* place, int bytes) => CPUMemoryBuffer.Create(accelerator, (nint)place, bytes, 1);

    private void Free()
    {
        NativeMemory.AlignedFree(memory);
        memory = null;
    }

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
