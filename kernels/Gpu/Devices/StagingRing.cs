using System.Runtime.InteropServices;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

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
    public void Dispose() => pinned.Dispose();

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
