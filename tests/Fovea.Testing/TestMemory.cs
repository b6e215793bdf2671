using Fovea.Core.Random;
using Fovea.Cpu.Threads;
using Fovea.Cpu.Vectors;

namespace Fovea.Testing;

/// <summary>Memory that kernels work on, with a margin behind it that must stay as it is.</summary>
internal sealed unsafe class TestMemory
{
    private const int Margin = 16;

    private readonly Tensor tensor;
    private readonly int length;

    private TestMemory(long length)
    {
        this.length = (int)length;
        tensor = new Tensor(new Shape(this.length + Margin));
        tensor.Span.Fill(float.NaN);
    }

    public float* Pointer => tensor.Pointer;

    public Span<float> Span => tensor.Span[..length];

    /// <summary>Memory whose content is no number: a kernel that reads it before it writes shows it.</summary>
    public static TestMemory Dirty(long length) => new(length);

    /// <summary>Scratch memory of a size in bytes.</summary>
    public static TestMemory Workspace(long bytes) => new(bytes / sizeof(float));

    public static TestMemory Normal(long length, ulong stream)
    {
        var memory = new TestMemory(length);
        var random = new RandomStream(5, stream);
        foreach (ref float value in memory.Span) value = random.NextNormal();
        return memory;
    }

    public double[] ToDoubles() => Array.ConvertAll(Span.ToArray(), value => (double)value);

    public int[] Bits() => Array.ConvertAll(Span.ToArray(), BitConverter.SingleToInt32Bits);

    public void AssertMargin() => Assert.That(tensor.Span[length..].ToArray(), Has.All.NaN, "the kernel wrote past the end");
}

/// <summary>What kernels are tried with: every vector width of this machine, one to three threads.</summary>
internal static class Settings
{
    public static readonly WorkerPool[] Pools = [new(1), new(2), new(3)];

    public static IEnumerable<SimdLevel> Levels => Enum.GetValues<SimdLevel>().Where(level => level <= CpuFeatures.Simd);

    /// <summary>γ_n, the relative error bound of a sum of n products in float32.</summary>
    public static double Gamma(int terms) => terms * Math.Pow(2, -24) / (1 - (terms * Math.Pow(2, -24)));

    /// <summary>Compares with float64 values, given the sum of the terms' magnitudes for each element.</summary>
    public static void AssertClose(ReadOnlySpan<float> actual, double[] expected, double[] magnitudes, int terms, string what)
    {
        for (int i = 0; i < actual.Length; i++)
        {
            double tolerance = Gamma(terms) * magnitudes[i];
            if (!(Math.Abs(actual[i] - expected[i]) <= tolerance))
                Assert.Fail($"{what}: element {i} is {actual[i]}, not {expected[i]} within {tolerance}.");
        }
    }
}
