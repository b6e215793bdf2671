using Fovea.Core.Random;
using Fovea.Graph;
using Fovea.Testing;

namespace Fovea.Verification.Tests;

/// <summary>Every operation and its gradients on a device, against the float64 interpreter.</summary>
[TestFixtureSource(typeof(DeviceTests), nameof(Names))]
internal sealed class OpTests(string device) : DeviceTests(device)
{
    [TestCaseSource(typeof(AwkwardCases), nameof(AwkwardCases.All))]
    public void ResultsAndGradientsAgreeWithFloat64(GraphCase source)
    {
        SelfTestResult result = SelfTest.Run(Device, source);
        Assert.That(result.Status, Is.EqualTo(SelfTestStatus.Pass), $"{result}");
        Assert.That(Device.Memory.InUse, Is.Zero);
    }
}

/// <summary>The gradient rules, proved by central differences in double precision.</summary>
internal sealed class GradientRuleTests
{
    private const double Step = 1e-5;
    private const int Samples = 10;

    private static IEnumerable<GraphCase> Differentiable => AwkwardCases.All.Where(source => source.Differentiable);

    [TestCaseSource(nameof(Differentiable))]
    public void GradientsAreThoseOfCentralDifferences(GraphCase source)
    {
        GraphRun run = GraphRun.Of(source);
        Value output = run.Fetches[0].Value;
        double[] arriving = [.. run.Feeds["arriving"].Select(value => (double)value)];
        IReadOnlyList<double[]> computed = run.Expected();
        var random = new RandomStream(3, 0);
        for (int i = 1; i < run.Fetches.Count; i++)
        {
            string input = run.Fetches[i].Name["gradient of ".Length..];
            double largest = computed[i].Max(Math.Abs);
            for (int sample = 0; sample < Samples; sample++)
            {
                int at = random.NextInt32(computed[i].Length);
                double above = Loss(input, at, Step), below = Loss(input, at, -Step);
                // The difference of two losses, each with a rounding error of a few units in its last place.
                double rounding = 16 * Math.Pow(2, -52) * (1 + Math.Abs(above)) / Step;
                Assert.That((above - below) / (2 * Step), Is.EqualTo(computed[i][at]).Within((1e-6 * largest) + rounding),
                    $"{run.Fetches[i].Name}[{at}]");
            }
        }

        double Loss(string input, int at, double change)
        {
            double[] values = [.. run.Feeds[input].Select(value => (double)value)];
            values[at] += change;
            double[] y = run.Interpreter().Feed(input, values).Run(output)[0];
            return y.Zip(arriving, (value, gradient) => value * gradient).Sum();
        }
    }
}
