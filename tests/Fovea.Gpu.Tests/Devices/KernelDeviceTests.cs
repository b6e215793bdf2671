using Fovea.Gpu.Devices;
using Fovea.Testing;

namespace Fovea.Gpu.Tests;

/// <summary>Tests of kernels that every device must pass.</summary>
internal abstract class KernelDeviceTests(string name)
    : SharedDeviceTests<KernelDevice>(() => TestDevices.Open(name), device => device.Memory)
{
    protected string Name => name;

    /// <summary>How many random cases to try: fewer where each compiles kernels of its own.</summary>
    protected int RandomCases(int usual) => TestDevices.RandomCases(name, usual);
}
