using System.Diagnostics;
using Fovea.Compute.Cpu;
using Fovea.Compute.Memory;

namespace Fovea.Compute.Simt;

/// <summary>
/// Runs kernels as plain .NET, so that one can step into them under a debugger: every index is checked, and memory that was never
/// written reads as NaN or −1. Slow.
/// </summary>
/// <remarks>
/// <para>A launch runs before it returns, and throws what its kernel throws. Of a group's threads one runs at a time, up to its next
/// barrier, in the order of their indices; groups run side by side. Results do not depend on the number of threads.</para>
/// <para>Dispose it: the threads that kernels with barriers need live as long as it does.</para>
/// </remarks>
public sealed class SimtAccelerator : Accelerator
{
    private const int MaxGroupSize = 1024;

    private readonly WorkerPool pool;
    private readonly SimtTeam[] teams;
    private readonly Action<int, int> runTeam;
    private readonly Lock failures = new();
    private SimtLaunch? launch;
    private long next, count, failedGroup;
    private AcceleratorException? failure;
    private bool disposed;

    /// <summary>Opens the device.</summary>
    /// <param name="threads">How many groups run at once; 0 for as many as there are cores, or for one under a debugger.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    public SimtAccelerator(int threads = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        if (threads == 0) threads = Debugger.IsAttached ? 1 : Environment.ProcessorCount;
        pool = new(threads);
        teams = new SimtTeam[threads];
        for (int i = 0; i < threads; i++) teams[i] = new();
        runTeam = RunTeam;
        Info = Describe(threads);
    }

    /// <inheritdoc/>
    public override AcceleratorInfo Info { get; }

    /// <inheritdoc/>
    public override MemoryStatistics Memory { get; } = new();

    internal Lock Gate { get; } = new();

    internal static AcceleratorInfo Describe(int threads) => new(
        "simt", "kernels run as plain .NET, for debugging: slow", GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, threads, MaxGroupSize, 64 << 10, IsGpu: false);

    /// <inheritdoc/>
    public override unsafe DeviceBuffer Allocate(long bytes)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        try
        {
            var buffer = new HostBuffer(bytes, Memory);
            System.Runtime.InteropServices.NativeMemory.Fill(buffer.Pointer, (nuint)bytes, 0xFF);
            return buffer;
        }
        catch (OutOfMemoryException exception)
        {
            throw new DeviceOutOfMemoryException($"simt: there are no {bytes} bytes of memory.", exception);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The group is larger than the device allows.</exception>
    public override Kernel Load(KernelSource source)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        (int x, int y, int z) = source.GroupSize;
        if (x <= 0 || y <= 0 || z <= 0 || source.GroupSize.Count > MaxGroupSize)
            throw new ArgumentException($"{source}: a group of {source.GroupSize} threads; simt runs 1 to {MaxGroupSize}.", nameof(source));
        return new SimtKernel(this, source);
    }

    /// <inheritdoc/>
    public override void Write(DeviceBuffer target, long offset, ReadOnlySpan<byte> source)
    {
        lock (Gate) source.CopyTo(Part(target, offset, source.Length));
    }

    /// <inheritdoc/>
    public override void Read(DeviceBuffer source, long offset, Span<byte> target)
    {
        lock (Gate) Part(source, offset, target.Length).CopyTo(target);
    }

    /// <inheritdoc/>
    public override void Clear(DeviceBuffer target, long offset, long bytes)
    {
        lock (Gate)
        {
            for (long done = 0; done < bytes || bytes < 0; done += int.MaxValue) Part(target, offset + done, Math.Min(bytes - done, int.MaxValue)).Clear();
        }
    }

    /// <inheritdoc/>
    /// <remarks>Nothing to wait for: everything has run when its call returned.</remarks>
    public override void Synchronize()
    {
    }

    /// <summary>Runs a launch to its end.</summary>
    /// <exception cref="AcceleratorException">A kernel thread threw, or the threads of a group diverged. Of several the one in the first group.</exception>
    internal void Run(SimtLaunch work)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        (launch, next, count, failure) = (work, 0, work.Groups.Count, null);
        pool.For((int)Math.Min(count, teams.Length), runTeam);
        if (failure is not null) throw failure;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing || disposed) return;
        disposed = true;
        pool.Dispose();
        foreach (SimtTeam team in teams) team.Dispose();
    }

    private void RunTeam(int team, int worker)
    {
        SimtLaunch work = launch!;
        for (long i = Interlocked.Increment(ref next) - 1; i < count; i = Interlocked.Increment(ref next) - 1)
        {
            if (teams[team].Run(work, SimtTeam.Index(i, work.Groups)) is not { } thrown) continue;
            lock (failures)
            {
                // Groups begin in order, so the first that fails has always begun when a later one fails.
                if (failure is null || i < failedGroup) (failure, failedGroup) = (thrown, i);
                Interlocked.Add(ref next, count);
            }
        }
    }

    private static unsafe Span<byte> Part(DeviceBuffer buffer, long offset, long bytes)
    {
        if (buffer is not HostBuffer host) throw new ArgumentException($"A {buffer.GetType().Name} is not memory of simt.", nameof(buffer));
        if (offset < 0 || bytes < 0 || offset > host.Length - bytes)
            throw new ArgumentOutOfRangeException(nameof(offset), $"{bytes} bytes from byte {offset} on do not lie inside a buffer of {host.Length} bytes.");
        return new(host.Pointer + offset, (int)bytes);
    }
}
