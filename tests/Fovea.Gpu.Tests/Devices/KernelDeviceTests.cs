using Fovea.Gpu.Devices;
using Fovea.Testing;

namespace Fovea.Gpu.Tests;

/// <summary>Tests of kernels that every device must pass.</summary>
/// <param name="name">The device.</param>
/// <param name="own">Whether no other tests have used it.</param>
internal abstract class KernelDeviceTests(string name, bool own = false)
    : SharedDeviceTests<KernelDevice>(() => own ? TestDevices.Open(name) : TestDevices.Share(name), device => device.Memory)
{
    protected string Name => name;

    /// <summary>How many random cases to try: fewer where each compiles kernels of its own.</summary>
    protected int RandomCases(int usual) => TestDevices.RandomCases(name, usual);
}
