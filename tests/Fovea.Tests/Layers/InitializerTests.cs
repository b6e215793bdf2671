using Fovea.Initializers;
using Fovea.Models;

namespace Fovea.Tests;

internal sealed class InitializerTests
{
    private static readonly Shape Filters = new(64, 3, 5, 40), Matrix = new(150, 400);

    // A sample variance of n normal numbers has a relative standard deviation of √(2/n); of uniform ones, √(4/5n). Five of these.
    private static readonly (Initializer Initializer, Shape Shape, double Variance)[] Known =
    [
        (new HeNormal(), Filters, 2.0 / (3 * 5 * 40)),
        (new HeNormal(), Matrix, 2.0 / 400),
        (new HeNormal(1), Matrix, 1.0 / 400),
        (new GlorotUniform(), Filters, 2.0 / ((3 * 5 * 40) + (64 * 3 * 5))),
        (new GlorotUniform(), Matrix, 2.0 / (150 + 400)),
        (new Normal(0.3f), Matrix, 0.09),
    ];

    [TestCaseSource(nameof(Known))]
    public void MeanAndVariance((Initializer Initializer, Shape Shape, double Variance) known)
    {
        float[] values = Draw(known.Initializer, known.Shape, 1);
        double mean = values.Average(value => (double)value), variance = values.Average(value => (value - mean) * (value - mean));
        Assert.That(variance, Is.EqualTo(known.Variance).Within(5 * Math.Sqrt(2.0 / values.Length) * known.Variance));
        Assert.That(mean, Is.EqualTo(0).Within(5 * Math.Sqrt(known.Variance / values.Length)));
    }

    [Test]
    public void GlorotsNumbersFillTheirRangeAndStayInIt()
    {
        double limit = Math.Sqrt(6.0 / 550);
        float[] values = Draw(new GlorotUniform(), Matrix, 1);
        Assert.That(values.Max(Math.Abs), Is.LessThanOrEqualTo((float)limit).And.GreaterThan(0.999 * limit));
    }

    [Test]
    public void TheSeedDecidesAndEveryParameterHasNumbersOfItsOwn()
    {
        float[] drawn = Draw(new HeNormal(), Matrix, 1);
        Assert.That(Draw(new HeNormal(), Matrix, 1), Is.EqualTo(drawn));
        Assert.That(Draw(new HeNormal(), Matrix, 2), Is.Not.EqualTo(drawn));
        LeNet5 one = new(), same = new(), other = new();
        one.Initialize(11);
        same.Initialize(10);
        same.Initialize(11);
        other.Initialize(12);
        Assert.That(Parameters(same), Is.EqualTo(Parameters(one)).And.Not.EqualTo(Parameters(other)));
        float[][] leading = [.. one.Parameters.Where(parameter => parameter.Name.EndsWith("weight", StringComparison.Ordinal))
            .Select(parameter => parameter.Value.Span[..20].ToArray()
                .Select(value => value * (float)Math.Sqrt(parameter.Shape.Count / parameter.Shape[0])).ToArray())];
        Assert.That(leading.Select(values => values[0]), Is.Unique);
        Assert.That(one.Parameters.Where(parameter => parameter.Shape.Rank == 1).SelectMany(parameter => parameter.Value.Span.ToArray()),
            Has.All.Zero);
    }

    private static float[] Parameters(LeNet5 network) => [.. network.Parameters.SelectMany(parameter => parameter.Value.Span.ToArray())];

    private static float[] Draw(Initializer initializer, Shape shape, ulong seed)
    {
        float[] values = new float[shape.Count];
        initializer.Fill(shape, values, seed, 3);
        return values;
    }
}
