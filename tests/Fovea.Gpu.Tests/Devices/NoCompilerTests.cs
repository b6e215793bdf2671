using Fovea.Diagnostics;

namespace Fovea.Gpu.Tests;

/// <summary>A program without a just-in-time compiler has the CPU, and says why it has no GPU. The switch plays that program.</summary>
[NonParallelizable]
internal sealed class NoCompilerTests
{
    [SetUp]
    public void SwitchOff() => AppContext.SetSwitch(GpuSupport.Switch, false);

    [TearDown]
    public void SwitchOn() => AppContext.SetSwitch(GpuSupport.Switch, true);

    [Test]
    public void AGpuIsRefusedWithTheReason([Values("debug", "cuda", "opencl:0")] string name) =>
        Assert.That(() => Device.Open(name), Throws.InstanceOf<DeviceException>()
            .With.Message.Contains($"'{name}'").And.Message.Contains("(JIT)").And.Message.Contains("PublishAot"));

    [Test]
    public void AnUnknownNameIsNotBlamedOnTheCompiler() =>
        Assert.That(() => Device.Open("gpu"), Throws.InstanceOf<DeviceException>()
            .With.Message.EqualTo("There is no device 'gpu'. This machine has: cpu; auto takes the best."));

    [Test]
    public void TheCpuWorksAndIsAllThereIs()
    {
        using Device device = Device.Open("cpu", 1);
        Assert.That(device.Check(), Is.Null);
        Assert.That(Device.List().Select(info => info.Name), Is.EqualTo(new[] { "cpu" }));
        Assert.That(Device.Missing(), Has.Some.Contains("JIT"));
        Assert.That(Device.PassedOver(), Is.Empty);
        Assert.That(SystemReport.Collect().Drivers.Single().Value, Does.Contain("JIT"));
    }
}
