using Fovea.Core.Memory;
using Fovea.Execution;
using Fovea.Gpu.Devices;

namespace Fovea.Testing;

/// <summary>A device that fails the test if memory is still in use when it is disposed, or was left to the garbage collector.</summary>
/// <param name="device">The device.</param>
/// <param name="keep">Whether it stays open when this is disposed, because others use it as well.</param>
internal sealed class WatchedDevice(KernelDevice device, bool keep = false) : KernelDevice
{
    private bool disposed;

    public KernelDevice Inner => device;

    public override AcceleratorInfo Info => device.Info;

    public override MemoryStatistics Memory => device.Memory;

    public override bool CanRecord => device.CanRecord;

    public override DeviceBuffer Allocate(long bytes) => device.Allocate(bytes);

    public override DeviceKernel Load(KernelSource source) => device.Load(source);

    public override void Write(DeviceBuffer target, long offset, ReadOnlySpan<byte> source) => device.Write(target, offset, source);

    public override void Read(DeviceBuffer source, long offset, Span<byte> target) => device.Read(source, offset, target);

    public override void Clear(DeviceBuffer target, long offset, long bytes) => device.Clear(target, offset, bytes);

    public override void Synchronize() => device.Synchronize();

    public override Recording? Record(Action queueWork, out string? problem) => device.Record(queueWork, out problem);

    protected override void Dispose(bool disposing)
    {
        if (disposed) return;
        disposed = true;
        (long, int, int) left = Left(device.Memory);
        if (!keep) device.Dispose();
        Assert.That(
            left, Is.EqualTo((0L, 0, 0)), $"bytes in use, live buffers and leaked buffers of {device.Info.Name} when it was disposed");
    }

    /// <summary>Bytes in use, live buffers, and buffers that were never disposed.</summary>
    public static (long InUse, int Buffers, int Leaked) Left(MemoryStatistics memory) => (memory.InUse, memory.Buffers, memory.Leaked);
}
