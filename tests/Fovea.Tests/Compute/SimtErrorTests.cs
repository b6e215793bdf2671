using Fovea.Compute;
using Fovea.Compute.Compiler;
using Fovea.Compute.Dialect;
using Fovea.Compute.Memory;
using Fovea.Compute.Simt;

namespace Fovea.Tests.ComputeTests;

internal sealed class SimtErrorTests
{
    private SimtAccelerator device = null!;
    private DeviceBuffer values = null!;

    [SetUp]
    public void Open()
    {
        device = new(2);
        values = device.Allocate(100 * sizeof(float));
    }

    [TearDown]
    public void Close()
    {
        // Whatever went wrong, the device still works.
        device.Load(KernelSource.Of(SimtKernels.ReadPastTheEnd, new Dim3(50))).Launch(new Dim3(2), values.View<float>(), KernelArgument.Of(1));
        Assert.That(device.Download<float>(values), Is.All.Zero);
        values.Dispose();
        device.Dispose();
    }

    [Test]
    public void ThreadsThatEndBeforeABarrierAreReported()
    {
        AcceleratorException error = Fails(KernelSource.Of(SimtKernels.EndEarly), new Dim3(5), values.View<int>());
        Assert.That(error.Message, Does.Contain("SimtKernels.EndEarly: divergent barrier: group (2, 0, 0), thread (0, 0, 0) waits at its barrier 1").And.Contain("16 of the group's 64 threads have ended"));
    }

    [Test]
    public void ThreadsThatWaitAtDifferentBarriersAreReported()
    {
        AcceleratorException error = Fails(KernelSource.Of(SimtKernels.WaitApart), new Dim3(1), values.View<int>());
        Assert.That(error.Message, Does.Match(@"WaitApart: divergent barrier: group \(0, 0, 0\), thread \(0, 0, 0\) waits at its barrier 2 \(line \d+\), but thread \(3, 0, 0\) waits at line \d+\."));
    }

    [Test]
    public void AnIndexOutOfRangeNamesKernelGroupAndThread([Values(0, 1, 3)] int barriers, [Values(1, 2)] int threads)
    {
        using var other = new SimtAccelerator(threads);
        // Groups count 4 along x, so that group 25 is the first to miss; those that run beside it miss too.
        Kernel kernel = other.Load(KernelSource.Of(SimtKernels.ReadPastTheEnd, new Dim3(4, 4)));
        AcceleratorException error = Assert.Throws<AcceleratorException>(() => kernel.Launch(new Dim3(40), values.View<float>(), KernelArgument.Of(barriers)))!;
        Assert.That(error.Message, Does.StartWith("SimtKernels.ReadPastTheEnd: group (25, 0, 0), thread (0, 0, 0): Index 100 lies outside a view of 100 elements."));
        Assert.That(error.InnerException, Is.InstanceOf<IndexOutOfRangeException>());
        Assert.That(error.InnerException!.StackTrace, Does.Contain(nameof(SimtKernels.ReadPastTheEnd)));
    }

    [Test]
    public void SharedMemoryOfUnequalLengthsIsReported()
    {
        AcceleratorException error = Fails(KernelSource.Of(SimtKernels.ShareUnequally), new Dim3(1), values.View<float>());
        Assert.That(error.Message, Does.Contain("thread (2, 0, 0)").And.Contain("9 × Single here, but 8 × Single"));
    }

    [Test]
    public void ArgumentsAreChecked()
    {
        Kernel kernel = device.Load(KernelSource.Of(SimtKernels.Scale<Three>));
        KernelArgument view = values.View<float>(), range = KernelArgument.Of(new Range(0, 1, 1));
        Assert.That(() => kernel.Launch(new Dim3(1), view), Throws.ArgumentException.With.Message.Contains("SimtKernels.Scale<Three> takes 2 arguments, not 1"));
        Assert.That(() => kernel.Launch(new Dim3(1), range, range), Throws.ArgumentException.With.Message.Contains("SimtKernels.Scale<Three>: the parameter 'values' is a view of Single, but a value of type Range was given"));
        Assert.That(() => kernel.Launch(new Dim3(1), view, view), Throws.ArgumentException.With.Message.Contains("'range' is of type Range, but a view was given"));
        Assert.That(() => kernel.Launch(new Dim3(1), view, KernelArgument.Of(1)), Throws.ArgumentException.With.Message.Contains("'range' is of type Range, but a value of type Int32 was given"));
        Assert.That(() => kernel.Launch(new Dim3(1), KernelArgument.View(values, 4, 100), range), Throws.ArgumentException.With.Message.Contains("100 elements of 4 bytes from byte 4 on of a buffer of 400 bytes"));
        Assert.That(() => kernel.Launch(new Dim3(1), KernelArgument.View(values, 2, 10), range), Throws.ArgumentException.With.Message.Contains("multiple of 4 bytes"));
        Assert.That(() => kernel.Launch(new Dim3(1), view, default), Throws.ArgumentException.With.Message.Contains("'range' is of type Range, but nothing was given"));
        // As large as what is wanted: its bits would be another number.
        Kernel polynomial = device.Load(KernelSource.Of(SimtKernels.Polynomial, null, new Range(0, 1, 1)));
        Assert.That(() => polynomial.Launch(new Dim3(1), view, KernelArgument.Of(2)),
            Throws.ArgumentException.With.Message.StartsWith("SimtKernels.Polynomial: the parameter 'x' is of type Single, but a value of type Int32 was given."));
    }

    [Test]
    public void ALaunchWithoutGroupsRunsNothingAndOneWithNegativeNumbersIsRefused()
    {
        Kernel kernel = device.Load(KernelSource.Of(SimtKernels.ReadBeforeWriting));
        device.Clear(values, 0, values.Length);
        kernel.Launch(new Dim3(0), values.View<float>());
        kernel.Launch(new Dim3(3, 0, 2), values.View<float>());
        Assert.That(device.Download<float>(values), Is.All.Zero);
        Assert.That(() => kernel.Launch(new Dim3(1, 1, -1), values.View<float>()), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void GroupsThatAreTooLargeAreRefused() =>
        Assert.That(() => device.Load(KernelSource.Of(SimtKernels.EndEarly, new Dim3(64, 17))), Throws.ArgumentException.With.Message.Contains("64×17"));

    [TestCase(nameof(SimtKernels.TakesText))]
    [TestCase(nameof(SimtKernels.TakesArray))]
    [TestCase(nameof(SimtKernels.TakesSpan))]
    [TestCase(nameof(SimtKernels.TakesTextInside))]
    [TestCase(nameof(SimtKernels.TakesReference))]
    public void OtherParametersThanViewsAndNumbersAreRefused(string kernel)
    {
        var source = new KernelSource(typeof(SimtKernels).GetMethod(kernel)!);
        Assert.That(() => device.Load(source), Throws.InstanceOf<KernelCompilationException>().With.Message.Contains($"SimtKernels.{kernel}: parameter 'what'"));
    }

    [Test]
    public void CopiesStayInsideBuffers()
    {
        Assert.That(() => device.Write(values, 399, [1, 2]), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => device.Read(values, -1, new byte[1]), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => device.Clear(values, 0, 401), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void OnlyKernelsKnowTheirGroup() => Assert.That(() => Group.IdxX, Throws.InvalidOperationException);

    private AcceleratorException Fails(KernelSource source, Dim3 groups, params KernelArgument[] arguments)
    {
        Kernel kernel = device.Load(source);
        return Assert.Throws<AcceleratorException>(() => kernel.Launch(groups, arguments))!;
    }
}
