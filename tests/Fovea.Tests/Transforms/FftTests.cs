using System.Numerics;
using System.Runtime.InteropServices;
using FsCheck;
using FsCheck.Fluent;

namespace Fovea.Tests;

/// <summary>The public transforms against the definition in double precision, and against the theorems about them.</summary>
internal sealed class FftTests
{
    // Rounding errors grow with the number of passes; by the chirp there are three times as many.
    private const double Tolerance = 6e-7;

    private static readonly (int Height, int Width)[] Images =
        [(1, 1), (2, 2), (3, 4), (4, 3), (5, 7), (8, 16), (11, 6), (6, 11), (13, 17), (32, 30), (49, 40), (64, 1), (1, 64)];

    [Test]
    public void EveryShortLength([Range(1, 128)] int length) => CheckSequence(length);

    // Large primes, powers, products of every small prime, and twice a prime.
    [TestCase(509)]
    [TestCase(1009)]
    [TestCase(2039)]
    [TestCase(4093)]
    [TestCase(2 * 997)]
    [TestCase(1024)]
    [TestCase(2187)]
    [TestCase(3125)]
    [TestCase(2401)]
    [TestCase(2 * 3 * 4 * 5 * 7 * 3)]
    public void LongLengths(int length) => CheckSequence(length);

    [TestCaseSource(nameof(Images))]
    public void ImagesOfSeveralChannels((int Height, int Width) size)
    {
        foreach (int channels in (int[])[1, 3, 16, 21])
        {
            FftPlan plan = FftPlan.ForImages(size.Height, size.Width, batch: 2, channels);
            ComplexSingle[] signal = Signal(plan.Elements, 3), spectrum = new ComplexSingle[plan.Elements],
                half = new ComplexSingle[plan.HalfSpectrum];
            float[] real = [.. signal.Select(value => value.Real)];
            plan.Forward(signal, spectrum);
            plan.Forward(real, half);
            Complex[] expected = Dft2(plan, [.. signal.Select(value => (Complex)value)]),
                expectedReal = Dft2(plan, [.. real.Select(value => (Complex)value)]);
            AssertClose(spectrum, expected, $"{channels} channels");
            AssertClose(half, [.. expectedReal.Where((_, i) => i / channels % size.Width <= size.Width / 2)], $"real, {channels} channels");

            ComplexSingle[] back = new ComplexSingle[plan.Elements];
            float[] backReal = new float[plan.Elements];
            plan.Inverse(spectrum, back);
            plan.Inverse(half, backReal);
            AssertClose(back, [.. signal.Select(value => (Complex)value)], "there and back");
            AssertClose(backReal, real, "there and back, real");
        }
    }

    [Test]
    public void ResultsMayTakeThePlaceOfTheirSource(
        [Values(1, 2, 9, 16, 30, 37, 127)] int length, [Values(1, 3)] int batch, [Values(1, 8)] int height)
    {
        FftPlan plan = FftPlan.ForImages(height, length, batch);
        ComplexSingle[] signal = Signal(plan.Elements, 1), apart = new ComplexSingle[plan.Elements], place = [.. signal];
        plan.Forward(signal, apart);
        plan.Forward(place, place);
        Assert.That(place, Is.EqualTo(apart));
        plan.Inverse(apart, apart);
        plan.Inverse(place, place);
        Assert.That(place, Is.EqualTo(apart));

        ComplexSingle[] half = new ComplexSingle[plan.HalfSpectrum], halfPlace = new ComplexSingle[plan.HalfSpectrum];
        float[] real = [.. signal.Select(value => value.Real)], back = new float[plan.Elements];
        Span<float> floats = MemoryMarshal.Cast<ComplexSingle, float>(halfPlace.AsSpan())[..real.Length];
        real.CopyTo(floats);
        plan.Forward(real, half);
        plan.Forward(floats, halfPlace);
        Assert.That(halfPlace, Is.EqualTo(half));
        plan.Inverse(half, back);
        plan.Inverse(halfPlace, floats);
        Assert.That(floats.ToArray(), Is.EqualTo(back));
    }

    [Test]
    public void EnergyIsKept([Values(7, 31, 64, 99, 360, 1021)] int length)
    {
        ComplexSingle[] signal = Signal(length, 5), spectrum = new ComplexSingle[length];
        Fft.Forward(signal, spectrum);
        double energy = signal.Sum(Power);
        Assert.That(spectrum.Sum(Power) / length, Is.EqualTo(energy).Within(energy * 1e-6));
    }

    [Test]
    public void ShiftingTurnsPhases([Values(8, 15, 67, 210)] int length, [Values(1, 5)] int shift)
    {
        ComplexSingle[] signal = Signal(length, 6), shifted = [.. Enumerable.Range(0, length).Select(i => signal[(i + shift) % length])];
        ComplexSingle[] spectrum = new ComplexSingle[length], spectrumShifted = new ComplexSingle[length];
        Fft.Forward(signal, spectrum);
        Fft.Forward(shifted, spectrumShifted);
        AssertClose(spectrumShifted, [.. spectrum.Select((value, k) => value
            * Complex.FromPolarCoordinates(1, 2 * Math.PI * k * shift / length))], "shifted");
    }

    [Test]
    public void EnergyOfRealSequencesIsKept([Values(1, 2, 7, 31, 64, 99, 360, 1021)] int length)
    {
        float[] signal = [.. Signal(length, 5).Select(value => value.Real)];
        ComplexSingle[] half = new ComplexSingle[(length / 2) + 1];
        Fft.Forward(signal, half);
        double energy = signal.Sum(value => (double)value * value);
        Assert.That(HalfEnergy(half, length) / length, Is.EqualTo(energy).Within(energy * 1e-6));
    }

    [TestCaseSource(nameof(Images))]
    public void EnergyOfImagesIsKept((int Height, int Width) size)
    {
        FftPlan plan = FftPlan.ForImages(size.Height, size.Width);
        ComplexSingle[] signal = Signal(plan.Elements, 5), spectrum = new ComplexSingle[plan.Elements],
            half = new ComplexSingle[plan.HalfSpectrum];
        float[] real = [.. signal.Select(value => value.Real)];
        plan.Forward(signal, spectrum);
        plan.Forward(real, half);
        double energy = signal.Sum(Power), realEnergy = real.Sum(value => (double)value * value);
        Assert.That(spectrum.Sum(Power) / plan.Elements, Is.EqualTo(energy).Within(energy * 1e-6));
        Assert.That(HalfEnergy(half, size.Width) / plan.Elements, Is.EqualTo(realEnergy).Within(realEnergy * 1e-6));
    }

    [Test]
    public void ShiftingImagesTurnsPhases([Values(1, 5)] int down, [Values(0, 3)] int across)
    {
        foreach ((int height, int width) in Images)
        {
            FftPlan plan = FftPlan.ForImages(height, width);
            ComplexSingle[] signal = Signal(plan.Elements, 6), spectrum = new ComplexSingle[plan.Elements],
                half = new ComplexSingle[plan.HalfSpectrum];
            ComplexSingle[] shifted = [.. Enumerable.Range(0, plan.Elements)
                .Select(i => signal[(((i / width) + down) % height * width) + (((i % width) + across) % width)])];
            ComplexSingle[] spectrumShifted = new ComplexSingle[plan.Elements], halfShifted = new ComplexSingle[plan.HalfSpectrum];
            plan.Forward(signal, spectrum);
            plan.Forward(shifted, spectrumShifted);
            plan.Forward((float[])[.. signal.Select(value => value.Real)], half);
            plan.Forward((float[])[.. shifted.Select(value => value.Real)], halfShifted);
            AssertClose(spectrumShifted, [.. spectrum.Select((value, i) => value * Turn(i, width))], $"{height}×{width}", 2 * Tolerance);
            AssertClose(
                halfShifted, [.. half.Select((value, i) => value * Turn(i, (width / 2) + 1))], $"{height}×{width}, real", 2 * Tolerance);

            Complex Turn(int i, int row) =>
                Complex.FromPolarCoordinates(1, 2 * Math.PI * (((double)(i / row) * down / height) + ((double)(i % row) * across / width)));
        }
    }

    // Against the definition, and not only there and back: two mistakes could undo one another.
    [Test]
    public void TheInverseIsTheSumOfTurnedPhases([Values(1, 2, 3, 5, 8, 11, 16, 30, 37, 64, 90, 127, 509)] int length)
    {
        ComplexSingle[] spectrum = Signal(length, 9), signal = new ComplexSingle[length];
        Fft.Inverse(spectrum, signal);
        AssertClose(signal, InverseDft([.. spectrum.Select(value => (Complex)value)]), "complex");

        // Half a spectrum: the other half mirrors it, and what is its own mirror image is real.
        ComplexSingle[] half = spectrum[..((length / 2) + 1)];
        half[0] = new ComplexSingle(half[0].Real, 0);
        if (length % 2 == 0) half[^1] = new ComplexSingle(half[^1].Real, 0);
        Complex[] whole =
            [.. Enumerable.Range(0, length).Select(k => k < half.Length ? (Complex)half[k] : Complex.Conjugate(half[length - k]))];
        float[] real = new float[length];
        Fft.Inverse(half, real);
        AssertClose([.. real.Select(value => new ComplexSingle(value, 0))], InverseDft(whole), "real");
    }

    [TestCaseSource(nameof(Images))]
    public void TheInverseOfImagesIsTheSumOfTurnedPhases((int Height, int Width) size)
    {
        FftPlan plan = FftPlan.ForImages(size.Height, size.Width, batch: 2, channels: 3);
        ComplexSingle[] spectrum = Signal(plan.Elements, 9), signal = new ComplexSingle[plan.Elements];
        plan.Inverse(spectrum, signal);
        AssertClose(signal, [.. Dft2(plan, [.. spectrum.Select(value => Complex.Conjugate(value))])
            .Select(value => Complex.Conjugate(value) / (size.Height * size.Width))], "complex");

        // The spectrum of a real image, by the definition.
        float[] image = [.. Signal(plan.Elements, 10).Select(value => value.Real)], back = new float[plan.Elements];
        ComplexSingle[] half =
            [.. Dft2(plan, [.. image.Select(value => (Complex)value)]).Where((_, i) => i / 3 % size.Width <= size.Width / 2)
            .Select(value => new ComplexSingle((float)value.Real, (float)value.Imaginary))];
        plan.Inverse(half, back);
        AssertClose(back, image, "real");
    }

    [Test]
    public void SumsBecomeSums() =>
        Prop.ForAll(
        Gen.Choose(1, 300).ToArbitrary(), Gen.Choose(-4096, 4096).ToArbitrary(), (length, factor) => CheckSum(length, factor / 512f))
        .Check(Config.QuickThrowOnFailure.WithMaxTest(80).WithReplay(17, 31));

    private static void CheckSum(int length, float a)
    {
        ComplexSingle[] x = Signal(length, 7), y = Signal(length, 8),
            sum = [.. x.Zip(y, (p, q) => new ComplexSingle(p.Real + (a * q.Real), p.Imaginary + (a * q.Imaginary)))];
        ComplexSingle[] fx = new ComplexSingle[length], fy = new ComplexSingle[length], fsum = new ComplexSingle[length];
        Fft.Forward(x, fx);
        Fft.Forward(y, fy);
        Fft.Forward(sum, fsum);
        AssertClose(fsum, [.. fx.Zip(fy, (p, q) => p + (a * (Complex)q))], $"length {length}, factor {a}", 3 * Tolerance);
    }

    [Test]
    public void FurtherCallsAllocateNothing()
    {
        FftPlan plan = FftPlan.ForImages(12, 22, batch: 2, channels: 3);
        float[] real = new float[plan.Elements];
        ComplexSingle[] half = new ComplexSingle[plan.HalfSpectrum];
        plan.Forward(real, half);
        plan.Inverse(half, real);
        long before = GC.GetAllocatedBytesForCurrentThread();
        plan.Forward(real, half);
        plan.Inverse(half, real);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test]
    public void WrongLengthsAreNamed()
    {
        FftPlan plan = FftPlan.ForSequences(8);
        Assert.That(() => plan.Forward(new float[7], new ComplexSingle[5]),
            Throws.ArgumentException.With.Message.Contains("8").And.Message.Contains("7"));
        Assert.That(() => plan.Forward(new float[8], new ComplexSingle[8]), Throws.ArgumentException.With.Message.Contains("5"));
        Assert.That(() => plan.Inverse(new ComplexSingle[4], new float[8]), Throws.ArgumentException);
        Assert.That(() => FftPlan.ForSequences(0), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    private static void CheckSequence(int length)
    {
        ComplexSingle[] signal = Signal(length, 1), spectrum = new ComplexSingle[length], back = new ComplexSingle[length],
            half = new ComplexSingle[(length / 2) + 1];
        float[] real = [.. signal.Select(value => value.Real)], backReal = new float[length];
        Fft.Forward(signal, spectrum);
        AssertClose(spectrum, Dft([.. signal.Select(value => (Complex)value)]), "complex");
        Fft.Inverse(spectrum, back);
        AssertClose(back, [.. signal.Select(value => (Complex)value)], "there and back");
        Fft.Forward(real, half);
        AssertClose(half, Dft([.. real.Select(value => (Complex)value)])[..half.Length], "real");
        Fft.Inverse(half, backReal);
        AssertClose(backReal, real, "there and back, real");
    }

    private static ComplexSingle[] Signal(int length, ulong stream)
    {
        var random = new Fovea.Core.Random.RandomStream(11, stream);
        ComplexSingle[] signal = new ComplexSingle[length];
        for (int i = 0; i < length; i++) signal[i] = new ComplexSingle(random.NextNormal(), random.NextNormal());
        return signal;
    }

    private static Complex[] Dft(Complex[] x)
    {
        int n = x.Length;
        Complex[] roots = [.. Enumerable.Range(0, n).Select(k => Complex.FromPolarCoordinates(1, -2 * Math.PI * k / n))];
        return [.. Enumerable.Range(0, n).Select(k =>
        {
            Complex sum = 0;
            for (int j = 0; j < n; j++) sum += x[j] * roots[(int)((long)j * k % n)];
            return sum;
        })];
    }

    private static Complex[] InverseDft(Complex[] x) =>
        [.. Dft([.. x.Select(Complex.Conjugate)]).Select(value => Complex.Conjugate(value) / x.Length)];

    private static double Power(ComplexSingle value) => ((double)value.Real * value.Real) + ((double)value.Imaginary * value.Imaginary);

    /// <summary>
    /// The energy of a real signal's whole spectrum: the columns that are not stored mirror those that are not their own mirror images.
    /// </summary>
    private static double HalfEnergy(ComplexSingle[] half, int width) =>
        half.Select((value, i) => i % ((width / 2) + 1) is var k && (k == 0 || 2 * k == width) ? Power(value) : 2 * Power(value)).Sum();

    private static Complex[] Dft2(FftPlan plan, Complex[] x)
    {
        Complex[] y = [.. x];
        (int h, int w, int c) = (plan.Height, plan.Width, plan.Channels);
        foreach ((int count, int stride, Func<int, int> start) in new (int, int, Func<int, int>)[]
        {
            (w, c, i => (i / c * w * c) + (i % c)), (h, w * c, i => (i / (w * c) * h * w * c) + (i % (w * c))),
        })
        {
            for (int i = 0; i < x.Length / count; i++)
            {
                Complex[] result = Dft([.. Enumerable.Range(0, count).Select(j => y[start(i) + (j * stride)])]);
                for (int j = 0; j < count; j++) y[start(i) + (j * stride)] = result[j];
            }
        }
        return y;
    }

    private static void AssertClose(ComplexSingle[] actual, Complex[] expected, string what, double tolerance = Tolerance)
    {
        Assert.That(actual, Has.Length.EqualTo(expected.Length));
        double scale = Math.Sqrt(expected.Sum(value => (value.Real * value.Real) + (value.Imaginary * value.Imaginary)) / expected.Length);
        double error = actual.Zip(expected, (a, e) => Complex.Abs(a - e)).Max();
        Assert.That(error, Is.LessThanOrEqualTo(tolerance * 4 * Math.Max(scale, 1e-30)), what);
    }

    private static void AssertClose(float[] actual, float[] expected, string what) =>
        AssertClose([.. actual.Select(value => new ComplexSingle(value, 0))], [.. expected.Select(value => (Complex)value)], what);
}
