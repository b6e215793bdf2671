using System.Text.RegularExpressions;
using Fovea.Backends.Gpu.Tuning;
using Fovea.Compute;
using Fovea.Compute.Memory;
using Fovea.Graph.Ops;
using Fovea.Tests.ComputeTests.Compiler;
using Fovea.Tests.KernelTests.Simt;

namespace Fovea.Tests.Ptx;

/// <summary>Faults that a compiler or a kernel could have, seeded into generated text: the emulator sees each.</summary>
internal sealed class SeededFaultTests
{
    [Test]
    public void ADroppedBarrierIsARace()
    {
        Assert.That(Sum(text => text), Is.EqualTo(50f));
        Assert.That(Assert.Throws<AcceleratorException>(() => Sum(text => new Regex(@"bar\.sync 0;").Replace(text, "", 1))).Message, Does.Contain("race").Or.Contain("nothing was written there"));
    }

    [Test]
    public void ABoundThatIsOneTooLargeIsAnAccessOutside()
    {
        var exception = Assert.Throws<AcceleratorException>(() => Leak(text => Once(text, "setp.ge.s32", "setp.gt.s32")));
        Assert.That(exception.Message, Does.Contain("lies at offset 1020 of the nearest buffer"));
    }

    [TestCase("mul.rn.f32", "mul.lo.s32")]
    [TestCase("ld.global.f32", "ld.global.u64")]
    [TestCase("st.global.f32", "st.global.f64")]
    public void AWrongTypeIsRefused(string right, string wrong) =>
        Assert.That(() => Leak(text => Once(text, right, wrong)), Throws.InstanceOf<PtxException>().Or.InstanceOf<AcceleratorException>());

    [Test]
    public void AStageThatIsReleasedTooEarlyIsARace()
    {
        var op = new MatMul(false, true);
        TensorSpec[] inputs = [new(new Shape(20, 70)), new(new Shape(20, 70))];
        TileInfo tile = TileInfo.All.First(tile => tile.Name == "32x32x16");
        // The last barrier is the one that parts a turn's reading from the next turn's writing.
        using var faulty = new EmulatedAccelerator(change: text =>
        {
            int last = text.LastIndexOf("bar.sync 0;", StringComparison.Ordinal);
            return last < 0 ? text : text.Remove(last, "bar.sync 0;".Length);
        });
        using var right = new EmulatedAccelerator();
        StepRun.Check(StepRun.Context(right, tile), op, inputs);
        Assert.That(Assert.Throws<AcceleratorException>(() => StepRun.Check(StepRun.Context(faulty, tile), op, inputs)).Message, Does.Contain("race").Or.Contain("nothing was written there"));
    }

    private static string Once(string text, string right, string wrong)
    {
        Assert.That(text, Does.Contain(right));
        return new Regex(Regex.Escape(right)).Replace(text, wrong, 1);
    }

    private static float Sum(Func<string, string> change)
    {
        using var device = new EmulatedAccelerator(change: change);
        using DeviceBuffer x = device.Upload<float>([.. Enumerable.Repeat(0.5f, 100)]), sums = device.Upload(new float[1]);
        device.Load(KernelSource.Of(SnapshotKernels.SumOfGroup)).Launch(new Dim3(1), KernelArgument.View(x, 0, 100), KernelArgument.View(sums, 0, 1));
        return device.Download<float>(sums)[0];
    }

    private static void Leak(Func<string, string> change)
    {
        using var device = new EmulatedAccelerator(change: change);
        // As long as the group, so that the thread after the last does not exist, but for one.
        using DeviceBuffer x = device.Upload(new float[255]), y = device.Upload(new float[255]);
        device.Load(KernelSource.Of(SnapshotKernels.LeakyRelu)).Launch(new Dim3(1), KernelArgument.View(x, 0, 255), KernelArgument.View(y, 0, 255), KernelArgument.Of(0.1f));
    }
}
