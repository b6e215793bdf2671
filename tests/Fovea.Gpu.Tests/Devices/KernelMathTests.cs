using Fovea.Gpu.Mathematics;

namespace Fovea.Gpu.Tests;

internal sealed class KernelMathTests
{
    // A prime, so that the samples share no pattern with the bits.
    private const uint Stride = 4999;
    private const float Infinity = float.PositiveInfinity;

    // The documented bound.
    private const double MaxUlps = 2;

    private static readonly (Func<float, float> Function, Func<double, double> Exact, string Name)[] Functions =
    [
        (KernelMath.Exp, Math.Exp, "Exp"), (KernelMath.Exp2, x => Math.Pow(2, x), "Exp2"), (KernelMath.Expm1, Expm1, "Expm1"),
        (KernelMath.Log, Math.Log, "Log"), (KernelMath.Log2, Math.Log2, "Log2"), (KernelMath.Log1p, Log1p, "Log1p"),
        (KernelMath.Tanh, Math.Tanh, "Tanh"), (KernelMath.Sigmoid, x => 1 / (1 + Math.Exp(-x)), "Sigmoid"), (KernelMath.Erf, Erf, "Erf"),
        (KernelMath.Sin, Math.Sin, "Sin"), (KernelMath.Cos, Math.Cos, "Cos"), (KernelMath.Rsqrt, x => 1 / Math.Sqrt(x), "Rsqrt"),
    ];

    // Where results become subnormal, infinite, constant or change their formula, and multiples of π/2 near floats.
    private static readonly float[] Critical =
    [
        0, 1e-8f, 5.877e-39f, 1.17549435e-38f, 0.25f, 0.3465736f, 0.4142136f, 0.5f, 0.55f, 0.70710678f, 0.9f, 1, 1.41421356f, 1.5707963f, 2,
            3.1415927f, 3.92f, 3.95f, 4.712389f,
        8.66f, 9.01f, 10, 16.635532f, 17.33f, 20, 87.33654f, 88.02969f, 88.72283f, 103.2789f, 103.97207f, 105, 126, 128, 149, 150, 1e5f,
            5e5f, 33554432, 5.4763625e15f, 2.1474836e9f, 1.6e38f, float.MaxValue,
    ];

    private static readonly string[] Names = [.. Functions.Select(function => function.Name)];

    [TestCaseSource(nameof(Names))]
    public void ErrorsAreAtMostTwoUnitsInTheLastPlace(string name)
    {
        (Func<float, float> function, Func<double, double> exact, _) = Functions.Single(candidate => candidate.Name == name);
        (double Ulps, float X) worst = default;
        void Check(float x)
        {
            double ulps = Ulps(function(x), exact(x));
            if (!(ulps <= worst.Ulps)) worst = (ulps, x);
        }
        for (ulong bits = 0; bits <= uint.MaxValue; bits += Stride) Check(BitConverter.UInt32BitsToSingle((uint)bits));
        foreach (float value in Critical)
        {
            int bits = BitConverter.SingleToInt32Bits(value);
            for (int near = Math.Max(bits - 3000, 0); near < Math.Min(bits + 3000, 0x7f800000); near++)
            {
                Check(BitConverter.Int32BitsToSingle(near));
                Check(-BitConverter.Int32BitsToSingle(near));
            }
        }
        Assert.That(worst.Ulps, Is.LessThanOrEqualTo(MaxUlps), $"{name}({worst.X:r}) = {function(worst.X):r}, not {exact(worst.X):r}");
    }

    [Test]
    public void PowersAreWithinTwoUnitsInTheLastPlace()
    {
        var random = new System.Random(1);
        (double Ulps, float X, float Y) worst = default;
        for (int i = 0; i < 1_000_000; i++)
        {
            float x = i % 3 == 0 ? 0.5f + random.NextSingle() : BitConverter.Int32BitsToSingle(random.Next(1, 0x7f800000));
            // Exponents whose results cover all floats, and any.
            float y = i % 4 != 0 ? (float)(((random.NextDouble() * 300) - 150) / Math.Log2(x))
                : BitConverter.Int32BitsToSingle(random.Next() << 1);
            double ulps = Ulps(KernelMath.Pow(x, y), Math.Pow(x, y));
            if (!(ulps <= worst.Ulps)) worst = (ulps, x, y);
        }
        Assert.That(worst.Ulps, Is.LessThanOrEqualTo(MaxUlps), $"Pow({worst.X:r}, {worst.Y:r})");
    }

    [Test]
    public void PowersOfSpecialValuesAreThoseOfC()
    {
        float[] values = [0, -0f, 1, -1, 0.5f, -0.5f, 2, -2, 3, -3, 2.5f, -2.5f, 1e30f, -1e30f, 16777217, -16777215, 1e-40f, -1e-40f,
            Infinity, -Infinity, float.NaN];
        foreach (float x in values)
        {
            foreach (float y in values)
            {
                float exact = (float)Math.Pow(x, y), result = KernelMath.Pow(x, y);
                bool same = float.IsFinite(exact) && exact != 0
                    ? Ulps(result, Math.Pow(x, y)) <= MaxUlps
                    : float.IsNaN(exact) ? float.IsNaN(result)
                        : BitConverter.SingleToInt32Bits(result) == BitConverter.SingleToInt32Bits(exact);
                Assert.That(same, $"Pow({x:r}, {y:r}) = {result:r}, not {exact:r}");
            }
        }
    }

    [TestCase("Exp", Infinity, -Infinity, 1, 1, Infinity, 0)]
    [TestCase("Exp2", Infinity, -Infinity, 1, 1, Infinity, 0)]
    [TestCase("Expm1", Infinity, -Infinity, 0, -0f, Infinity, -1)]
    [TestCase("Log", Infinity, -Infinity, -Infinity, -Infinity, Infinity, float.NaN)]
    [TestCase("Log2", Infinity, -Infinity, -Infinity, -Infinity, Infinity, float.NaN)]
    [TestCase("Log1p", Infinity, -Infinity, 0, -0f, Infinity, float.NaN)]
    [TestCase("Log1p", -1, -2, 0, -0f, -Infinity, float.NaN)]
    [TestCase("Tanh", Infinity, -Infinity, 0, -0f, 1, -1)]
    [TestCase("Sigmoid", Infinity, -Infinity, 0.5f, 0.5f, 1, 0)]
    [TestCase("Erf", Infinity, -Infinity, 0, -0f, 1, -1)]
    [TestCase("Sin", Infinity, -Infinity, 0, -0f, float.NaN, float.NaN)]
    [TestCase("Cos", Infinity, -Infinity, 1, 1, float.NaN, float.NaN)]
    [TestCase("Rsqrt", Infinity, -Infinity, Infinity, -Infinity, 0, float.NaN)]
    public void SpecialValues(string name, float a, float b, float ofZero, float ofMinusZero, float ofA, float ofB)
    {
        Func<float, float> function = Functions.Single(candidate => candidate.Name == name).Function;
        foreach ((float x, float expected) in new[] { (0f, ofZero), (-0f, ofMinusZero), (a, ofA), (b, ofB), (float.NaN, float.NaN) })
        {
            float result = function(x);
            bool same = float.IsNaN(expected) ? float.IsNaN(result)
                : BitConverter.SingleToInt32Bits(result) == BitConverter.SingleToInt32Bits(expected);
            Assert.That(same, $"{name}({x:r}) = {result:r}, not {expected:r}");
        }
    }

    [Test]
    public void SmallerAndLargerKeepNaNAndTheSignsOfZeros()
    {
        Assert.That(float.IsNaN(KernelMath.Min(1, float.NaN)) && float.IsNaN(KernelMath.Max(float.NaN, 1))
            && float.IsNaN(KernelMath.Clamp(float.NaN, 0, 1)));
        Assert.That(float.IsNegative(KernelMath.Min(0f, -0f)) && !float.IsNegative(KernelMath.Max(-0f, 0f)));
        Assert.That((KernelMath.Clamp(3f, 0, 1), KernelMath.Clamp(-3f, 0, 1), KernelMath.Clamp(7, 0, 5), KernelMath.Round(2.5f),
            KernelMath.DivideUp(7, 4)), Is.EqualTo((1f, 0f, 5, 2f, 2)));
    }

    /// <summary>The distance from the exact value in spacings of floats there; beyond the largest float as if they went on.</summary>
    private static double Ulps(float result, double exact)
    {
        if (double.IsNaN(exact)) return float.IsNaN(result) ? 0 : double.NaN;
        float rounded = (float)exact;
        if (rounded == result) return float.IsInfinity(rounded) ? 0 : Math.Abs(result - exact) / Spacing(rounded);
        if (float.IsInfinity(rounded) || float.IsInfinity(result))
            return Math.Abs((double)BitConverter.SingleToInt32Bits(result) - BitConverter.SingleToInt32Bits(rounded));
        return Math.Abs(result - exact) / Spacing(rounded);
    }

    private static double Spacing(float value)
    {
        float size = Math.Min(Math.Abs(value), MathF.BitDecrement(float.MaxValue));
        return (double)MathF.BitIncrement(size) - size;
    }

    private static double Expm1(double x) =>
        Math.Abs(x) < 1e-3 ? x * (1 + (x / 2 * (1 + (x / 3 * (1 + (x / 4 * (1 + (x / 5)))))))) : Math.Exp(x) - 1;

    private static double Log1p(double x) => Math.Abs(x) < 1e-4 ? x * (1 - (x / 2) + (x * x / 3) - (x * x * x / 4)) : Math.Log(1 + x);

    // By its Taylor series and, from 3 on, the continued fraction (NIST's Digital Library of Mathematical Functions, 7.6.1 and 7.9.1).
    private static double Erf(double x)
    {
        double size = Math.Abs(x);
        if (size >= 3)
        {
            if (size > 6) return Math.Sign(x);
            double fraction = 0;
            for (int k = 60; k > 0; k--) fraction = k / 2.0 / (size + fraction);
            return Math.CopySign(1 - (Math.Exp(-size * size) / Math.Sqrt(Math.PI) / (size + fraction)), x);
        }
        double term = x, sum = x;
        for (int n = 1; Math.Abs(term) > 1e-18 * Math.Abs(sum); n++)
        {
            term *= -x * x / n;
            sum += term / ((2 * n) + 1);
        }
        return sum * 2 / Math.Sqrt(Math.PI);
    }
}
