using System.Collections;
using System.Reflection;
using System.Text.RegularExpressions;
using ILGPU.Backends.PTX;

namespace Fovea.Ptx.Tests.Ilgpu;

/// <summary>
/// What the emulator finds in ILGPU's PTX when something is wrong with it, and that it knows every instruction ILGPU has.
/// </summary>
internal sealed class IlgpuCheckTests
{
    private static readonly float[] Numbers = [.. Enumerable.Range(0, 256).Select(i => i % 7 - 2.5f)];

    private static IEnumerable<TestCaseData> Kernels() =>
        from kernel in typeof(IlgpuKernels).GetMethods(BindingFlags.Static | BindingFlags.Public).Concat(
            typeof(IlgpuProducts).GetMethods(BindingFlags.Static | BindingFlags.Public))
        from mode in Enum.GetValues<IlgpuMode>()
        where mode != IlgpuMode.Stock || kernel.Name != nameof(IlgpuProducts.Tensor)
        select new TestCaseData(kernel, mode).SetArgDisplayNames(kernel.Name, mode.ToString());

    /// <summary>The real assembler agrees that it is PTX.</summary>
    [TestCaseSource(nameof(Kernels))]
    public void TheAssemblerTakesTheSameText(MethodInfo kernel, IlgpuMode mode)
    {
        KernelText.RequireAssembler();
        (bool accepted, string? message) = KernelText.Assemble(new IlgpuKernel(kernel, mode).Text, sm: 80);
        Assert.That(accepted, Is.True, message);
    }

    [TestCase(IlgpuMode.Inferred)]
    [TestCase(IlgpuMode.Unrolled)]
    public void TensorProduct(IlgpuMode mode)
    {
        // Few bits each, so that nothing is lost.
        float[] a = [.. Enumerable.Range(0, 256).Select(i => i % 13 - 6f)], b = [.. Enumerable.Range(0, 128).Select(i => i % 7 - 2.5f)],
            c = new float[128];
        IlgpuKernel.Of(IlgpuProducts.Tensor, mode).Run(new Dim(1), new Dim(32), [a, b, c]);
        for (int i = 0; i < 128; i++)
            Assert.That(c[i], Is.EqualTo(Enumerable.Range(0, 16).Sum(k => a[i / 8 * 16 + k] * b[i % 8 * 16 + k])),
                $"row {i / 8}, column {i % 8}");
    }

    /// <summary>ILGPU's instructions stand in tables of its own; those that depend on their operands alone must all be known.</summary>
    [Test]
    public void EveryInstructionOfIlgpusTablesIsKnown()
    {
        string[] instructions =
        [
            .. typeof(PTXInstructions).GetFields(BindingFlags.Static | BindingFlags.NonPublic)
                .Select(field => field.GetValue(null)).OfType<IDictionary>().SelectMany(table => table.Values.OfType<string>())
                .Where(text => Regex.IsMatch(text, @"^(?!atom|red)[a-z0-9]+\..*[usfb](8|16|32|64)$|\.pred$")).Distinct().Order(),
        ];
        Assert.That(instructions, Has.Length.GreaterThan(300));
        Assert.That(instructions.Where(instruction => PureOps.Find(instruction) is null), Is.EquivalentTo(NotPtx));
    }

    /// <summary>What the tables hold but the assembler does not take.</summary>
    private static readonly string[] NotPtx = ["mul.u32", "tanh.approx.ftz.f32"];

    [Test]
    public void ADroppedBarrierIsARace([Values] IlgpuMode mode)
    {
        static string Drop(string text) => new Regex(@"bar\.sync\s+0;").Replace(text, "", 1);
        PtxException exception = Fault(mode, IlgpuKernels.SumOfGroup, 128, Drop, Numbers, new float[1]);
        Assert.That(exception.Error, Is.EqualTo(PtxError.Race).Or.EqualTo(PtxError.UninitialisedMemory));
    }

    [Test]
    public void AStageThatIsReleasedTooEarlyIsARace([Values] IlgpuMode mode)
    {
        // The last barrier is the one that parts a turn's reading from the next turn's writing.
        static string Drop(string text)
        {
            Match last = Regex.Matches(text, @"bar\.sync\s+0;")[^1];
            return text.Remove(last.Index, last.Length);
        }
        var exception = Fault(mode, IlgpuProducts.Tiled, 64, Drop, Numbers, Numbers, new float[256], 16, 16);
        Assert.That(exception.Error, Is.EqualTo(PtxError.Race));
    }

    [Test]
    public void ABoundThatIsOneTooLargeIsAnAccessOutside([Values] IlgpuMode mode)
    {
        int[] which = new int[100];
        static string Loosen(string text) => Once(text, "setp.ge.s64", "setp.gt.s64", "setp.lt.s64", "setp.le.s64");
        PtxException exception = Fault(mode, IlgpuKernels.Ints, 128, Loosen, which, which, which, new int[100]);
        Assert.That(exception.Error, Is.EqualTo(PtxError.OutOfBounds));
        Assert.That(exception.Message, Does.Contain("lies at offset 400 of the nearest buffer"));
    }

    [TestCase("mul.lo.s32", "mul.wide.s32")]
    [TestCase("cvt.s64.s32", "cvt.f64.s32")]
    [TestCase("add.s32", "add.s64")]
    public void AWrongTypeIsRefused(string right, string wrong)
    {
        int[] which = new int[100];
        string Change(string text) => Once(text, right, wrong);
        PtxException exception = Fault(IlgpuMode.Unrolled, IlgpuKernels.Ints, 128, Change, which, which, which, new int[100]);
        Assert.That(exception.Error, Is.EqualTo(PtxError.TypeMismatch).Or.EqualTo(PtxError.UnknownInstruction));
    }

    [Test]
    public void ABarrierThatSomeMissIsFound([Values] IlgpuMode mode) =>
        Assert.That(Fault(mode, SomeMissABarrier, 64, text => text, new int[64]).Error, Is.EqualTo(PtxError.DivergentBarrier));

    [Test]
    public void ALocalArrayThatHoldsNothingMustNotBeRead([Values] IlgpuMode mode) =>
        Assert.That(Fault(mode, ReadsTooFar, 64, text => text, Enumerable.Range(0, 64).ToArray()).Error,
            Is.EqualTo(PtxError.UninitialisedMemory));

    [Test]
    public void SharedMemoryThatHoldsNothingMustNotBeRead([Values] IlgpuMode mode) =>
        Assert.That(Fault(mode, ReadsUnwritten, 64, text => text, new int[64]).Error, Is.EqualTo(PtxError.UninitialisedMemory));

    [Test]
    public void AnIndexThatIsNegativeIsFarOutside([Values] IlgpuMode mode) =>
        Assert.That(Fault(mode, LooksBack, 64, text => text, new int[64]).Error, Is.EqualTo(PtxError.OutOfBounds));

    private static void SomeMissABarrier(ILGPU.ArrayView<int> x)
    {
        if (x[ILGPU.Group.IdxX] + ILGPU.Group.IdxX < 40)
            ILGPU.Group.Barrier();
        x[ILGPU.Group.IdxX] = 1;
    }

    private static void ReadsTooFar(ILGPU.ArrayView<int> x)
    {
        ILGPU.ArrayView<int> some = ILGPU.LocalMemory.Allocate<int>(8);
        int i = ILGPU.Group.IdxX;
        for (int k = 0; k < 4; k++)
            some[x[i] + k & 7] = k;
        x[i] = some[x[i] + 4 & 7];
    }

    private static void ReadsUnwritten(ILGPU.ArrayView<int> x)
    {
        ILGPU.ArrayView<int> some = ILGPU.SharedMemory.Allocate<int>(65);
        some[ILGPU.Group.IdxX] = x[ILGPU.Group.IdxX];
        ILGPU.Group.Barrier();
        x[ILGPU.Group.IdxX] = some[ILGPU.Group.IdxX + 1];
    }

    private static void LooksBack(ILGPU.ArrayView<int> x) => x[ILGPU.Group.IdxX] = x[ILGPU.Group.IdxX - 1];

    private static PtxException Fault(IlgpuMode mode, Delegate kernel, int threads, Func<string, string> change, params object[] arguments)
    {
        IlgpuKernel compiled = IlgpuKernel.Of(kernel, mode);
        return Assert.Throws<PtxException>(() => compiled.Run(new Dim(1), new Dim(threads), arguments, change))!;
    }

    /// <summary>Replaces the first of the texts that is there by the one behind it.</summary>
    private static string Once(string text, params ReadOnlySpan<string> pairs)
    {
        for (int i = 0; i < pairs.Length; i += 2)
        {
            if (text.Contains(pairs[i]))
                return new Regex(Regex.Escape(pairs[i])).Replace(text, pairs[i + 1], 1);
        }
        throw new AssertionException($"the text has none of {string.Join(", ", pairs.ToArray())}:\n{text}");
    }
}
