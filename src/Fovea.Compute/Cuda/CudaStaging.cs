using Fovea.Compute.Memory;
using static Fovea.Compute.Cuda.CudaNumbers;

namespace Fovea.Compute.Cuda;

/// <summary>A staging ring in pinned memory.</summary>
internal sealed unsafe class CudaStaging : StagingRing
{
    private readonly CudaContext context;
    private readonly nint stream;
    private readonly Stack<nint> events = [];

    public CudaStaging(CudaContext context, nint stream)
    {
        (this.context, this.stream) = (context, stream);
        Memory = Pinned(context, Size);
    }

    /// <summary>Allocates memory that the card reads and writes by itself.</summary>
    public static byte* Pinned(CudaContext context, int bytes)
    {
        using CudaContext.Scope scope = context.Enter();
        void* memory;
        context.Check(context.Driver.cuMemHostAlloc(&memory, (nuint)bytes, 0));
        return (byte*)memory;
    }

    protected override nint Copy(nint buffer, long offset, byte* source, int bytes)
    {
        using CudaContext.Scope scope = context.Enter();
        if (!events.TryPop(out nint copied)) context.Check(context.Driver.cuEventCreate(&copied, EventWithoutTiming));
        try
        {
            context.Check(context.Driver.cuMemcpyHtoDAsync(buffer + (nint)offset, source, (nuint)bytes, stream));
            context.Check(context.Driver.cuEventRecord(copied, stream));
            return copied;
        }
        catch
        {
            events.Push(copied);
            throw;
        }
    }

    protected override void Finish(nint copied)
    {
        events.Push(copied);
        using CudaContext.Scope scope = context.Enter();
        context.Check(context.Driver.cuEventSynchronize(copied));
    }

    protected override void Release(nint copied) => context.Release(driver => driver.cuEventDestroy(copied));

    protected override void Free(bool disposing)
    {
        // The context is missing where the constructor has failed.
        if (Memory == null) return;
        while (events.TryPop(out nint unused)) Release(unused);
        context.Release(driver => driver.cuMemFreeHost(Memory));
    }
}

/// <summary>Copies to the host through two pieces of pinned memory: the card fills one while the other is emptied. For one thread at a time.</summary>
internal sealed unsafe class CudaDownload : IDisposable
{
    private const int Piece = 4 << 20;
    private readonly CudaContext context;
    private readonly nint stream;
    private readonly nint[] filled = new nint[2];
    private byte* memory;

    public CudaDownload(CudaContext context, nint stream) => (this.context, this.stream) = (context, stream);

    public void Read(nint address, Span<byte> target)
    {
        using CudaContext.Scope scope = context.Enter();
        if (memory == null) Open();
        int pieces = (target.Length + Piece - 1) / Piece;
        for (int i = 0; i <= pieces; i++)
        {
            if (i < pieces)
            {
                int bytes = Math.Min(Piece, target.Length - i * Piece);
                context.Check(context.Driver.cuMemcpyDtoHAsync(memory + i % 2 * Piece, address + (nint)i * Piece, (nuint)bytes, stream));
                context.Check(context.Driver.cuEventRecord(filled[i % 2], stream));
            }
            if (i == 0) continue;
            context.Check(context.Driver.cuEventSynchronize(filled[(i - 1) % 2]));
            Span<byte> part = target[((i - 1) * Piece)..Math.Min(i * Piece, target.Length)];
            new ReadOnlySpan<byte>(memory + (i - 1) % 2 * Piece, part.Length).CopyTo(part);
        }
    }

    public void Dispose()
    {
        foreach (nint one in filled)
        {
            if (one != 0) context.Release(driver => driver.cuEventDestroy(one));
        }
        if (memory != null) context.Release(driver => driver.cuMemFreeHost(memory));
        Array.Clear(filled);
        memory = null;
    }

    private void Open()
    {
        for (int i = 0; i < filled.Length; i++)
        {
            nint one;
            if (filled[i] != 0) continue;
            context.Check(context.Driver.cuEventCreate(&one, EventWithoutTiming));
            filled[i] = one;
        }
        memory = CudaStaging.Pinned(context, 2 * Piece);
    }
}
