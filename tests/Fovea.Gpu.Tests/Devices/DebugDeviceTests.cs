using Fovea.Core;
using Fovea.Core.Memory;
using Fovea.Gpu.Devices;
using Fovea.Testing;

namespace Fovea.Gpu.Tests;

/// <summary>Errors of kernels on the debugging device: they name the kernel, the process lives, and the next launch works.</summary>
internal sealed class DebugDeviceTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private WatchedDevice device = null!;
    private DeviceBuffer values = null!;

    [SetUp]
    public void Open()
    {
        device = TestDevices.Open(GpuDevices.Debug);
        values = device.Allocate<float>(100);
    }

    [TearDown]
    public void Close()
    {
        // Whatever went wrong, the device still works.
        device.Clear(values, 0, values.Length);
        device.Load(KernelSource.Of(TestKernels.Overrun, new Dim3(20))).Launch(new Dim3(5), values.View<float>(), KernelArgument.Of(1));
        Assert.That(device.Download<float>(values), Is.All.EqualTo(2f));
        values.Dispose();
        device.Dispose();
    }

    [Test]
    public void AnIndexOutOfRangeNamesTheKernel([Values(0, 1, 3)] int barriers, [Values(3, 4, 16)] int groupSize)
    {
        DeviceKernel kernel = device.Load(KernelSource.Of(TestKernels.Overrun, new Dim3(groupSize)));
        DeviceFailureException error = Fails(kernel, new Dim3((120 / groupSize) + 1), values.View<float>(), KernelArgument.Of(barriers));
        Assert.That(error.Message, Does.StartWith("debug: TestKernels.Overrun failed: "));
        Assert.That(error.InnerException, Is.TypeOf<IndexOutOfRangeException>());
        Assert.That(error.InnerException!.StackTrace, Does.Contain(nameof(TestKernels.Overrun)));
    }

    [Test]
    public void AnExceptionOfTheKernelsOwnMathematicsIsReported()
    {
        DeviceKernel kernel = device.Load(KernelSource.Of(DivideByZero, new Dim3(8)));
        DeviceFailureException error = Fails(kernel, new Dim3(2), values.View<float>(), KernelArgument.Of(0));
        Assert.That(error.InnerException, Is.TypeOf<DivideByZeroException>());
    }

    [Test]
    public void ThreadsThatEndBeforeABarrierDoNotHangTheOthers()
    {
        DeviceKernel kernel = device.Load(KernelSource.Of(TestKernels.EndEarly, new Dim3(20)));
        Task launch = Task.Run(() => kernel.Launch(new Dim3(5), values.View<float>()));
        Assert.That(launch.Wait(Patience), "the launch hangs");
    }

    [Test]
    public void TwoDevicesKeepTheirErrorsApart()
    {
        using WatchedDevice other = TestDevices.Open(GpuDevices.Debug);
        DeviceKernel broken = device.Load(KernelSource.Of(TestKernels.Overrun, new Dim3(8))),
            good = other.Load(KernelSource.Of(TestKernels.Overrun, new Dim3(8)));
        broken.Prepare();
        good.Prepare();
        using DeviceBuffer elsewhere = other.Allocate<float>(800);
        var failures = new List<Exception>();
        var thread = new Thread(() =>
        {
            for (int i = 0; i < 20; i++)
            {
                try
                {
                    good.Launch(new Dim3(20), elsewhere.View<float>(), KernelArgument.Of(1));
                }
                catch (Exception exception)
                {
                    failures.Add(exception);
                }
            }
        });
        thread.Start();
        int failed = 0;
        for (int i = 0; i < 20; i++)
        {
            try
            {
                broken.Launch(new Dim3(20), values.View<float>(), KernelArgument.Of(1));
            }
            catch (DeviceFailureException)
            {
                failed++;
            }
        }
        thread.Join();
        Assert.That((failed, failures.Count), Is.EqualTo((20, 0)));
    }

    private static void DivideByZero(ILGPU.ArrayView<float> values, int divisor) => values[ILGPU.Grid.GlobalIndex.X] = 7 / divisor;

    private static DeviceFailureException Fails(DeviceKernel kernel, Dim3 groups, params KernelArgument[] arguments)
    {
        Task<DeviceFailureException> launch =
            Task.Run(() => Assert.Throws<DeviceFailureException>(() => kernel.Launch(groups, arguments))!);
        Assert.That(launch.Wait(Patience), "the launch hangs");
        return launch.Result;
    }
}
