using System.Runtime.InteropServices;
using Fovea.Core.Memory;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

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
            Upload(target, offset, (nint)place, piece.Length);
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
            Download(source, offset, (nint)Downloads, bytes);
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

    // The drivers' own calls: ILGPU's copies to OpenCL take the whole source, so that each would need a buffer object on the heap.
    private void Upload(MemoryBuffer target, long offset, nint source, int bytes)
    {
        accelerator.Bind();
        switch (accelerator.AcceleratorType)
        {
            case AcceleratorType.Cuda:
                CudaGraphApi.Check(CudaAPI.CurrentAPI.MemcpyAsync(target.NativePtr + (nint)offset, source, bytes, stream));
                break;
            case AcceleratorType.OpenCL:
                CLException.ThrowIfFailed(CLAPI.CurrentAPI.WriteBuffer(stream, target.NativePtr, false, (nint)offset, bytes, source));
                break;
            default:
                NativeMemory.Copy((void*)source, (void*)(target.NativePtr + (nint)offset), (nuint)bytes);
                break;
        }
    }

    private void Download(MemoryBuffer source, long offset, nint target, int bytes)
    {
        accelerator.Bind();
        switch (accelerator.AcceleratorType)
        {
            case AcceleratorType.Cuda:
                CudaGraphApi.Check(CudaAPI.CurrentAPI.MemcpyAsync(target, source.NativePtr + (nint)offset, bytes, stream));
                break;
            case AcceleratorType.OpenCL:
                CLException.ThrowIfFailed(CLAPI.CurrentAPI.ReadBuffer(stream, source.NativePtr, false, (nint)offset, bytes, target));
                break;
            default:
                NativeMemory.Copy((void*)(source.NativePtr + (nint)offset), (void*)target, (nuint)bytes);
                break;
        }
    }

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
        head += Align.Up(bytes, Alignment);
        return place;
    }
}
