using Fovea.Core.Random;
using Fovea.Execution;
using Fovea.Graph;
using Fovea.Optimizers;
using Fovea.Testing;

namespace Fovea.Tests;

/// <summary>Optimizers on a device, step by step against their papers' formulas in double precision.</summary>
[TestFixtureSource(typeof(DeviceTests), nameof(Names))]
internal sealed class OptimizerTests(string device) : DeviceTests(device)
{
    private const int Steps = 6, Count = 37;

    /// <summary>
    /// One step for one number: the gradient, with regularisation, and what is remembered; gives what is taken from the parameter.
    /// </summary>
    private delegate double Formula(int step, double rate, double gradient, double[] state);

    private static IEnumerable<TestCaseData> Optimizers
    {
        get
        {
            Formula plain = (_, rate, g, _) => rate * g;
            Formula momentum = (_, rate, g, s) => rate * (s[0] = (0.9f * s[0]) + g);
            Formula nesterov = (_, rate, g, s) => rate * (g + (0.9f * (s[0] = (0.9f * s[0]) + g)));
            Formula rmsProp = (_, rate, g, s) => rate * g / (Math.Sqrt(s[0] = (0.9f * s[0]) + ((1 - (double)0.9f) * g * g)) + 1e-3f);
            Formula adam = (step, rate, g, s) =>
            {
                s[0] = (0.8f * s[0]) + ((1 - (double)0.8f) * g);
                s[1] = (0.99f * s[1]) + ((1 - (double)0.99f) * g * g);
                return rate * s[0] / (1 - Math.Pow(0.8f, step)) / (Math.Sqrt(s[1] / (1 - Math.Pow(0.99f, step))) + 1e-4f);
            };
            foreach ((Optimizer optimizer, Formula formula) in new (Optimizer, Formula)[]
            {
                (new Sgd(0.1f), plain), (new Sgd(0.1f, 0.9f), momentum), (new Sgd(0.1f, 0.9f, Nesterov: true), nesterov),
                (new RmsProp(0.01f, 0.9f, 1e-3f), rmsProp), (new Adam(0.01f, 0.8f, 0.99f, 1e-4f), adam),
            })
            {
                foreach (Optimizer regularized in new[] { optimizer, optimizer with { WeightDecay = 0.05f }, optimizer with { L1 = 0.02f },
                    optimizer with { WeightDecay = 0.05f, L1 = 0.02f } })
                    yield return new TestCaseData(regularized, formula)
                        .SetArgDisplayNames($"{optimizer.GetType().Name} {optimizer.StateNames.Count} {regularized}");
            }
        }
    }

    [TestCaseSource(nameof(Optimizers))]
    public void StepsFollowTheFormula(Optimizer optimizer, Delegate formula)
    {
        var graph = new ComputationGraph();
        var parameter = new Variable("p", new Shape(Count));
        var random = new RandomStream(2, 0);
        foreach (ref float value in parameter.Value.Span) value = random.NextNormal();
        double[] expected = Array.ConvertAll(parameter.Value.Span.ToArray(), value => (double)value);
        double[][] states = [.. expected.Select(_ => new double[2])];

        Value[] scalars = [.. Enumerable.Range(0, optimizer.ScalarCount).Select(i => graph.Input($"s{i}", Shape.Scalar))];
        optimizer.AddUpdate(graph.Read(parameter), graph.Input("g", parameter.Shape),
            [.. optimizer.StateNames.Select(name => graph.Read(new Variable(name, parameter.Shape)))], scalars);
        using Executable executable = Device.Compile(graph, graph.Read(parameter));
        float[] numbers = new float[scalars.Length], gradient = new float[Count], actual = new float[Count];
        for (int step = 1; step <= Steps; step++)
        {
            float rate = optimizer.LearningRate / step;
            optimizer.Scalars(step, rate, numbers);
            foreach (ref float value in gradient.AsSpan()) value = random.NextNormal();
            executable.Write("g", gradient);
            for (int i = 0; i < numbers.Length; i++) executable.Write($"s{i}", numbers.AsSpan(i, 1));
            executable.Run();
            executable.Read(0, actual);
            for (int i = 0; i < Count; i++)
                expected[i] -= ((Formula)formula)(
                    step, rate, gradient[i] + ((double)optimizer.WeightDecay * expected[i])
                    + ((double)optimizer.L1 * Math.Sign(expected[i])), states[i]);
            Assert.That(
                actual.Zip(expected, (a, e) => Math.Abs(a - e)).Max(), Is.LessThanOrEqualTo(1e-5 * expected.Max(Math.Abs)), $"step {step}");
        }
    }

    [Test]
    public void AnUpdateNeedsEverythingItsFormulasMention()
    {
        var graph = new ComputationGraph();
        Value p = graph.Read(new Variable("p", new Shape(3))), m = graph.Read(new Variable("m", new Shape(3))),
            v = graph.Read(new Variable("v", new Shape(3)));
        Value gradient = graph.Input("g", new Shape(3)), rate = graph.Input("rate", Shape.Scalar);
        Assert.That(() => new Adam().AddUpdate(p, gradient, [m, v], [rate]), Throws.ArgumentException.With.Message.Contains("2 scalars"));
        Assert.That(
            () => new Adam().AddUpdate(p, gradient, [m], [rate, rate]), Throws.ArgumentException.With.Message.Contains("remembers 2"));
        Assert.That(() => graph.Add(new Fovea.Ops.MapOp(Fovea.Ops.Expression.Input(1)), p),
            Throws.TypeOf<ShapeException>().With.Message.Contains("input 1"));
    }
}
