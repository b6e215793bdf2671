namespace Fovea.Testing;

/// <summary>Tests of networks that every device must pass.</summary>
/// <param name="name">The device.</param>
/// <param name="own">Whether no other tests have used it.</param>
internal abstract class DeviceTests(string name, bool own = false) : SharedDeviceTests<Device>(
    () => own ? TestDevices.OpenForNetworks(name) : TestDevices.ShareForNetworks(name), device => device.Memory)
{
    /// <summary>The devices that fixtures run on.</summary>
    public static IEnumerable<string> Names => TestDevices.ForNetworks;
}
