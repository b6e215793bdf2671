using Fovea.Core;
using Fovea.Core.Memory;
using Fovea.Gpu.Devices;
using Fovea.Testing;

namespace Fovea.Gpu.Tests;

/// <summary>Launches: what arrives at a kernel, and what is refused before it runs.</summary>
[TestFixtureSource(typeof(TestDevices), nameof(TestDevices.Named))]
internal sealed class LaunchTests(string device) : KernelDeviceTests(device, own: true)
{
    private static readonly Dim3 Group = new(64);

    [Test]
    public void DevicesAreDescribed()
    {
        AcceleratorInfo info = Device.Info;
        Assert.That(info.Name, Does.Match($@"^{Name}(:\d+)?$"));
        Assert.That(info.Description, Is.Not.Empty);
        Assert.That(info.Memory, Is.GreaterThan(1L << 24));
        Assert.That((info.Units, info.MaxGroupSize, info.SharedBytes), Is.GreaterThan((0, 255, (32 << 10) - 1)));
        Assert.That(() => GpuDevices.Open("opencl:99"), Throws.TypeOf<DeviceFailureException>().With.Message.Contains("opencl:99"));
    }

    [Test]
    public void ViewsBeginAnywhereInTheirBuffers()
    {
        using DeviceBuffer x = Device.Upload<float>(Numbers(1000)), y = Device.Upload<float>(Numbers(1000));
        // 333 elements from the 3rd on are added to those from the 501st on; 64 threads in 6 groups.
        Device.Load(KernelSource.Of(TestKernels.Add, Group))
            .Launch(new Dim3(6), KernelArgument.View(x, 3 * 4, 333), KernelArgument.View(y, 501 * 4, 333));
        float[] result = Device.Download<float>(y);
        for (int i = 0; i < 1000; i++) Assert.That(result[i], Is.EqualTo(i is >= 501 and < 834 ? i + (i - 498) : i));
    }

    [Test]
    public void StructsArriveFieldByField()
    {
        using DeviceBuffer x = Device.Upload<float>([1, 2, 3]), y = Device.Allocate<float>(3);
        Device.Load(KernelSource.Of(TestKernels.Map, Group)).Launch(new Dim3(1), x.View<float>(), y.View<float>(),
            KernelArgument.Of(new Affine { Unused = 255, Factor = 0.5, Term = -7 }), KernelArgument.Of(1000));
        Assert.That(Device.Download<float>(y), Is.EqualTo(new[] { 993.5f, 994f, 994.5f }));
    }

    [Test]
    public void GroupsHaveThreeDimensions()
    {
        using DeviceBuffer buffer = Device.Allocate<int>(4 * 8 * 9);
        Device.Load(KernelSource.Of(TestKernels.Where, new Dim3(4, 3, 2), 5000)).Launch(new Dim3(2, 3, 2), buffer.View<int>());
        int[] result = Device.Download<int>(buffer);
        for (int i = 0; i < result.Length; i++)
            Assert.That(result[i], Is.EqualTo(5000 + (100 * (i % 8 / 4)) + (10 * (i / 8 % 9 / 3)) + (i / 72 / 2)), $"{i}");
    }

    [Test]
    public void SharedMemoryIsSeenByTheGroup()
    {
        using DeviceBuffer buffer = Device.Upload<float>(Numbers(256));
        Device.Load(KernelSource.Of(TestKernels.Reverse, Group)).Launch(new Dim3(4), buffer.View<float>());
        Assert.That(
            Device.Download<float>(buffer), Is.EqualTo(Enumerable.Range(0, 256).Select(i => (float)((i / 64 * 64) + 63 - (i % 64)))));
    }

    [Test]
    public void NoGroupsIsNothingToDo()
    {
        using DeviceBuffer x = Device.Upload<float>([1]), y = Device.Upload<float>([2]);
        DeviceKernel add = Device.Load(KernelSource.Of(TestKernels.Add, Group));
        add.Launch(new Dim3(0), x.View<float>(), y.View<float>());
        add.Launch(new Dim3(3, 0, 2), x.View<float>(), y.View<float>());
        Assert.That(Device.Download<float>(y), Is.EqualTo(new[] { 2f }));
        Assert.That(() => add.Launch(new Dim3(1, 1, -1), x.View<float>(), y.View<float>()), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void WrongArgumentsAreNamed()
    {
        using WatchedDevice other = TestDevices.Open(Name);
        using DeviceBuffer x = Device.Upload<float>([1, 2]), foreign = other.Upload<float>([1, 2]);
        using var host = new HostBuffer(8);
        DeviceKernel kernel = Device.Load(KernelSource.Of(TestKernels.Map, Group));
        KernelArgument view = KernelArgument.View(x, 0, 2), map = KernelArgument.Of(default(Affine)), shift = KernelArgument.Of(0);
        Fails("TestKernels.Map takes 4 arguments, not 3", view, view, map);
        Fails("TestKernels.Map: the parameter 'y' is a view of Single, but a value of type Int32 was given", view, shift, map, shift);
        Fails("TestKernels.Map: the parameter 'shift' is of type Int32, but a view was given", view, view, map, view);
        Fails("TestKernels.Map: the parameter 'map' is of type Affine, but a value of type Int32 was given", view, view, shift, shift);
        Fails("TestKernels.Map: the parameter 'shift' is of type Int32, but a value of type Affine was given", view, view, map, map);
        // As large as what is wanted: its bits would be another number.
        Fails("TestKernels.Map: the parameter 'shift' is of type Int32, but a value of type Single was given", view, view, map,
            KernelArgument.Of(2f));
        Fails("TestKernels.Map: the parameter 'shift' is of type Int32, but nothing was given", view, view, map, default);
        Fails("TestKernels.Map: the parameter 'x' is a view of Single, but it was given 2 elements of 4 bytes "
            + "from byte 4 on of a buffer of 8 bytes",
            KernelArgument.View(x, 4, 2), view, map, shift);
        Fails("TestKernels.Map: the parameter 'y' is a view of Single, but it was given one that begins at byte 2, "
            + "not on a multiple of 4 bytes",
            view, KernelArgument.View(x, 2, 1), map, shift);
        Fails("The buffer does not lie on this", view, KernelArgument.View(foreign, 0, 2), map, shift);
        Fails("The buffer does not lie on this", view, KernelArgument.View(host, 0, 2), map, shift);

        void Fails(string message, params KernelArgument[] arguments) =>
            Assert.That(
                () => kernel.Launch(new Dim3(1), arguments), Throws.InstanceOf<ArgumentException>().With.Message.StartsWith(message));
    }

    [Test]
    public void GroupsThatAreTooLargeAreRefused()
    {
        foreach (Dim3 size in (Dim3[])[new(Device.Info.MaxGroupSize + 1), new(1, 1, 1 << 20)])
        {
            Assert.That(() => Device.Load(KernelSource.Of(TestKernels.Add, size)),
                Throws.TypeOf<DeviceFailureException>().With.Message.Contains(
                    $"TestKernels.Add has groups of {size} threads; {Device.Info.MaxGroupSize} are possible"));
        }
        foreach (Dim3 size in (Dim3[])[new(0), new(1, -1)])
            Assert.That(() => KernelSource.Of(TestKernels.Add, size), Throws.ArgumentException.With.Message.Contains("TestKernels.Add"));
    }

    [Test]
    public void TheSameKernelIsLoadedOnce()
    {
        DeviceKernel first = Device.Load(KernelSource.Of(TestKernels.Where, new Dim3(16), 1));
        Assert.That(Device.Load(KernelSource.Of(TestKernels.Where, new Dim3(16), 1)), Is.SameAs(first));
        Assert.That(Device.Load(KernelSource.Of(TestKernels.Where, new Dim3(16), 2)), Is.Not.SameAs(first));
        Assert.That(Device.Load(KernelSource.Of(TestKernels.Where, new Dim3(8), 1)), Is.Not.SameAs(first));
    }

    [Test]
    public void CompiledLaunchesAndCopiesAllocateNothingOnTheHeap()
    {
        if (Device.Info.IsDebug) Assert.Ignore("A launch of the debugging device starts threads.");
        using DeviceBuffer x = Device.Upload<float>([1, 2, 3]), y = Device.Upload<float>([0, 0, 0]);
        DeviceKernel kernel = Device.Load(KernelSource.Of(TestKernels.Map, Group));
        KernelArgument[] arguments = [x.View<float>(), y.View<float>(), KernelArgument.Of(default(Affine)), KernelArgument.Of(1)];
        byte[] bytes = new byte[12];
        Run(100);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Run(1000);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);

        void Run(int times)
        {
            for (int i = 0; i < times; i++)
            {
                Device.Write(x, 0, bytes);
                kernel.Launch(new Dim3(1), arguments);
                Device.Read(y, 0, bytes);
                Device.Clear(y, 0, 12);
            }
            Device.Synchronize();
        }
    }

    private static float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(i => (float)i)];
}
