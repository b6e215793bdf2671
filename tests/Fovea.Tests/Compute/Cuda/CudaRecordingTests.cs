using Fovea.Compute;
using Fovea.Compute.Cuda;
using Fovea.Compute.Memory;
using static Fovea.Tests.ComputeTests.Cuda.CudaFixture;

namespace Fovea.Tests.ComputeTests.Cuda;

internal sealed class CudaRecordingTests
{
    private FakeCudaDriver driver = null!;
    private CudaAccelerator device = null!;
    private DeviceBuffer x = null!, y = null!;
    private Kernel add = null!;

    [SetUp]
    public void OpenDevice()
    {
        driver = new FakeCudaDriver();
        device = Open(driver);
        (x, y) = (device.Buffer(Numbers(64)), device.Buffer(Numbers(64)));
        add = device.Load(KernelSource.Of(CudaKernels.Add));
    }

    [TearDown]
    public void NothingIsLeft()
    {
        device.Dispose();
        Assert.That(driver.Leaks, Is.Empty);
        Assert.That(driver.Faults, Is.Empty);
    }

    [Test]
    public void WorkIsTakenDownAndDoneAsOftenAsWanted()
    {
        Recording recording = device.Record(() =>
        {
            Add();
            device.Clear(x, 0, 4 * 32);
            Add();
        }, out string? problem)!;
        Assert.That((problem, driver.LaunchesRun, driver.Count("cuLaunchKernel")), Is.EqualTo(((string?)null, 0, 2)));
        Assert.That(device.Values<float>(y), Is.EqualTo(Numbers(64)), "recording runs nothing");
        recording.Replay();
        Assert.That(device.Values<float>(y), Is.EqualTo(Numbers(64).Select(i => i < 32 ? 2 * i : 3 * i)));
        // The same work on what lies there now.
        device.Write(x, 0, System.Runtime.InteropServices.MemoryMarshal.AsBytes(Enumerable.Repeat(1f, 64).ToArray().AsSpan()));
        recording.Replay();
        recording.Replay();
        Assert.That(device.Values<float>(y), Is.EqualTo(Numbers(64).Select(i => i < 32 ? (2 * i) + 1 : (3 * i) + 4)));
        Assert.That((driver.Count("cuLaunchKernel"), driver.GraphLaunches, driver.LaunchesRun), Is.EqualTo((2, 3, 6)));
        recording.Dispose();
        recording.Dispose();
        Assert.That(recording.Replay, Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void WhatCannotBeRecordedIsNamedAndRunsNothing()
    {
        Refused(() => device.Write(x, 0, new byte[4]), "cannot copy from the host while work is recorded");
        Refused(() => device.Read(x, 0, new byte[4]), "cannot copy to the host");
        Refused(device.Synchronize, "cannot wait");
        Refused(() => device.Allocate(4), "cannot allocate memory");
        Refused(() => device.Load(KernelSource.Of(CudaKernels.Where, new Dim3(8), 7)), "cannot load the kernel CudaKernels.Where");
        Refused(() => ((CudaKernel)add).Measure(new Dim3(1), x.All(), y.All()), "cannot measure a kernel");
        Recording recording = device.Record(Add, out _)!;
        Refused(recording.Replay, "cannot replay a recording");
        // Errors of the caller are the caller's.
        Assert.That(() => device.Record(() => add.Launch(new Dim3(1)), out _), Throws.ArgumentException);
        Assert.That(driver.LaunchesRun, Is.Zero);
        recording.Replay();
        Assert.That(device.Values<float>(y)[9], Is.EqualTo(18), "the device goes on");

        void Refused(Action what, string problem)
        {
            Assert.That(device.Record(() =>
            {
                Add();
                what();
            }, out string? told), Is.Null);
            Assert.That(told, Does.StartWith("cuda:0 ").And.Contains(problem));
        }
    }

    [TestCase("cuStreamBeginCapture", FakeCudaDriver.NotSupported)]
    [TestCase("cuLaunchKernel", FakeCudaDriver.CaptureUnsupported)]
    [TestCase("cuMemsetD8Async", FakeCudaDriver.CaptureUnsupported)]
    [TestCase("cuStreamEndCapture", FakeCudaDriver.CaptureInvalidated)]
    [TestCase("cuGraphInstantiateWithFlags", FakeCudaDriver.OutOfMemory)]
    public void ADriverThatRefusesGivesNoRecording(string call, int code)
    {
        driver.Fail(call, code);
        Assert.That(device.Record(Work, out string? problem), Is.Null);
        Assert.That(problem, Does.StartWith($"cuda:0: {call} failed with CUDA_ERROR_"));
        Recording? second = device.Record(Work, out problem);
        Assert.That(problem, Is.Null, "the next time may be better");
        second!.Replay();
        Assert.That(device.Values<float>(y)[3], Is.EqualTo(6));

        void Work()
        {
            Add();
            device.Clear(x, 0, 8);
        }
    }

    [Test]
    public void OtherThreadsGoOnWhileOneRecords()
    {
        using var recording = new ManualResetEventSlim();
        using var done = new ManualResetEventSlim();
        var other = new Thread(() =>
        {
            recording.Wait();
            Add();
            device.Synchronize();
            done.Set();
        });
        other.Start();
        Recording? recorded = device.Record(() =>
        {
            recording.Set();
            Assert.That(done.Wait(TimeSpan.FromSeconds(20)), "the other thread waits for nobody");
            Add();
        }, out string? problem);
        other.Join();
        Assert.That((problem, driver.LaunchesRun), Is.EqualTo(((string?)null, 1)));
        recorded!.Replay();
        Assert.That(device.Values<float>(y)[3], Is.EqualTo(9));
    }

    private void Add() => add.Launch(new Dim3(1), x.All(), y.All());
}
