using Fovea.Core.Memory;
using Fovea.Execution;
using Fovea.Gpu.Devices;
using Fovea.Gpu.Devices.Compilation;
using Fovea.Testing;

namespace Fovea.Gpu.Tests;

/// <summary>A kernel that cannot be compiled is named, and the device goes on.</summary>
[TestFixtureSource(typeof(TestDevices), nameof(TestDevices.Named))]
internal sealed class CompilationFailureTests(string name) : KernelDeviceTests(name, own: true)
{
    [Test]
    public void TheKernelIsNamedAndTheDeviceGoesOn()
    {
        using DeviceBuffer x = Device.Upload<float>([1, 2]), y = Device.Upload<float>([10, 20]);
        for (int round = 0; round < 3; round++)
        {
            DeviceKernel broken = Device.Load(KernelSource.Of(TestKernels.TakesText, new Dim3(64), round));
            Assert.That(broken.Prepare, Throws.TypeOf<KernelCompilationException>().With.Message.StartsWith(
                "The kernel TestKernels.TakesText cannot be compiled: "));
            Assert.That(() => broken.Launch(new Dim3(1), y.View<float>()), Throws.TypeOf<KernelCompilationException>());
            // A group size of its own, so that it is compiled anew.
            Device.Load(KernelSource.Of(TestKernels.Add, new Dim3(32 + round))).Launch(new Dim3(1), x.View<float>(), y.View<float>());
        }
        Assert.That(Device.Download<float>(y), Is.EqualTo(new[] { 13f, 26f }));
    }

    [Test]
    public void ManyKernelsCompileAtOnceAlsoWhereSomeFail()
    {
        DeviceKernel[] good =
            [.. Enumerable.Range(0, 12).Select(i => Device.Load(KernelSource.Of(TestKernels.Where, new Dim3(8), 1000 + i)))];
        DeviceKernel[] broken =
            [.. Enumerable.Range(0, 4).Select(i => Device.Load(KernelSource.Of(TestKernels.TakesText, new Dim3(64), 1000 + i)))];
        foreach (DeviceKernel kernel in broken) Assert.That(kernel.Prepare, Throws.TypeOf<KernelCompilationException>());
        using DeviceBuffer buffer = Device.Allocate<int>(8);
        for (int i = 0; i < good.Length; i++)
        {
            good[i].Launch(new Dim3(1), buffer.View<int>());
            Assert.That(Device.Download<int>(buffer), Is.All.EqualTo(1000 + i));
        }
    }

    [Test]
    public void WhatIsNoKernelIsRefusedAtOnce()
    {
        Assert.That(() => KernelSource.Of(Returns, new Dim3(1)),
            Throws.ArgumentException.With.Message.Contains("a kernel is a static method that returns nothing"));
        Assert.That(() => new KernelSource(typeof(TestKernels).GetMethod(nameof(TestKernels.Scale))!, new Dim3(1)),
            Throws.ArgumentException.With.Message.Contains("open type parameters"));
        Assert.That(() => KernelSource.Of(TestKernels.Where, new Dim3(1)),
            Throws.ArgumentException.With.Message.Contains("1 specialized parameters, but 0 values"));
        Assert.That(() => KernelSource.Of(TestKernels.Where, new Dim3(1), 1f),
            Throws.ArgumentException.With.Message.Contains("'origin' is a Int32, not a Single"));

        static int Returns(int x) => x;
    }
}

/// <summary>The same for PTX, without a device.</summary>
internal sealed class PtxCompilationFailureTests
{
    [Test]
    public void TheCompilerGoesOn()
    {
        using var compiler = new PtxCompiler(80);
        for (int round = 0; round < 2; round++)
        {
            Assert.That(() => compiler.Compile(KernelSource.Of(TestKernels.Throws, new Dim3(64))),
                Throws.TypeOf<KernelCompilationException>().With.Message.StartsWith("The kernel TestKernels.Throws cannot be compiled: "));
            Assert.That(compiler.Compile(KernelSource.Of(TestKernels.Add, new Dim3(64))).Text, Does.Contain(".entry"));
        }
    }

    [Test]
    public void AnArchitectureThatIsNoneIsRefused() =>
        Assert.That(() => new PtxCompiler(42), Throws.ArgumentException.With.Message.StartsWith(
            "There is no architecture sm_42; there are sm_70, sm_75, sm_80, sm_86, sm_89, sm_90."));
}
