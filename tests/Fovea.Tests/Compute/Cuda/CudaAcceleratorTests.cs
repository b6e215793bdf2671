using System.Text.RegularExpressions;
using Fovea.Compute;
using Fovea.Compute.Compiler;
using Fovea.Compute.Cuda;
using Fovea.Compute.Memory;
using static Fovea.Tests.ComputeTests.Cuda.CudaFixture;

namespace Fovea.Tests.ComputeTests.Cuda;

internal sealed class CudaAcceleratorTests
{
    [Test]
    public void ViewsBeginAnywhereInTheirBuffers()
    {
        var driver = new FakeCudaDriver();
        using CudaAccelerator device = Open(driver);
        using DeviceBuffer x = device.Buffer(Numbers(1000)), y = device.Buffer(Numbers(1000));
        device.Load(KernelSource.Of(CudaKernels.Add)).Launch(new Dim3(6), KernelArgument.View(x, 3 * 4, 333), KernelArgument.View(y, 501 * 4, 333));
        float[] result = device.Values<float>(y);
        Assert.That(driver.Faults, Is.Empty);
        for (int i = 0; i < 1000; i++) Assert.That(result[i], Is.EqualTo(i is >= 501 and < 834 ? i + (i - 498) : i));
    }

    [Test]
    public void NumbersOfEveryWidthArrive()
    {
        var driver = new FakeCudaDriver();
        using CudaAccelerator device = Open(driver);
        using DeviceBuffer target = device.Allocate(80);
        var mixed = new Mixed { Byte = 200, Short = -3, Bool = true, Signed = -7, Unsigned = 65535, Double = -1.25, Long = -1L << 40, Single = 1e6f };
        device.Load(KernelSource.Of(CudaKernels.Spell)).Launch(new Dim3(1), target.All(8), KernelArgument.Of((byte)255), KernelArgument.Of(mixed), KernelArgument.Of(-9));
        Assert.That(device.Values<long>(target), Is.EqualTo(new[] { 255, 200, -3, 1, -7, 65535, -5, -1L << 40, 1000000, -9 }));
    }

    [Test]
    public void NumbersOfAnotherTypeAreRefused()
    {
        var driver = new FakeCudaDriver();
        using CudaAccelerator device = Open(driver);
        using DeviceBuffer target = device.Allocate(80);
        Kernel spell = device.Load(KernelSource.Of(CudaKernels.Spell));
        KernelArgument first = KernelArgument.Of((byte)1), mixed = KernelArgument.Of(default(Mixed));
        Fails("'last' is of type Int32, but a value of type Single was given", target.All(8), first, mixed, KernelArgument.Of(2f));
        Fails("'last' is of type Int32, but a value of type UInt32 was given", target.All(8), first, mixed, KernelArgument.Of(2u));
        Fails("'first' is of type Byte, but a value of type Int32 was given", target.All(8), KernelArgument.Of(1), mixed, KernelArgument.Of(2));
        Fails("'mixed' is of type Mixed, but a view was given", target.All(8), first, target.All(8), KernelArgument.Of(2));
        Assert.That(driver.Count("cuLaunchKernel"), Is.Zero);

        void Fails(string message, params KernelArgument[] arguments) =>
            Assert.That(() => spell.Launch(new Dim3(1), arguments), Throws.ArgumentException.With.Message.StartsWith($"CudaKernels.Spell: the parameter {message}."));
    }

    [Test]
    public void GroupsHaveThreeDimensionsAndLimits()
    {
        var driver = new FakeCudaDriver();
        using CudaAccelerator device = Open(driver);
        using DeviceBuffer buffer = device.Allocate(4 * 8 * 9 * 4);
        Kernel where = device.Load(KernelSource.Of(CudaKernels.Where, new Dim3(4, 3, 2), 5000));
        where.Launch(new Dim3(2, 3, 2), buffer.All());
        int[] result = device.Values<int>(buffer);
        for (int i = 0; i < result.Length; i++) Assert.That(result[i], Is.EqualTo(5000 + (100 * (i % 8 / 4)) + (10 * (i / 8 % 9 / 3)) + (i / 72 / 2)));
        where.Launch(new Dim3(2, 0, 2), buffer.All());
        Assert.That(driver.Count("cuLaunchKernel"), Is.EqualTo(1), "no groups is nothing to do");
        Assert.That(() => where.Launch(new Dim3(1, 65536), buffer.All()), Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contains("1×65536 groups").And.Message.Contains("65535"));
        Assert.That(() => where.Launch(new Dim3(-1), buffer.All()), Throws.TypeOf<ArgumentOutOfRangeException>());
        foreach (Dim3 size in (Dim3[])[new(1025), new(1, 1, 65), new(0), new(1, -1)])
            Assert.That(() => device.Load(KernelSource.Of(CudaKernels.Where, size, 0)), Throws.TypeOf<AcceleratorException>().With.Message.Contains($"CudaKernels.Where has groups of {size} threads"));
    }

    [Test]
    public void LongCopiesGoThroughStagingAndTheSourceMayChange()
    {
        var driver = new FakeCudaDriver();
        using CudaAccelerator device = Open(driver);
        const int Count = 50_000_001;
        using DeviceBuffer buffer = device.Allocate(Count + 7);
        byte[] source = new byte[Count], target = new byte[Count];
        new System.Random(1).NextBytes(source);
        byte[] kept = [.. source];
        device.Write(buffer, 7, source);
        Array.Clear(source);
        device.Clear(buffer, 1000, 5000);
        Array.Clear(kept, 993, 5000);
        device.Read(buffer, 7, target);
        Assert.That(target.AsSpan().SequenceEqual(kept));
        device.Read(buffer, 11, []);
        device.Clear(buffer, 0, 0);
        Assert.That(() => device.Read(buffer, Count, new byte[8]), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => device.Write(buffer, -1, new byte[8]), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => device.Clear(buffer, 0, Count + 8), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void AnothersContextStaysCurrent()
    {
        var driver = new FakeCudaDriver();
        // As if the program used CUDA in another way too.
        driver.cuCtxPushCurrent(77);
        using (CudaAccelerator device = Open(driver))
        {
            using DeviceBuffer x = device.Buffer(Numbers(64)), y = device.Buffer(Numbers(64));
            var add = (CudaKernel)device.Load(KernelSource.Of(CudaKernels.Add));
            add.Launch(new Dim3(1), x.All(), y.All());
            add.Measure(new Dim3(1), x.All(), y.All());
            add.Occupancy();
            device.Clear(x, 0, 8);
            device.Record(() => add.Launch(new Dim3(1), x.All(), y.All()), out _)!.Replay();
            device.Synchronize();
            driver.Fail("cuLaunchKernel", FakeCudaDriver.OutOfResources);
            Assert.That(() => add.Launch(new Dim3(1), x.All(), y.All()), Throws.TypeOf<CudaException>());
            driver.Fail("cuMemAlloc", FakeCudaDriver.OutOfMemory, always: true);
            Assert.That(() => device.Allocate(1 << 20), Throws.TypeOf<DeviceOutOfMemoryException>());
            Assert.That(driver.Current, Is.EqualTo((nint)77));
        }
        Assert.That(driver.Current, Is.EqualTo((nint)77));
        Assert.That(driver.Leaks, Is.Empty);
    }

    [Test]
    public void ManyThreadsMayShareADevice()
    {
        var driver = new FakeCudaDriver();
        using CudaAccelerator device = Open(driver);
        float[][] results = new float[8][];
        Parallel.For(0, results.Length, i =>
        {
            using DeviceBuffer x = device.Buffer(Numbers(500)), y = device.Buffer(Numbers(500));
            Kernel add = device.Load(KernelSource.Of(CudaKernels.Add));
            for (int k = 0; k <= i; k++) add.Launch(new Dim3(8), x.All(), y.All());
            results[i] = device.Values<float>(y);
        });
        for (int i = 0; i < results.Length; i++) Assert.That(results[i], Is.EqualTo(Numbers(500).Select(number => number * (i + 2))));
        Assert.That(driver.Count("cuModuleLoadData"), Is.EqualTo(1), "one kernel is loaded once");
    }

    [Test]
    public void EverythingIsGivenBack()
    {
        var driver = new FakeCudaDriver { Cards = { new FakeCard("Second", 7, 5) } };
        CudaAccelerator first = Open(driver), again = Open(driver), second = Open(driver, index: 1);
        DeviceBuffer forgotten = first.Allocate(1000);
        foreach (CudaAccelerator device in (CudaAccelerator[])[first, again, second])
        {
            using DeviceBuffer x = device.Buffer(Numbers(100)), y = device.Buffer(Numbers(100));
            Kernel add = device.Load(KernelSource.Of(CudaKernels.Add));
            add.Launch(new Dim3(2), x.All(), y.All());
            Recording recording = device.Record(() => add.Launch(new Dim3(2), x.All(), y.All()), out _)!;
            recording.Replay();
            Assert.That(device.Values<float>(y)[5], Is.EqualTo(15));
        }
        Assert.That(driver.Leaks, Is.Not.Empty);
        first.Dispose();
        first.Dispose();
        Assert.That(again.Values<float>(again.Buffer(1f, 2f)), Is.EqualTo(new[] { 1f, 2f }), "the context is shared and still there");
        again.Dispose();
        second.Dispose();
        forgotten.Dispose();
        Assert.That(driver.Leaks, Is.Empty);
        Assert.That(() => first.Synchronize(), Throws.TypeOf<ObjectDisposedException>());
        Assert.That(() => first.Allocate(1), Throws.TypeOf<ObjectDisposedException>());
        Assert.That(() => first.Load(KernelSource.Of(CudaKernels.Add)), Throws.TypeOf<ObjectDisposedException>());
    }

    [TestCase("cuStreamCreate", 0)]
    [TestCase("cuStreamCreate", 1)]
    [TestCase("cuMemHostAlloc", 0)]
    [TestCase("cuDevicePrimaryCtxRetain", 0)]
    public void ADeviceThatCannotBeOpenedLeavesNothing(string call, int after)
    {
        var driver = new FakeCudaDriver();
        driver.Fail(call, FakeCudaDriver.OutOfMemory, after);
        var exception = Assert.Throws<CudaException>(() => Open(driver));
        Assert.That(exception.Message, Is.EqualTo($"cuda:0: {call} failed with CUDA_ERROR_OUT_OF_MEMORY."));
        Assert.That(driver.Leaks, Is.Empty);
    }

    [Test]
    public void FullMemoryIsFlushedBeforeItIsFull()
    {
        var driver = new FakeCudaDriver { Cards = { [0] = new FakeCard("Small", 8, 0) { Memory = 64 << 20 } } };
        using CudaAccelerator device = Open(driver);
        using DeviceBuffer held = device.Allocate(20 << 20);
        device.Allocate(30 << 20).Dispose();
        using DeviceBuffer other = device.Allocate(40 << 20);
        Assert.That(driver.Count("cuMemFree"), Is.EqualTo(1), "what was kept made room");
        driver.Fail("cuMemAlloc", FakeCudaDriver.OutOfMemory);
        using DeviceBuffer third = device.Allocate(1 << 20);
        Assert.That(driver.Count("cuMemAlloc"), Is.EqualTo(5), "one that fails is tried again");
        var full = Assert.Throws<DeviceOutOfMemoryException>(() => device.Allocate(10 << 20));
        Assert.That(full.Message, Does.StartWith("cuda:0 (Small, compute capability 8.0, driver for CUDA 12.4) has no room for 10.0 MiB"));
    }

    [Test]
    public void KernelsAreMeasuredByTheDevicesClock()
    {
        var driver = new FakeCudaDriver();
        using CudaAccelerator device = Open(driver);
        using DeviceBuffer x = device.Buffer(Numbers(64)), y = device.Buffer(Numbers(64));
        var add = (CudaKernel)device.Load(KernelSource.Of(CudaKernels.Add));
        add.Launch(new Dim3(1), x.All(), y.All());
        // The fake clock counts kernels, in milliseconds.
        Assert.That(add.Measure(new Dim3(1), x.All(), y.All()), Is.EqualTo(TimeSpan.FromMilliseconds(1)));
        Assert.That(add.Measure(new Dim3(0), x.All(), y.All()), Is.EqualTo(TimeSpan.Zero));
        Assert.That(add.Occupancy(), Is.EqualTo(new CudaOccupancy(40, 8, 0, 12, 0.5)));
    }

    [Test]
    public void MuchSharedMemoryIsAskedFor()
    {
        // The same kernel with its array declared without a size, and more of it.
        const string Sized = @"    \.shared \.align 16 \.b8 (\w+)\[\d+\];";
        var compiler = new CountingPtxCompiler
        {
            Change = kernel => kernel with
            {
                SharedBytes = 64 << 10,
                Text = Regex.Replace(kernel.Text, Sized, "").Replace(".visible", $".extern .shared .align 16 .b8 {Regex.Match(kernel.Text, Sized).Groups[1].Value}[];\n.visible"),
            },
        };
        var driver = new FakeCudaDriver();
        using CudaAccelerator device = Open(driver, compiler);
        using DeviceBuffer values = device.Buffer((int[])[.. Enumerable.Range(0, 32)]);
        device.Load(KernelSource.Of(CudaKernels.Reverse)).Launch(new Dim3(1), values.All());
        Assert.That(device.Values<int>(values), Is.EqualTo(Enumerable.Range(0, 32).Reverse()));
        Assert.That((driver.Count("cuFuncSetAttribute"), driver.Faults.Count), Is.EqualTo((1, 0)));
        using CudaAccelerator small = Open(driver, new CountingPtxCompiler { Change = kernel => kernel with { SharedBytes = 100 << 10 } });
        Assert.That(() => small.Load(KernelSource.Of(CudaKernels.Reverse)), Throws.TypeOf<AcceleratorException>().With.Message.Contains("needs 102400 bytes of shared memory"));
    }

    [Test]
    public void CompiledKernelsAreKeptOnDisk()
    {
        string folder = Directory.CreateTempSubdirectory("fovea-cuda-").FullName;
        try
        {
            var compiler = new CountingPtxCompiler();
            Check(new FakeCudaDriver(), compilations: 1, links: 1);
            Check(new FakeCudaDriver(), compilations: 1, links: 0);
            Check(new FakeCudaDriver { RefusesBinaries = true }, compilations: 1, links: 1);
            // Text that the driver refuses as well is made anew.
            var stubborn = new FakeCudaDriver { RefusesBinaries = true };
            stubborn.Fail("cuLinkAddData", FakeCudaDriver.InvalidPtx);
            Check(stubborn, compilations: 2, links: 2);
            // Another driver is another key.
            Check(new FakeCudaDriver { Version = 11080 }, compilations: 3, links: 1);
            Assert.That(compiler.Target, Is.EqualTo(new PtxTarget(86, 7, 8)));
            // A driver that gives no machine code away still has its text kept.
            Check(new FakeCudaDriver { Version = 12000, HasLinker = false }, compilations: 4, links: 0);
            Check(new FakeCudaDriver { Version = 12000, HasLinker = false }, compilations: 4, links: 0);

            void Check(FakeCudaDriver driver, int compilations, int links)
            {
                using (CudaAccelerator device = Open(driver, compiler, new KernelCache(folder)))
                {
                    using DeviceBuffer x = device.Buffer(Numbers(64)), y = device.Buffer(Numbers(64));
                    device.Load(KernelSource.Of(CudaKernels.Add)).Launch(new Dim3(1), x.All(), y.All());
                    Assert.That(device.Values<float>(y), Is.EqualTo(Numbers(64).Select(number => number * 2)));
                }
                Assert.That((compiler.Compilations, driver.Count("cuLinkAddData")), Is.EqualTo((compilations, links)));
                Assert.That(driver.Leaks, Is.Empty);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
