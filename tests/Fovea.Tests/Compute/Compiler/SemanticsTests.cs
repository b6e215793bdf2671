using Fovea.Compute;
using Fovea.Kernels.Random;
using static Fovea.Tests.ComputeTests.Compiler.SemanticsKernels;

namespace Fovea.Tests.ComputeTests.Compiler;

/// <summary>Compiled kernels do what C# says: bit for bit what the same method does as plain .NET.</summary>
internal sealed class SemanticsTests() : KernelTests("opencl")
{
    private static readonly float[] SpecialFloats =
    [
        0f, -0f, 1f, -1f, 0.5f, 1.5f, 2.5f, -2.5f, 1e-45f, -1e-38f, 3.4e38f, -3.4e38f, float.PositiveInfinity, float.NegativeInfinity, float.NaN,
        2147483648f, -2147483648f, 4294967296f, 9.3e18f, -9.3e18f, 16777217f, 0.1f, -0.7f, 123456.789f,
    ];

    private static readonly int[] Integers = [.. new[] { 0, 1, -1, 2, 31, 32, 33, 63, 64, int.MaxValue, int.MinValue + 1, -17, 1 << 20 }.Concat(Words(200).Select(word => (int)word))];

    private static readonly float[] Floats = [.. SpecialFloats, .. Words(300).Select(word => BitConverter.UInt32BitsToSingle(word)), .. Words(300).Select(word => (word / 1e9f) - 2)];

    [Test]
    public void IntegersWrapDivideAndShiftAsInCSharp()
    {
        Agree(Int32Arithmetic, Integers, new int[Integers.Length]);
        Agree(UInt32Arithmetic, [.. Integers.Select(value => (uint)value)], new uint[Integers.Length]);
        long[] longs = [.. Integers.Select((value, i) => ((long)value << (i % 33)) ^ i)];
        Agree(Int64Arithmetic, longs, new long[longs.Length]);
    }

    [Test]
    public void FloatsRoundCompareAndConvertAsInCSharp()
    {
        Agree(Float32Arithmetic, Floats, new float[Floats.Length * 10]);
        Agree(FloatComparisons, SpecialFloats, new int[SpecialFloats.Length * SpecialFloats.Length]);
        Agree(Conversions, Floats, new long[Floats.Length * 8]);
    }

    [Test]
    public void ControlFlowIsThatOfCSharp() => Agree(ControlFlow, [.. Integers.Select(value => value & 0xFFFF)], new int[Integers.Length]);

    [Test]
    public void StructsReferencesAndTuplesWork() => Agree(Structs, [.. Floats.Where(float.IsNormal)], new float[200]);

    [Test]
    public void ALocalArrayMayBeIndexedByWhatIsNotKnown() => Agree(DynamicLocalArray, Integers, new int[70]);

    [Test]
    public void VectorsAndViewsOfViewsWork() => Agree(Vectors, [.. Enumerable.Range(0, 42).Select(i => i * 1.25f)], new float[38]);

    [Test]
    public void SharedMemoryBarriersAndAtomicsWork() => Agree(SharedAndAtomic, Integers, new int[66], new Dim3(3));

    [Test]
    public void LanesExchangeValues() => Agree(Exchanges, [.. Enumerable.Range(0, 128).Select(i => i * 0.37f)], new float[128]);

    [Test]
    public void GenericKernelsAreSpecialised()
    {
        float[] values = [.. Enumerable.Range(0, 60).Select(i => (i % 11) - 5f)];
        Agree(SemanticsKernels.Specialised<SemanticsKernels.Three, SemanticsKernels.Cube>, values, new float[64]);
        Agree(SemanticsKernels.Specialised<SemanticsKernels.Eight, SemanticsKernels.Rectifier>, values, new float[64]);
    }

    private void Agree<TIn, TOut>(Delegate kernel, TIn[] input, TOut[] output, Dim3? groups = null)
        where TIn : unmanaged
        where TOut : unmanaged
    {
        TOut[] compiled = Run(kernel, input, output, groups);
        using var plain = new PlainNet();
        TOut[] expected = plain.Run(kernel, input, output, groups);
        for (int i = 0; i < output.Length; i++) Assert.That(Comparable(compiled[i]), Is.EqualTo(Comparable(expected[i])), $"{kernel.Method.Name}, element {i}: {compiled[i]}, not {expected[i]}");
    }

    // Bits, so that −0 is not 0; but which NaN comes out is nobody's business.
    private static object Comparable<T>(T value) => value is not float number ? value! : float.IsNaN(number) ? "NaN" : BitConverter.SingleToInt32Bits(number);

    private static IEnumerable<uint> Words(int count)
    {
        var random = new RandomStream(11, 4);
        for (int i = 0; i < count; i++) yield return (uint)random.NextInt32(int.MaxValue) * 2654435761u;
    }

    private sealed class PlainNet() : KernelTests("simt"), IDisposable
    {
        public new TOut[] Run<TIn, TOut>(Delegate kernel, TIn[] input, TOut[] output, Dim3? groups)
            where TIn : unmanaged
            where TOut : unmanaged
        {
            OpenAccelerator();
            return base.Run(kernel, input, output, groups);
        }

        public void Dispose() => CloseAccelerator();
    }
}
