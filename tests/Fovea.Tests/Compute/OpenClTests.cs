using System.Runtime.InteropServices;
using Fovea.Compute;
using Fovea.Compute.Compiler;
using Fovea.Compute.Memory;
using Fovea.Compute.OpenCl;

namespace Fovea.Tests.ComputeTests;

[NonParallelizable]
internal sealed class OpenClTests
{
    [Test]
    public void DevicesAreDescribed()
    {
        AcceleratorInfo info = OpenClFixture.Device().Info;
        Assert.That(info.Name, Does.Match(@"^opencl:\d+$"));
        Assert.That(info.Description, Does.Contain("driver"));
        Assert.That((info.Memory, info.Units, info.MaxGroupSize, info.SharedBytes), Is.GreaterThan((1L << 24, 0, 63, 16383)));
        Assert.That(() => OpenClPlatforms.Discover()[99], Throws.TypeOf<AcceleratorException>().With.Message.Contains("opencl:99").And.Message.Contains(info.Name));
    }

    [Test]
    public void ViewsBeginAnywhereInTheirBuffers()
    {
        using OpenClAccelerator device = OpenClFixture.Open();
        using DeviceBuffer x = Buffer(device, Numbers(1000)), y = Buffer(device, Numbers(1000));
        // 333 elements from the 3rd on are added to those from the 501st on; 64 threads in 6 groups.
        device.Load(KernelSource.Of(Texts.Add)).Launch(new Dim3(6), KernelArgument.View(x, 3 * 4, 333), KernelArgument.View(y, 501 * 4, 333));
        float[] result = Floats(device, y, 1000);
        for (int i = 0; i < 1000; i++) Assert.That(result[i], Is.EqualTo(i is >= 501 and < 834 ? i + (i - 498) : i));
    }

    [Test]
    public void StructsArriveFieldByField()
    {
        using OpenClAccelerator device = OpenClFixture.Open();
        using DeviceBuffer x = Buffer(device, [1, 2, 3]), y = Buffer(device, [0, 0, 0]);
        device.Load(KernelSource.Of(Texts.Scale)).Launch(new Dim3(1), KernelArgument.View(x, 0, 3), KernelArgument.View(y, 0, 3),
            KernelArgument.Of(new Affine { Unused = 255, Factor = 0.5, Term = -7 }), KernelArgument.Of(1000));
        Assert.That(Floats(device, y, 3), Is.EqualTo(new[] { 993.5f, 994f, 994.5f }));
    }

    [Test]
    public void GroupsHaveThreeDimensions()
    {
        using OpenClAccelerator device = OpenClFixture.Open();
        using DeviceBuffer buffer = device.Allocate(4 * 8 * 9 * 4);
        device.Load(KernelSource.Of(Texts.Where, new Dim3(4, 3, 2), 5000)).Launch(new Dim3(2, 3, 2), KernelArgument.View(buffer, 0, 8 * 9 * 4));
        int[] result = new int[8 * 9 * 4];
        device.Read(buffer, 0, MemoryMarshal.AsBytes(result.AsSpan()));
        for (int i = 0; i < result.Length; i++)
            Assert.That(result[i], Is.EqualTo(5000 + 100 * (i % 8 / 4) + 10 * (i / 8 % 9 / 3) + i / 72 / 2));
    }

    [Test]
    public void NoGroupsIsNothingToDo()
    {
        using OpenClAccelerator device = OpenClFixture.Open();
        using DeviceBuffer x = Buffer(device, [1]), y = Buffer(device, [2]);
        Kernel add = device.Load(KernelSource.Of(Texts.Add));
        add.Launch(new Dim3(0), KernelArgument.View(x, 0, 1), KernelArgument.View(y, 0, 1));
        Assert.That(Floats(device, y, 1), Is.EqualTo(new[] { 2f }));
        Assert.That(() => add.Launch(new Dim3(-1), KernelArgument.View(x, 0, 1), KernelArgument.View(y, 0, 1)), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void WrongArgumentsAreNamed()
    {
        using OpenClAccelerator device = OpenClFixture.Open(), other = OpenClFixture.Open();
        using DeviceBuffer x = Buffer(device, [1, 2]), foreign = Buffer(other, [1, 2]);
        using var host = new HostBuffer(8);
        Kernel scale = device.Load(KernelSource.Of(Texts.Scale));
        KernelArgument view = KernelArgument.View(x, 0, 2), map = KernelArgument.Of(default(Affine)), shift = KernelArgument.Of(0);
        Fails("Texts.Scale takes 4 arguments, not 3", view, view, map);
        Fails("Texts.Scale: the parameter 'y' is a view of Single, but a value of type Int32 was given", view, shift, map, shift);
        Fails("Texts.Scale: the parameter 'shift' is of type Int32, but a view was given", view, view, map, view);
        Fails("Texts.Scale: the parameter 'map' is of type Affine, but a value of type Int32 was given", view, view, shift, shift);
        Fails("Texts.Scale: the parameter 'shift' is of type Int32, but a value of type Affine was given", view, view, map, map);
        Fails("Texts.Scale: the parameter 'shift' is of type Int32, but a value of type Single was given", view, view, map, KernelArgument.Of(2f));
        Fails("Texts.Scale: the parameter 'x' is a view of Single, but it was given 2 elements of 4 bytes from byte 4 on of a buffer of 8 bytes", KernelArgument.View(x, 4, 2), view, map, shift);
        Fails("Texts.Scale: the parameter 'y' is a view of Single, but it was given one that begins at byte 2, not on a multiple of 4 bytes", view, KernelArgument.View(x, 2, 1), map, shift);
        Fails("The buffer does not lie on this opencl:", view, KernelArgument.View(foreign, 0, 2), map, shift);
        Fails("The buffer does not lie on this opencl:", view, KernelArgument.View(host, 0, 2), map, shift);
        Assert.That(() => device.Write(x, 4, new byte[5]), Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contains("5 bytes from byte 4 on"));
        Assert.That(() => device.Read(x, -1, new byte[1]), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => device.Clear(x, 0, long.MaxValue), Throws.TypeOf<ArgumentOutOfRangeException>());

        void Fails(string message, params KernelArgument[] arguments) =>
            Assert.That(() => scale.Launch(new Dim3(1), arguments), Throws.InstanceOf<ArgumentException>().With.Message.StartsWith(message));
    }

    [Test]
    public void ABuildErrorHasTheLogAndTheCSharpLine()
    {
        using OpenClAccelerator device = OpenClFixture.Open(new TextCompiler { Text = "__kernel void Add(__global int* x)\n{\n    x[0] = missing;\n}" });
        OpenClException exception = Assert.Throws<OpenClException>(() => device.Load(KernelSource.Of(Texts.Add)))!;
        Assert.That((exception.CodeName, exception.Call, exception.Kernel), Is.EqualTo(("CL_BUILD_PROGRAM_FAILURE", "clBuildProgram", "Texts.Add")));
        Assert.That(exception.Message, Does.StartWith($"{device.Info.Name}: clBuildProgram failed with CL_BUILD_PROGRAM_FAILURE (kernel Texts.Add)."));
        Assert.That(exception.Message.Split('\n'), Has.One.Contains("missing").And.EndsWith("[Kernels.cs:102]"));
    }

    [TestCase("<kernel>:2:9: error: use of x", "<kernel>:2:9: error: use of x [A.cs:7]")]
    [TestCase("1:3:13: error: use of x", "1:3:13: error: use of x [B.cs:8]")]
    [TestCase("\"/tmp/a.cl\", line 3: error: x", "\"/tmp/a.cl\", line 3: error: x [B.cs:8]")]
    [TestCase("input.cl:1:5: warning: w", "input.cl:1:5: warning: w")]
    [TestCase("input.cl:99:5: warning: w", "input.cl:99:5: warning: w")]
    [TestCase("2 errors generated.", "2 errors generated.")]
    public void BuildLogsOfSeveralMakersAreUnderstood(string log, string expected) =>
        Assert.That(BuildLog.WithSourceLines(log, [null, "A.cs:7", "B.cs:8"]), Is.EqualTo(expected));

    [Test]
    public void GroupsThatAreTooLargeAreRefused()
    {
        using OpenClAccelerator device = OpenClFixture.Open();
        foreach (Dim3 size in (Dim3[])[new(device.Info.MaxGroupSize + 1), new(1, 1, 1 << 20), new(0), new(1, -1)])
            Assert.That(() => device.Load(KernelSource.Of(Texts.Where, size, 0)), Throws.TypeOf<AcceleratorException>().With.Message.Contains($"Texts.Where has groups of {size} threads"));
    }

    [Test]
    public void CodesAndCallsAreNamed()
    {
        Assert.That(() => OpenClException.Check(-5, "opencl:3 (X)", "Gemm", "clFinish(queue)"),
            Throws.TypeOf<OpenClException>().With.Message.EqualTo("opencl:3 (X): clFinish failed with CL_OUT_OF_RESOURCES (kernel Gemm)."));
        Assert.That(() => OpenClException.Check(-9999, "opencl:3", call: "clFinish(queue)"),
            Throws.TypeOf<OpenClException>().With.Message.EqualTo("opencl:3: clFinish failed with code -9999."));
    }

    [Test]
    public void LongCopiesGoThroughStaging()
    {
        using OpenClAccelerator device = OpenClFixture.Open();
        const int Count = 50_000_001;
        using DeviceBuffer buffer = device.Allocate(Count + 7);
        byte[] source = new byte[Count], target = new byte[Count];
        new System.Random(1).NextBytes(source);
        byte[] kept = [.. source];
        device.Write(buffer, 7, source);
        // The source may change at once.
        Array.Clear(source);
        device.Read(buffer, 7, target);
        Assert.That(target.AsSpan().SequenceEqual(kept));
    }

    [Test]
    public void ManyShortCopiesArriveInOrder()
    {
        using OpenClAccelerator device = OpenClFixture.Open();
        using DeviceBuffer buffer = device.Allocate(1 << 20);
        byte[] expected = new byte[1 << 20], piece = new byte[300_000], result = new byte[1 << 20];
        var random = new System.Random(2);
        device.Clear(buffer, 0, 1 << 20);
        for (int i = 0; i < 500; i++)
        {
            Span<byte> part = piece.AsSpan(0, random.Next(piece.Length));
            int offset = random.Next(expected.Length - part.Length);
            part.Fill((byte)i);
            part.CopyTo(expected.AsSpan(offset));
            device.Write(buffer, offset, part);
        }
        device.Read(buffer, 0, result);
        Assert.That(result.AsSpan().SequenceEqual(expected));
    }

    [TestCase(0, 1 << 20)]
    [TestCase(3, 1001)]
    [TestCase(8, 40)]
    [TestCase(5, 0)]
    public void ClearingTouchesNothingElse(int offset, int count)
    {
        using OpenClAccelerator device = OpenClFixture.Open();
        byte[] bytes = new byte[offset + count + 5];
        Array.Fill(bytes, (byte)9);
        using DeviceBuffer buffer = device.Allocate(bytes.Length);
        device.Write(buffer, 0, bytes);
        device.Clear(buffer, offset, count);
        bytes.AsSpan(offset, count).Clear();
        byte[] result = new byte[bytes.Length];
        device.Read(buffer, 0, result);
        Assert.That(result, Is.EqualTo(bytes));
    }

    [Test]
    public void LaunchesAllocateNothingOnTheHeap()
    {
        using OpenClAccelerator device = OpenClFixture.Open();
        using DeviceBuffer x = Buffer(device, [1, 2, 3]), y = Buffer(device, [0, 0, 0]);
        Kernel scale = device.Load(KernelSource.Of(Texts.Scale));
        KernelArgument[] arguments = [KernelArgument.View(x, 0, 3), KernelArgument.View(y, 0, 3), KernelArgument.Of(default(Affine)), KernelArgument.Of(1)];
        Launch(100);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Launch(1000);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);

        void Launch(int times)
        {
            for (int i = 0; i < times; i++) scale.Launch(new Dim3(1), arguments);
            device.Synchronize();
        }
    }

    [Test]
    public void LaunchesAreTimedByTheDevice()
    {
        using OpenClAccelerator device = OpenClFixture.Open();
        using DeviceBuffer x = Buffer(device, [1]);
        var spin = (OpenClKernel)device.Load(KernelSource.Of(Texts.Spin));
        TimeSpan Time(int turns) => Enumerable.Range(0, 5).Min(_ => spin.Measure(new Dim3(1), KernelArgument.View(x, 0, 1), KernelArgument.Of(turns)));
        TimeSpan few = Time(1_000_000), many = Time(10_000_000);
        Assert.That(few, Is.GreaterThan(TimeSpan.Zero));
        Assert.That(many / few, Is.InRange(5, 20));
        Assert.That(spin.Measure(new Dim3(0), KernelArgument.View(x, 0, 1), KernelArgument.Of(1)), Is.EqualTo(TimeSpan.Zero));
    }

    [Test]
    public void ThreadsMayShareADevice()
    {
        using OpenClAccelerator device = OpenClFixture.Open();
        int wrong = 0;
        Parallel.For(0, 4, new ParallelOptions { MaxDegreeOfParallelism = 4 }, thread =>
        {
            Kernel add = device.Load(KernelSource.Of(Texts.Add));
            for (int round = 0; round < 100; round++)
            {
                int count = 100 + 17 * thread + round;
                using DeviceBuffer x = Buffer(device, Numbers(count)), y = Buffer(device, Numbers(count));
                for (int i = 0; i < 3; i++) add.Launch(new Dim3((count + 63) / 64), KernelArgument.View(x, 0, count), KernelArgument.View(y, 0, count));
                if (!Floats(device, y, count).SequenceEqual(Numbers(count).Select(value => 4 * value))) Interlocked.Increment(ref wrong);
            }
        });
        Assert.That((wrong, device.Memory.Buffers), Is.EqualTo((0, 0)));
    }

    [Test]
    public void AFullDeviceIsReported()
    {
        using OpenClAccelerator device = OpenClFixture.Open(limit: 10 << 20);
        using DeviceBuffer live = device.Allocate(6 << 20);
        live.Label = "weights";
        Assert.That(() => device.Allocate(5 << 20), Throws.TypeOf<DeviceOutOfMemoryException>().With.Message.Contains("no room for 5.0 MiB")
            .And.Message.Contains("6.0 MiB weights").And.Message.Contains(device.Info.Name));
        Assert.That(() => device.Allocate(device.Info.Memory * 2), Throws.TypeOf<DeviceOutOfMemoryException>());
        using DeviceBuffer small = device.Allocate(3 << 20);
    }

    [Test]
    public void BuffersMayOutliveTheirDevice()
    {
        OpenClAccelerator device = OpenClFixture.Open();
        DeviceBuffer buffer = Buffer(device, [1, 2]), forgotten = device.Allocate(100);
        Kernel add = device.Load(KernelSource.Of(Texts.Add));
        add.Launch(new Dim3(1), KernelArgument.View(buffer, 0, 2), KernelArgument.View(buffer, 0, 2));
        device.Dispose();
        device.Dispose();
        Assert.That(() => device.Read(buffer, 0, new byte[4]), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => add.Launch(new Dim3(1), KernelArgument.View(buffer, 0, 2), KernelArgument.View(buffer, 0, 2)), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => device.Allocate(1), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => device.Load(KernelSource.Of(Texts.Add)), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(device.Synchronize, Throws.InstanceOf<ObjectDisposedException>());
        buffer.Dispose();
        GC.KeepAlive(forgotten);
    }

    [Test]
    public void ForgottenDevicesAreCollected()
    {
        for (int i = 0; i < 5; i++) Forget();
        GC.Collect();
        GC.WaitForPendingFinalizers();

        static void Forget()
        {
            OpenClAccelerator device = OpenClFixture.Open();
            DeviceBuffer x = Buffer(device, [1, 2]);
            device.Load(KernelSource.Of(Texts.Add)).Launch(new Dim3(1), KernelArgument.View(x, 0, 2), KernelArgument.View(x, 0, 2));
        }
    }

    private static float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(i => (float)i)];

    private static DeviceBuffer Buffer(OpenClAccelerator device, float[] values)
    {
        DeviceBuffer buffer = device.Allocate(values.Length * sizeof(float));
        device.Write(buffer, 0, MemoryMarshal.AsBytes(values.AsSpan()));
        return buffer;
    }

    private static float[] Floats(OpenClAccelerator device, DeviceBuffer buffer, int count)
    {
        float[] values = new float[count];
        device.Read(buffer, 0, MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }
}
