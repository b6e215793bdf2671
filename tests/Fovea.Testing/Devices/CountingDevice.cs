using Fovea.Core;
using Fovea.Core.Memory;
using Fovea.Gpu.Devices;

namespace Fovea.Testing;

/// <summary>The debugging device, counting what is asked of it.</summary>
/// <param name="idle">Whether kernels are counted instead of run.</param>
internal sealed class CountingDevice(bool idle = false) : KernelDevice
{
    private readonly WatchedDevice inner = TestDevices.Open("debug");

    public int Writes { get; private set; }

    public int Reads { get; private set; }

    public int Launches { get; private set; }

    /// <summary>Allocations larger than this fail.</summary>
    public long Limit { get; set; } = long.MaxValue;

    /// <summary>What launches throw, if they are to fail.</summary>
    public Exception? Failure { get; set; }

    public override AcceleratorInfo Info => inner.Info;

    public override MemoryStatistics Memory => inner.Memory;

    private bool Idle => idle;

    public override DeviceBuffer Allocate(long bytes) =>
        bytes > Limit ? throw new DeviceOutOfMemoryException($"{bytes} bytes are too many.") : inner.Allocate(bytes);

    public override DeviceKernel Load(KernelSource source) => new CountingKernel(this, inner.Load(source), source);

    public override void Write(DeviceBuffer target, long offset, ReadOnlySpan<byte> source)
    {
        Writes++;
        inner.Write(target, offset, source);
    }

    public override void Read(DeviceBuffer source, long offset, Span<byte> target)
    {
        Reads++;
        inner.Read(source, offset, target);
    }

    public override void Clear(DeviceBuffer target, long offset, long bytes) => inner.Clear(target, offset, bytes);

    public override void Synchronize() => inner.Synchronize();

    protected override void Dispose(bool disposing) => inner.Dispose();

    private sealed class CountingKernel(CountingDevice owner, DeviceKernel kernel, KernelSource source) : DeviceKernel(source)
    {
        public override void Launch(Dim3 groups, params ReadOnlySpan<KernelArgument> arguments)
        {
            owner.Launches++;
            if (owner.Failure is { } failure) throw failure;
            if (!owner.Idle) kernel.Launch(groups, arguments);
        }
    }
}
