namespace Fovea.Tests.Ops;

/// <summary>Tests that every device must pass. A fixture lists the devices; one that this machine lacks is skipped.</summary>
internal abstract class DeviceTests(string name)
{
    private Device? device;

    /// <summary>The devices that fixtures run on.</summary>
    public static readonly string[] Names = ["cpu", "simt", "opencl"];

    protected Device Device => device!;

    [OneTimeSetUp]
    public void OpenDevice()
    {
        try
        {
            device = Device.Open(name, threads: 2);
        }
        catch (DeviceException exception)
        {
            Assert.Ignore(exception.Message);
        }
    }

    [OneTimeTearDown]
    public void CloseDevice() => device?.Dispose();
}
