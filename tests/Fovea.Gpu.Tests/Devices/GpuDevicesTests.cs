using Fovea.Core;
using Fovea.Gpu.Devices;

namespace Fovea.Gpu.Tests;

/// <summary>Which devices there are, and what is said of those that are not there.</summary>
internal sealed class GpuDevicesTests
{
    [Test]
    public void TheDebuggingDeviceIsAlwaysThereAndLast()
    {
        AcceleratorInfo[] devices = [.. GpuDevices.List()];
        Assert.That(devices.Select(device => device.Name), Is.Unique);
        Assert.That(devices[^1].Name, Is.EqualTo("debug"));
        Assert.That(devices.Count(device => device.IsDebug), Is.EqualTo(1));
        Assert.That(GpuDevices.Candidates().Select(candidate => candidate.Info.IsGpu), Is.All.True);
    }

    [Test]
    public void WhatIsMissingIsSaidOnce()
    {
        IReadOnlyList<string> missing = GpuDevices.Missing();
        Assert.That(missing.Contains("No NVIDIA driver (libcuda.so.1 or nvcuda.dll) is installed."),
            Is.EqualTo(GpuDevices.CudaDriverVersion is null));
        Assert.That(missing.Contains("No OpenCL loader (libOpenCL.so.1 or OpenCL.dll) is installed."), Is.EqualTo(!GpuDevices.HasOpenCl));
        Assert.That(missing, Is.Unique);
        Assert.That(missing, Is.All.Match(@"^[^\n]*[.?)]$"), "one line each");
    }

    [TestCase("cuda")]
    [TestCase("opencl")]
    public void AKindThatIsNotThereSaysWhy(string kind)
    {
        string missing = $"{kind}:{GpuDevices.List().Count(device => device.Name.StartsWith(kind, StringComparison.Ordinal))}";
        DeviceFailureException error = Assert.Throws<DeviceFailureException>(() => GpuDevices.Open(missing))!;
        Assert.That(error.Message, Does.StartWith($"There is no device {missing}."));
        foreach (string problem in GpuDevices.Missing()) Assert.That(error.Message, Does.Contain(problem));
        foreach (AcceleratorInfo there in GpuDevices.List().Where(device => device.Name.StartsWith(kind, StringComparison.Ordinal)))
            Assert.That(error.Message, Does.Contain(there.Name));
    }

    [TestCase("")]
    [TestCase("gpu")]
    [TestCase("simt")]
    [TestCase("debug:1")]
    [TestCase("opencl:x")]
    [TestCase("opencl:-1")]
    [TestCase("opencl:0:0")]
    [TestCase("OpenCL")]
    public void OtherNamesAreUnknown(string name)
    {
        Assert.That(GpuDevices.TryOpen(name), Is.Null);
        Assert.That(() => GpuDevices.Open(name), Throws.TypeOf<DeviceFailureException>().With.Message.Contains(
            $"There is no device '{name}'. This machine has: ").And.Message.Contains("debug"));
        Assert.That(() => Device.Open(name), Throws.TypeOf<DeviceException>().With.Message.Contains($"'{name}'"));
    }

    [TestCase("opencl:99")]
    [TestCase("cuda:99")]
    public void OtherNumbersAreNotThere(string name) =>
        Assert.That(
            () => GpuDevices.TryOpen(name), Throws.TypeOf<DeviceFailureException>().With.Message.StartsWith($"There is no device {name}."));
}
