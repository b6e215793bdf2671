using System.Reflection;
using Fovea.Core.Memory;
using Fovea.Execution;
using Fovea.Gpu.Devices;
using Fovea.Gpu.Devices.Compilation;
using Fovea.Testing;
using Fovea.Verification.Kernels;

namespace Fovea.Gpu.Tests;

/// <summary>Entry points: specialized values become constants, and what is internal elsewhere may be used.</summary>
[TestFixtureSource(typeof(TestDevices), nameof(TestDevices.ForKernels))]
internal sealed class EntryPointsTests(string name) : KernelDeviceTests(name, own: true)
{
    [TestCase(3, 0.5f, false)]
    [TestCase(5, 1.25f, true)]
    [TestCase(0, 1f, true)]
    [TestCase(2, float.NaN, false)]
    [TestCase(4, -0f, false)]
    public void SpecializedValuesArrive(int count, float step, bool negative)
    {
        float[] expected = [.. Enumerable.Range(0, 8).Select(i => i < count ? negative ? -step * i : step * i : 77f)];
        using DeviceBuffer y = Device.Upload<float>([.. Enumerable.Repeat(77f, 8)]);
        Device.Load(KernelSource.Of(TestKernels.Specialized, new Dim3(1), count, step, negative)).Launch(new Dim3(1), y.View<float>());
        Assert.That(Device.Download<float>(y).Select(Bits), Is.EqualTo(expected.Select(Bits)));

        static int Bits(float value) => BitConverter.SingleToInt32Bits(float.IsNaN(value) ? float.NaN : value);
    }

    [Test]
    public void TypeArgumentsMayBeInternal()
    {
        using DeviceBuffer y = Device.Upload<float>([1, 2]);
        MethodInfo method = typeof(TestKernels).GetMethod(nameof(TestKernels.Scale))!.MakeGenericMethod(typeof(Three));
        Device.Load(new KernelSource(method, new Dim3(4))).Launch(new Dim3(1), y.View<float>());
        Assert.That(Device.Download<float>(y), Is.EqualTo(new[] { 3f, 6f }));
    }
}

/// <summary>What becomes of entry points in PTX, and what they are called.</summary>
internal sealed class EntryPointNamesTests
{
    [Test]
    public void LoopsOverSpecializedValuesAreUnrolledAndBranchesVanish()
    {
        using var compiler = new PtxCompiler(80);
        string text = compiler.Compile(KernelSource.Of(TestKernels.Specialized, new Dim3(1), 5, 0.5f, true)).Text;
        Assert.That(System.Text.RegularExpressions.Regex.Count(text, @"\bst\.global"), Is.EqualTo(5));
        Assert.That(text, Does.Not.Contain("bra"));
    }

    [Test]
    public void NamesAreTheSameInEveryContext()
    {
        using PtxCompiler first = new(80), second = new(90);
        KernelSource source = KernelSource.Of(TestKernels.Where, new Dim3(8), 7);
        first.Compile(KernelSource.Of(TestKernels.Add, new Dim3(8)));
        string name = first.Compile(source).EntryPoint;
        Assert.That(second.Compile(source).EntryPoint, Is.EqualTo(name));
        Assert.That(name, Is.EqualTo("Kernel_Where"));
    }

    [Test]
    public void NamesOfTheCatalogueTellSpecialisationsApart()
    {
        string name = Name(5, 0.5f);
        Assert.That(name, Does.Match("^TestKernels.Specialized-[0-9a-f]{6}$"));
        Assert.That(Name(5, 0.5f), Is.EqualTo(name));
        Assert.That(new[] { Name(6, 0.5f), Name(5, 0.25f), Name(5, 0f), Name(5, -0f) }, Is.Unique.And.None.EqualTo(name));

        static string Name(int count, float step) =>
            KernelCatalog.NameOf(KernelSource.Of(TestKernels.Specialized, new Dim3(1), count, step, true));
    }

    [Test]
    public void OtherValuesAreRefusedByName()
    {
        using var compiler = new PtxCompiler(80);
        Assert.That(() => compiler.Compile(KernelSource.Of(OfLong, new Dim3(1), 3L)),
            Throws.TypeOf<KernelCompilationException>().With.Message.Contains("OfLong").And.Message.Contains(
                "may be an int, a float or a bool, not a Int64"));
    }

    private static void OfLong(ILGPU.ArrayView<long> y, ILGPU.Runtime.SpecializedValue<long> value) => y[0] = value;
}
