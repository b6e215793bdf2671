using Fovea.Gpu.Devices;
using Fovea.Testing;

namespace Fovea.Gpu.Tests;

/// <summary>Tests of kernels that every device must pass. They share one device, and each must leave its memory as it found it.</summary>
internal abstract class KernelDeviceTests(string name)
{
    private KernelDevice? device;

    protected string Name => name;

    protected KernelDevice Device => device!;

    /// <summary>How many random cases to try: fewer where each compiles kernels of its own.</summary>
    protected int RandomCases(int usual) => TestDevices.RandomCases(name, usual);

    [OneTimeSetUp]
    public void OpenDevice() => device = TestDevices.Open(name);

    [TearDown]
    public void NothingIsLeftInUse()
    {
        if (device is not null)
            Assert.That(WatchedDevice.Left(device.Memory), Is.EqualTo((0L, 0, 0)), "bytes in use, live buffers and leaked buffers");
    }

    [OneTimeTearDown]
    public void CloseDevice() => device?.Dispose();
}
