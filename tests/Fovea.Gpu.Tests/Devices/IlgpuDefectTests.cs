using System.Diagnostics;
using System.Text.RegularExpressions;
using Fovea.Gpu.Devices;
using Fovea.Gpu.Devices.Compilation;
using Fovea.Testing;
using ILGPU;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.OpenCL;

namespace Fovea.Gpu.Tests;

/// <summary>
/// The defects of ILGPU 1.5.3 that this engine works around, or that its kernels avoid. A test that fails shows that the version in use has
/// mended one: then what avoids it can go.
/// </summary>
[NonParallelizable]
internal sealed class IlgpuDefectTests
{
    private const RegexOptions AcrossLines = RegexOptions.Singleline;

    /// <summary>What shows the defect in PTX; where it is worked around, what is compiled here must not show it.</summary>
    private static IEnumerable<TestCaseData> InPtx =>
        new (string Name, Delegate Kernel, OptimizationLevel Level, string Pattern, bool IsMended)[]
    {
        ("O2 moves loads behind stores", SumAndOverwrite, OptimizationLevel.O2, @"\bst\.\S*f32\s[^\n]*0fC0800000;.*\bld\.\S*f32\s", true),
        ("O1 leaves arrays in memory", SumsInAnArray, OptimizationLevel.O1, @"\.local\b", true),
        ("accesses of parameters are generic", SumsInAnArray, OptimizationLevel.O1, @"\bld\.f32\s", true),
        ("products and sums may be contracted", MultiplyAndAdd, OptimizationLevel.O1, @"\bmul\.f32\s.*\badd\.f32\s", true),
        ("copysign has its arguments swapped", CopySignOfThree, OptimizationLevel.O1, @"\bcopysign\.f32\s+%f\d+, 0f40400000,", true),
        ("rounding has them swapped too", Round, OptimizationLevel.O1, @"\bcopysign\.f32\s+%f\d+, 0f4B000000,", true),
        ("a fused product calls nothing", FusedProduct, OptimizationLevel.O1, @"\bcall\b.*FusedMultiplyAdd", false),
        ("a condition as a number is its bits", Condition, OptimizationLevel.O1, "0f00000001", false),
        ("a negative number divided by 8 is shifted", DivideByEight, OptimizationLevel.O1, @"^(?!.*\bdiv\.).*\bshr\.s32\s[^\n]*, 3;",
            false),
        ("constants of nested sums are combined", TwoConstants, OptimizationLevel.O1, @"^(?!.*\badd\..*\badd\.f32).*\badd\.f32", false),
        ("a constant on the left loses NaN", ConstantOnTheLeft, OptimizationLevel.O1, @"\bsetp\.le\.f32", false),
        ("a specialized value is a parameter", TestKernels.Where, OptimizationLevel.O1, @"\.param [^\n]*_origin_\d+", true),
    }.Select(entry => new TestCaseData(entry.Kernel, entry.Level, entry.Pattern, entry.IsMended).SetArgDisplayNames(entry.Name));

    [TestCaseSource(nameof(InPtx))]
    public void IsStillInPtx(Delegate kernel, OptimizationLevel level, string pattern, bool isMended)
    {
        string text = StockIlgpu.Ptx(kernel, level);
        Assert.That(Regex.IsMatch(text, pattern, AcrossLines), $"ILGPU has mended this:\n{text}");
        if (!isMended) return;
        using var compiler = new PtxCompiler(80);
        string mended = compiler.Compile(new KernelSource(kernel.Method, new Dim3(8),
            kernel.Method.GetParameters().Any(KernelSource.IsSpecialized) ? [7] : [])).Text;
        Assert.That(Regex.IsMatch(mended, pattern, AcrossLines), Is.False, $"what works around it does not work:\n{mended}");
    }

    /// <summary>What the pattern for a constant on the left means: with the constant on the right, the comparison holds for NaN.</summary>
    [Test]
    public void AConstantOnTheRightKeepsNaN()
    {
        string text = StockIlgpu.Ptx(ConstantOnTheRight, OptimizationLevel.O1);
        Assert.That(Regex.IsMatch(text, @"\bsetp\.leu\.f32"), text);
    }

    [Test]
    public void BarriersOfOpenClOrderGlobalMemoryOnly()
    {
        string text = StockIlgpu.RunOnOpenCl(Barrier, [1f]).Text;
        Assert.That(text, Does.Match(@"barrier\s*\(\s*CLK_GLOBAL_MEM_FENCE\s*\)").And.Not.Contain("CLK_LOCAL_MEM_FENCE"));
    }

    /// <summary>Each result is what ILGPU gives, and not what .NET gives.</summary>
    [Test]
    public void OpenClComputesOtherNumbers()
    {
        float[] inputs = [float.NaN, -1f, 1.5f];
        float[] wrong = StockIlgpu.RunOnOpenCl(Numbers, inputs, 3).Results, right = new float[3];
        using (Context context = Context.Create(builder => builder.CPU()))
        using (CPUAccelerator plain = context.CreateCPUAccelerator(0))
        using (MemoryBuffer1D<float, Stride1D.Dense> x = plain.Allocate1D(inputs), y = plain.Allocate1D(right))
        {
            Numbers(x.AsArrayView<float>(0, 3), y.AsArrayView<float>(0, 3));
            right = y.GetAsArray1D();
        }
        Assert.That(right, Is.EqualTo(new[] { 2f, 0f, 1f }));
        Assert.That(wrong, Is.EqualTo(new[] { 1f, -1f, BitConverter.Int32BitsToSingle(1) }));
    }

    /// <summary>ILGPU issue 1330, because of which ILGPU has switched its unrolling off.</summary>
    [Test]
    public void UnrollingLosesValuesAtExitsThatAreReachedFromElsewhere()
    {
        float[] inputs = [10f, 1f, 1f, 2f, 3f, 4f];
        Assert.That(StockIlgpu.RunOnOpenCl(LoopBehindACondition, inputs).Results[0], Is.EqualTo(20f));
        Assert.That(StockIlgpu.RunOnOpenCl(LoopBehindACondition, inputs, unroll: true).Results[0], Is.Not.EqualTo(20f));
    }

    [Test]
    public void AFailedCompilationBreaksItsContext()
    {
        using Context context = StockIlgpu.CreateContext(OptimizationLevel.O1);
        using PTXBackend backend = StockIlgpu.PtxBackend(context);
        Assert.That(StockIlgpu.Compile(backend, TestKernels.Add), Is.Not.Null);
        Assert.That(() => StockIlgpu.Compile(backend, TestKernels.Throws), Throws.Exception);
        Exception broken = Assert.Catch(() => StockIlgpu.Compile(backend, Condition))!;
        Assert.That(broken.GetBaseException(), Is.TypeOf<NullReferenceException>());
    }

    /// <summary>Such an assertion ends the process where nothing stands in for the usual listener.</summary>
    [Test]
    public void TheCpuAcceleratorChecksIndicesByAssertions()
    {
        using Context context = Context.Create(builder => builder.CPU());
        using CPUAccelerator device = context.CreateCPUAccelerator(0);
        using MemoryBuffer1D<int, Stride1D.Dense> buffer = device.Allocate1D<int>(4);
        ArrayView<int> view = buffer.AsArrayView<int>(0, 4);
        var listener = new Listener();
        TraceListener[] usual = [.. Trace.Listeners.Cast<TraceListener>()];
        Trace.Listeners.Clear();
        Trace.Listeners.Add(listener);
        try
        {
            _ = view[4];
        }
        finally
        {
            Trace.Listeners.Clear();
            Trace.Listeners.AddRange(usual);
        }
        Assert.That(listener.Failures, Is.Positive);
    }

    [Test]
    public void CopiesToOpenClTakeTheWholeSource()
    {
        TestDevices.Open("opencl").Dispose();
        using Context context = StockIlgpu.CreateContext(OptimizationLevel.O1);
        using CLAccelerator device = context.GetCLDevice(0).CreateCLAccelerator(context);
        using MemoryBuffer1D<byte, Stride1D.Dense> target = device.Allocate1D<byte>(16);
        using CPUMemoryBuffer source = CPUMemoryBuffer.Create(device, 64, 1);
        Assert.That(
            () => ((MemoryBuffer)target).CopyFrom(device.DefaultStream, source.AsRawArrayView(0, 16), 0), Throws.TypeOf<CLException>());
    }

    private static void SumAndOverwrite(ArrayView<float> x, ArrayView<float> y)
    {
        float sum = 0f;
        for (int i = 0; i < x.IntLength; i++)
        {
            sum += x[i];
            x[i] = -4f;
        }
        y[0] = sum;
    }

    private static void SumsInAnArray(ArrayView<float> x, ArrayView<float> y)
    {
        ArrayView<float> sums = LocalMemory.Allocate<float>(4);
        for (int i = 0; i < 4; i++) sums[i] = x[i];
        for (int i = 0; i < 4; i++) sums[i] += x[4 + i];
        for (int i = 0; i < 4; i++) y[i] = sums[i];
    }

    private static void MultiplyAndAdd(ArrayView<float> x, ArrayView<float> y) => y[0] = (x[0] * x[1]) + x[2];

    private static void CopySignOfThree(ArrayView<float> x, ArrayView<float> y) => y[0] = MathF.CopySign(3f, x[0]);

    private static void Round(ArrayView<float> x, ArrayView<float> y) => y[0] = MathF.Round(x[0]);

    private static void FusedProduct(ArrayView<float> x, ArrayView<float> y) => y[0] = MathF.FusedMultiplyAdd(x[0], x[1], x[2]);

    private static void Condition(ArrayView<float> x, ArrayView<float> y) => y[0] = x[0] > 2f ? 1 : 0;

    private static void DivideByEight(ArrayView<float> x, ArrayView<float> y) => y[0] = (int)x[0] / 8;

    private static void TwoConstants(ArrayView<float> x, ArrayView<float> y) => y[0] = x[0] + 0.1f + 0.3f;

    private static void ConstantOnTheLeft(ArrayView<float> x, ArrayView<float> y)
    {
        if (0f < x[0]) y[0] = 1f;
        else y[0] = 2f;
    }

    private static void ConstantOnTheRight(ArrayView<float> x, ArrayView<float> y)
    {
        if (x[0] > 0f) y[0] = 1f;
        else y[0] = 2f;
    }

    private static void Barrier(ArrayView<float> x, ArrayView<float> y)
    {
        y[0] = x[0];
        ILGPU.Group.Barrier();
    }

    /// <summary>A branch on NaN, a negative number divided by a power of two, a condition as a number.</summary>
    private static void Numbers(ArrayView<float> x, ArrayView<float> y)
    {
        if (x[0] > 0f) y[0] = 1f;
        else y[0] = 2f;
        y[1] = (int)x[1] / 8;
        y[2] = x[2] > 1f ? 1 : 0;
    }

    private static void LoopBehindACondition(ArrayView<float> x, ArrayView<float> y)
    {
        float sum = x[0];
        if (x[1] > 0f)
        {
            for (int i = 0; i < 4; i++) sum += x[2 + i];
        }
        y[0] = sum;
    }

    private sealed class Listener : TraceListener
    {
        public int Failures { get; private set; }

        public override void Write(string? message)
        {
        }

        public override void WriteLine(string? message)
        {
        }

        public override void Fail(string? message, string? detailMessage) => Failures++;
    }
}
