namespace Fovea.Testing;

/// <summary>Tests of networks that every device must pass.</summary>
internal abstract class DeviceTests(string name)
    : SharedDeviceTests<Device>(() => TestDevices.OpenForNetworks(name), device => device.Memory)
{
    /// <summary>The devices that fixtures run on.</summary>
    public static IEnumerable<string> Names => TestDevices.ForNetworks;
}
