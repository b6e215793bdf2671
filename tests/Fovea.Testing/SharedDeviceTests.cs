using Fovea.Core.Memory;

namespace Fovea.Testing;

/// <summary>Tests that share one device, each of which must leave its memory as it found it.</summary>
/// <param name="open">Opens the device.</param>
/// <param name="memory">What is known of its memory.</param>
internal abstract class SharedDeviceTests<TDevice>(Func<TDevice> open, Func<TDevice, MemoryStatistics> memory)
    where TDevice : class, IDisposable
{
    private TDevice? device;

    protected TDevice Device => device!;

    [OneTimeSetUp]
    public void OpenDevice() => device = open();

    [TearDown]
    public void NothingIsLeftInUse()
    {
        if (device is not null)
            Assert.That(WatchedDevice.Left(memory(device)), Is.EqualTo((0L, 0, 0)), "bytes in use, live buffers and leaked buffers");
    }

    [OneTimeTearDown]
    public void CloseDevice() => device?.Dispose();
}
