using System.Globalization;
using Fovea.Core.Memory;
using Fovea.Gpu.Devices;
using Fovea.Gpu.Devices.Compilation;
using Fovea.Testing;
using Fovea.Verification.Kernels;

namespace Fovea.Gpu.Tests;

/// <summary>What is compiled, and how it is named, does not depend on how the user writes numbers.</summary>
[TestFixtureSource(typeof(TestDevices), nameof(TestDevices.ForKernels))]
internal sealed class CultureTests(string name) : KernelDeviceTests(name, own: true)
{
    // This process has no cultures but the invariant one: the separators of Turkish, and a sign that is none elsewhere.
    private static readonly CultureInfo Turkish = new("")
    {
        NumberFormat = new NumberFormatInfo
        {
            NumberDecimalSeparator = ",",
            NumberGroupSeparator = ".",
            NegativeSign = "−",
            NaNSymbol = "yok",
            PositiveInfinitySymbol = "çok"
        },
    };

    private static readonly float[] Steps = [0.5f, -1.25e-7f, 1e20f, float.NaN, float.PositiveInfinity];

    private CultureInfo before = CultureInfo.InvariantCulture;

    [SetUp]
    public void Enter()
    {
        before = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = Turkish;
        CultureInfo.DefaultThreadCurrentCulture = Turkish;
    }

    [TearDown]
    public void Leave()
    {
        CultureInfo.CurrentCulture = before;
        CultureInfo.DefaultThreadCurrentCulture = null;
    }

    [Test]
    public void ConstantsArriveAsTheyAre()
    {
        Assert.That($"{-0.5f}", Is.EqualTo("−0,5"), "the culture is not in force");
        foreach (float step in Steps)
        {
            using DeviceBuffer y = Device.Upload<float>(new float[4]);
            Device.Load(KernelSource.Of(TestKernels.Specialized, new Dim3(1), 4, step, false)).Launch(new Dim3(1), y.View<float>());
            Assert.That(Device.Download<float>(y), Is.EqualTo(new[] { step * 0, step, step * 2, step * 3 }));
        }
    }

    [Test]
    public void NamesAndPtxAreTheSame()
    {
        foreach (float step in Steps)
        {
            (string name, string ptx) = Compile(step);
            CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
            Assert.That(Compile(step), Is.EqualTo((name, ptx)));
            CultureInfo.CurrentCulture = Turkish;
        }

        static (string Name, string Ptx) Compile(float step)
        {
            KernelSource source = KernelSource.Of(TestKernels.Specialized, new Dim3(1), 4, step, false);
            using var compiler = new PtxCompiler(80);
            return (KernelCatalog.NameOf(source), System.Text.RegularExpressions.Regex.Replace(compiler.Compile(source).Text, @"_\d+", ""));
        }
    }
}
