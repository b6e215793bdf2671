using Fovea.Core.Random;
using Fovea.Cpu.Elementwise;
using Fovea.Cpu.Vectors;

namespace Fovea.Cpu.Tests.Elementwise;

/// <summary>Functions over arrays, against double precision over all sizes of numbers, and bit by bit at every length.</summary>
[TestFixtureSource(nameof(Levels))]
internal sealed class VectorFunctionTests(SimdLevel level)
{
    private const int Mantissas = 300;
    private const double MostUlps = 2;

    private static readonly float[] Numbers = [.. EverySize()];

    private delegate void Loop(ReadOnlySpan<float> x, Span<float> result, SimdLevel level);

    public static IEnumerable<SimdLevel> Levels => Enum.GetValues<SimdLevel>().Where(level => level <= CpuFeatures.Hardware);

    private static (string Name, Loop Loop, Func<double, double> Exact)[] Functions =>
    [
        ("exp", VectorFunctions.Apply<Exponential>, Math.Exp), ("expm1", VectorFunctions.Apply<ExponentialLessOne>, ExactExpm1),
        ("log", VectorFunctions.Apply<NaturalLogarithm>, Math.Log), ("tanh", VectorFunctions.Apply<HyperbolicTangent>, ExactTanh),
        ("log1p", VectorFunctions.Apply<LogarithmOfOnePlus>, ExactLog1p), ("erf", VectorFunctions.Apply<ErrorFunction>, ExactErf),
        ("sigmoid", VectorFunctions.Apply<Logistic>, x => 1 / (1 + Math.Exp(-x))),
        ("sign", VectorFunctions.Apply<SignOf>, x => double.IsNaN(x) ? x : Math.Sign(x)),
    ];

    private static IEnumerable<string> Names => Functions.Select(function => function.Name);

    [TestCaseSource(nameof(Names))]
    public void EveryExponentIsAccurate(string name)
    {
        (_, Loop loop, Func<double, double> exact) = Functions.Single(function => function.Name == name);
        float[] results = new float[Numbers.Length];
        loop(Numbers, results, level);
        for (int i = 0; i < Numbers.Length; i++) Check(results[i], exact(Numbers[i]), $"{name}({Numbers[i]:g9})");
    }

    [Test]
    public void EveryPowerIsAccurate()
    {
        var random = new RandomStream(3, 1);
        float[] exponents = new float[Numbers.Length], results = new float[Numbers.Length];
        float[] special = [0f, -0f, 1f, -1f, 2f, 0.5f, 3f, -2.5f, float.PositiveInfinity, float.NegativeInfinity, float.NaN, 16777217f];
        for (int round = 0; round < 3; round++)
        {
            for (int i = 0; i < Numbers.Length; i++)
            {
                // Any number; one with which the power is a number; what has rules of its own.
                double logarithm = Math.Max(1e-6, Math.Abs(Math.Log2(Math.Abs((double)Numbers[i]))));
                exponents[i] = round == 0 ? Numbers[random.NextInt32(Numbers.Length)]
                    : round == 1 ? (float)((random.NextSingle() - 0.5) * 300 / logarithm) : special[random.NextInt32(special.Length)];
            }
            VectorFunctions.Apply<Power>(Numbers, exponents, results, level);
            for (int i = 0; i < Numbers.Length; i++)
                Check(results[i], Math.Pow(Numbers[i], exponents[i]), $"pow({Numbers[i]:g9}, {exponents[i]:g9})");
        }
    }

    [TestCase("exp", 0f, 1f)]
    [TestCase("exp", -0f, 1f)]
    [TestCase("expm1", 0f, 0f)]
    [TestCase("expm1", -0f, -0f)]
    [TestCase("expm1", float.NegativeInfinity, -1f)]
    [TestCase("log", 1f, 0f)]
    [TestCase("log", 0f, float.NegativeInfinity)]
    [TestCase("log", -0f, float.NegativeInfinity)]
    [TestCase("log1p", 0f, 0f)]
    [TestCase("log1p", -0f, -0f)]
    [TestCase("log1p", -1f, float.NegativeInfinity)]
    [TestCase("log1p", 1e-9f, 1e-9f)]
    [TestCase("erf", 0f, 0f)]
    [TestCase("erf", -0f, -0f)]
    [TestCase("erf", float.PositiveInfinity, 1f)]
    [TestCase("erf", -4f, -1f)]
    [TestCase("tanh", 0f, 0f)]
    [TestCase("tanh", -0f, -0f)]
    [TestCase("tanh", 1e-7f, 1e-7f)]
    [TestCase("tanh", float.NegativeInfinity, -1f)]
    [TestCase("sigmoid", 0f, 0.5f)]
    [TestCase("sigmoid", float.PositiveInfinity, 1f)]
    [TestCase("sigmoid", float.NegativeInfinity, 0f)]
    [TestCase("sign", -0f, -0f)]
    public void ExactPointsAreExact(string name, float x, float expected)
    {
        Loop loop = Functions.Single(function => function.Name == name).Loop;
        for (int length = 1; length <= 33; length += 4)
        {
            float[] values = new float[length], results = new float[length];
            Array.Fill(values, x);
            loop(values, results, level);
            Assert.That(Bits(results), Has.All.EqualTo(BitConverter.SingleToInt32Bits(expected)), $"{length} elements");
        }
    }

    [Test]
    public void PowersWithOneAndZeroAreExact()
    {
        float[] zeros = new float[Numbers.Length], ones = new float[Numbers.Length], results = new float[Numbers.Length];
        Array.Fill(ones, 1f);
        VectorFunctions.Apply<Power>(Numbers, ones, results, level);
        Assert.That(Bits(results), Is.EqualTo(Bits(Numbers)));
        VectorFunctions.Apply<Power>(Numbers, zeros, results, level);
        Assert.That(results, Has.All.EqualTo(1f));
        VectorFunctions.Apply<Power>(ones, Numbers, results, level);
        Assert.That(results, Has.All.EqualTo(1f));
    }

    [Test]
    public void NeitherLengthNorAlignmentNorWidthShows()
    {
        var random = new RandomStream(3, 2);
        float[] numbers = new float[80];
        foreach (ref float number in numbers.AsSpan())
            number = random.NextInt32(4) == 0 ? Numbers[random.NextInt32(Numbers.Length)] : 2 * random.NextNormal();
        float[] reversed = [.. numbers.Reverse()];
        foreach ((string name, Loop loop, _) in Functions.Append(
            ("pow", (x, result, width) => VectorFunctions.Apply<Power>(x, reversed.AsSpan(0, x.Length), result, width), Math.Sqrt)))
        {
            // One element after the other, through the padded vector of the narrowest code.
            int[] expected = [.. numbers.Select((number, i) => Alone(number, i))];
            for (int length = 1; length <= 67; length++)
            {
                for (int start = 0; start < (name == "pow" ? 1 : 9); start++)
                {
                    float[] results = new float[length + start + 1];
                    Array.Fill(results, 7f);
                    loop(numbers.AsSpan(start, length), results.AsSpan(start, length), level);
                    int[] part = expected[start..(start + length)];
                    Assert.That(Bits(results[start..^1]), Is.EqualTo(part), $"{name} of {length} from {start}");
                    Assert.That(results[^1], Is.EqualTo(7f), "what lies behind");

                    numbers.AsSpan(start, length).CopyTo(results.AsSpan(start));
                    loop(results.AsSpan(start, length), results.AsSpan(start, length), level);
                    Assert.That(Bits(results[start..^1]), Is.EqualTo(part), $"{name} in place");
                }
            }

            int Alone(float number, int index)
            {
                float[] result = new float[1];
                if (name == "pow") VectorFunctions.Apply<Power>([number], [reversed[index]], result, SimdLevel.Vector128);
                else loop([number], result, SimdLevel.Vector128);
                return Bits(result)[0];
            }
        }
    }

    private static void Check(float actual, double exact, string what)
    {
        if (double.IsNaN(exact))
        {
            if (!float.IsNaN(actual)) Assert.Fail($"{what} is {actual:g9}, not NaN");
            return;
        }
        float nearest = (float)exact, size = Math.Min(MathF.Abs(nearest), float.MaxValue);
        if (actual == nearest && (nearest != 0 || float.IsNegative(actual) == double.IsNegative(exact) || exact != 0)) return;
        double unit = size == float.MaxValue ? size - (double)MathF.BitDecrement(size) : MathF.BitIncrement(size) - (double)size;
        double error = Math.Abs(actual - Math.Clamp(exact, -2.0 * float.MaxValue, 2.0 * float.MaxValue)) / unit;
        // Rounded to infinity from within the last float's reach, or the other way round.
        if (float.IsInfinity(actual)) error = (Math.ScaleB(1, 128) - Math.Abs(exact)) / unit;
        if (!(error <= MostUlps) || (exact == 0 && actual != 0)) Assert.Fail($"{what} is {actual:g9}, not {exact:g9}: {error:g3} ulp");
    }

    private static double ExactExpm1(double x) => Math.Abs(x) < 1e-4 ? x + (x * x / 2) + (x * x * x / 6) : Math.Exp(x) - 1;

    private static double ExactLog1p(double x) => Math.Abs(x) < 1e-4 ? x - (x * x / 2) + (x * x * x / 3) : Math.Log(1 + x);

    // By the series of e^(−x²), Abramowitz and Stegun 7.1.6; from 6 on 1 is nearer than any digit.
    private static double ExactErf(double x)
    {
        double square = Math.Min(x * x, 36), term = Math.Min(Math.Abs(x), 6), sum = term;
        for (int n = 1; term > sum * 1e-17; n++) sum += term *= 2 * square / ((2 * n) + 1);
        return Math.CopySign(double.IsNaN(x) ? x : 2 / Math.Sqrt(Math.PI) * Math.Exp(-square) * sum, x);
    }

    private static double ExactTanh(double x) => Math.Abs(x) < 1e-3 ? x - (x * x * x / 3) : Math.Tanh(x);

    private static int[] Bits(float[] values) =>
        [.. values.Select(value => BitConverter.SingleToInt32Bits(float.IsNaN(value) ? float.NaN : value))];

    private static IEnumerable<float> EverySize()
    {
        var random = new RandomStream(3, 0);
        for (int high = 0; high < 512; high++)
        {
            for (int i = 0; i < Mantissas; i++)
            {
                int mantissa = i switch { 0 => 0, 1 => 1, 2 => 0x7fffff, _ => random.NextInt32(1 << 23) };
                yield return BitConverter.Int32BitsToSingle((high << 23) | mantissa);
            }
        }
    }
}
