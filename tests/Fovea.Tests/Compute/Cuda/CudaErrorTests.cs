using Fovea.Compute;
using Fovea.Compute.Cuda;
using Fovea.Compute.Memory;
using static Fovea.Tests.ComputeTests.Cuda.CudaFixture;

namespace Fovea.Tests.ComputeTests.Cuda;

internal sealed class CudaErrorTests
{
    [Test]
    public void ARefusedLaunchNamesCallCodeDeviceAndKernel()
    {
        var driver = new FakeCudaDriver();
        using CudaAccelerator device = Open(driver);
        using DeviceBuffer x = device.Buffer(Numbers(64)), y = device.Buffer(Numbers(64));
        Kernel add = device.Load(KernelSource.Of(CudaKernels.Add));
        driver.Fail("cuLaunchKernel", FakeCudaDriver.OutOfResources);
        var exception = Assert.Throws<CudaException>(() => add.Launch(new Dim3(1), x.All(), y.All()));
        Assert.That(exception.Message, Is.EqualTo("cuda:0: cuLaunchKernel failed with CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES (kernel CudaKernels.Add)."));
        Assert.That((exception.Code, exception.CodeName, exception.Call, exception.Kernel), Is.EqualTo((701, "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES", "cuLaunchKernel", "CudaKernels.Add")));
        add.Launch(new Dim3(1), x.All(), y.All());
        Assert.That(device.Values<float>(y)[3], Is.EqualTo(6), "it goes on");
        driver.Fail("cuMemsetD8Async", 12345);
        Assert.That(() => device.Clear(x, 0, 4), Throws.TypeOf<CudaException>().With.Message.EqualTo("cuda:0: cuMemsetD8Async failed with code 12345."));
    }

    [Test]
    public void AKernelThatFailsLaterIsNamedToo()
    {
        var driver = new FakeCudaDriver();
        driver.Launcher = launch => throw new Ptx.PtxException(Ptx.PtxError.Trap, "stop");
        CudaAccelerator device = Open(driver);
        DeviceBuffer x = device.Buffer(Numbers(64)), y = device.Buffer(Numbers(64));
        Kernel add = device.Load(KernelSource.Of(CudaKernels.Add));
        add.Launch(new Dim3(1), x.All(), y.All());
        var exception = Assert.Throws<CudaException>(device.Synchronize);
        Assert.That(exception.Message, Does.StartWith("cuda:0: cuStreamSynchronize failed with CUDA_ERROR_LAUNCH_FAILED: unspecified launch failure.\n")
            .And.Contains("The last launch was CudaKernels.Add.").And.Contains("FOVEA_SYNC=1"));
        Assert.That(() => device.Values<float>(y), Throws.TypeOf<CudaException>(), "a broken context stays broken");
        Assert.That(device.Dispose, Throws.Nothing);
    }

    [Test]
    public void AFailureWithinARecordingTellsOfIt()
    {
        var driver = new FakeCudaDriver();
        using CudaAccelerator device = Open(driver);
        DeviceBuffer x = device.Buffer(Numbers(64)), y = device.Buffer(Numbers(64));
        Kernel add = device.Load(KernelSource.Of(CudaKernels.Add)), where = device.Load(KernelSource.Of(CudaKernels.Where, new Dim3(32), 1));
        Recording recording = device.Record(() =>
        {
            add.Launch(new Dim3(1), x.All(), y.All());
            where.Launch(new Dim3(1), x.All());
        }, out _)!;
        driver.Launcher = launch => throw new Ptx.PtxException(Ptx.PtxError.OutOfBounds, "far out");
        recording.Replay();
        Assert.That(device.Synchronize, Throws.TypeOf<CudaException>().With.Message.Contains("ILLEGAL_ADDRESS").And.Message.Contains("a recording of 2 launches, the last of them CudaKernels.Where."));
    }

    [TestCase(true)]
    [TestCase(false)]
    public void ARefusedTextComesWithTheLogAndItsLines(bool hasLinker)
    {
        // The first instruction of the kernel's own becomes one that no assembler knows.
        int broken = 0;
        string? origin = null;
        var compiler = new CountingPtxCompiler
        {
            Change = kernel =>
            {
                string[] lines = kernel.Text.Split('\n');
                broken = Enumerable.Range(0, kernel.Lines.Count).Last(i => kernel.Lines[i] is not null && lines[i].StartsWith("    "));
                (lines[broken], origin) = ("    frobnicate.f32 %f1;", kernel.Lines[broken]);
                return kernel with { Text = string.Join('\n', lines) };
            },
        };
        var driver = new FakeCudaDriver { HasLinker = hasLinker };
        using (CudaAccelerator device = Open(driver, compiler))
        {
            var exception = Assert.Throws<CudaException>(() => device.Load(KernelSource.Of(CudaKernels.Add)));
            string[] lines = exception.Message.Split('\n');
            Assert.That(lines[0], Is.EqualTo($"cuda:0: {(hasLinker ? "cuLinkAddData" : "cuModuleLoadDataEx")} failed with CUDA_ERROR_INVALID_PTX: a PTX JIT compilation failed (kernel CudaKernels.Add)."));
            Assert.That(lines[1], Does.StartWith($"ptxas application ptx input, line {broken + 1}; error   :").And.EndsWith($": frobnicate.f32 %f1; [{origin}]"));
            Assert.That(origin, Does.StartWith("CudaFixture.cs:"));
            Assert.That(lines[2], Does.Contain("aborted"));
        }
        Assert.That(driver.Leaks, Is.Empty);
    }

    [Test]
    public void AFunctionThatIsMissingLeavesNoModule()
    {
        var driver = new FakeCudaDriver();
        using CudaAccelerator device = Open(driver, new CountingPtxCompiler { Change = kernel => kernel with { EntryPoint = "nowhere" } });
        Assert.That(() => device.Load(KernelSource.Of(CudaKernels.Add)), Throws.TypeOf<CudaException>().With.Message.Contains("cuModuleGetFunction failed with code 500 (kernel CudaKernels.Add)"));
        Assert.That(driver.Leaks, Has.None.Contains("module"));
    }
}
