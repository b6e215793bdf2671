
namespace Fovea.Testing;

/// <summary>Tests of networks that every device must pass. They share one device, and each must leave its memory as it found it.</summary>
internal abstract class DeviceTests(string name)
{
    private Device? device;

    /// <summary>The devices that fixtures run on.</summary>
    public static IEnumerable<string> Names => TestDevices.ForNetworks;

    protected Device Device => device!;

    [OneTimeSetUp]
    public void OpenDevice() => device = TestDevices.OpenForNetworks(name);

    [TearDown]
    public void NothingIsLeftInUse()
    {
        if (device is not null)
            Assert.That(WatchedDevice.Left(device.Memory), Is.EqualTo((0L, 0, 0)), "bytes in use, live buffers and leaked buffers");
    }

    [OneTimeTearDown]
    public void CloseDevice() => device?.Dispose();
}
