using Fovea.Execution;
using Fovea.Graph;
using Fovea.Ops;
using Fovea.Testing;
using Fovea.Verification.Float64;
using E = Fovea.Ops.Expression;

namespace Fovea.Verification.Tests;

/// <summary>Values and gradients where functions have none by calculus: the conventions of docs/extending.md.</summary>
[TestFixtureSource(typeof(DeviceTests), nameof(Names))]
internal sealed class KinkTests(string device) : DeviceTests(device)
{
    private const float Infinity = float.PositiveInfinity;

    private static readonly E X = E.Input(0);

    private static IEnumerable<TestCaseData> OfOne => new (string Name, Func<Value, Value> Function, float X, float Y, float Slope)[]
    {
        ("relu", x => x.Relu(), 0, 0, 0), ("relu", x => x.Relu(), -0f, 0, 0), ("relu", x => x.Relu(), 1e-45f, 1e-45f, 1),
        ("max(0, x)", x => x.Apply(v => E.Max(0f, v)), 0, 0, 0), ("max(0, x)", x => x.Apply(v => E.Max(0f, v)), 1, 1, 1),
        ("max(x, 3)", x => x.Apply(v => E.Max(v, 3f)), 3, 3, 0), ("max(3, x)", x => x.Apply(v => E.Max(3f, v)), 3, 3, 0),
        ("min(x, 3)", x => x.Apply(v => E.Min(v, 3f)), 3, 3, 0), ("min(3, x)", x => x.Apply(v => E.Min(3f, v)), 3, 3, 0),
        ("min(3, x)", x => x.Apply(v => E.Min(3f, v)), 2, 2, 1), ("min(3, x)", x => x.Apply(v => E.Min(3f, v)), 4, 3, 0),
        ("max of the same", x => x.Apply(v => E.Max(v, v)), 2, 2, 1), ("max(x, −x)", x => x.Apply(v => E.Max(v, -v)), 0, 0, 0),
        ("leaky relu", x => x.LeakyRelu(0.1f), 0, 0, 0.1f), ("elu", x => x.Elu(), 0, 0, 1), ("elu", x => x.Elu(), -0f, 0, 1),
        ("elu", x => x.Elu(0.5f), 0, 0, 0.5f), ("elu", x => x.Elu(), -1e-8f, -1e-8f, 1), ("elu", x => x.Elu(), 1e-8f, 1e-8f, 1),
        ("elu", x => x.Elu(), 200, 200, 1), ("elu", x => x.Elu(), -20, -1 + 2.0611537e-9f, 2.0611537e-9f),
        ("abs", x => x.Apply(E.Abs), 0, 0, 0), ("sign", x => x.Apply(E.Sign), 0, 0, 0),
        ("sqrt", x => x.Apply(E.Sqrt), 0, 0, Infinity), ("log", x => x.Apply(E.Log), 0, -Infinity, Infinity),
        ("expm1", x => x.Apply(E.Expm1), 1e-8f, 1e-8f, 1),
        ("log1p", x => x.Apply(E.Log1p), 1e-8f, 1e-8f, 1), ("log1p", x => x.Apply(E.Log1p), -1, -Infinity, Infinity),
        ("erf", x => x.Apply(E.Erf), 0, 0, 1.1283792f), ("selu", x => x.Selu(), 0, 0, 1.7580993f),
        ("selu", x => x.Selu(), 1e-8f, 1.050701e-8f, 1.050701f), ("gelu", x => x.Gelu(), 0, 0, 0.5f),
        ("gelu, tanh", x => x.Gelu(approximate: true), 0, 0, 0.5f), ("mish", x => x.Mish(), 0, 0, 0.6f),
        ("softplus", x => x.Softplus(), 0, 0.6931472f, 0.5f), ("softplus", x => x.Softplus(), -50, 1.9287499e-22f, 1.9287499e-22f),
        ("softplus", x => x.Softplus(), 300, 300, 1), ("relu6", x => x.Relu6(), 0, 0, 0), ("relu6", x => x.Relu6(), 6, 6, 0),
        ("relu6", x => x.Relu6(), 3, 3, 1), ("hard sigmoid", x => x.HardSigmoid(), -3, 0, 0),
        ("hard sigmoid", x => x.HardSigmoid(), 3, 1, 0),
        ("hard sigmoid", x => x.HardSigmoid(), 0, 0.5f, 1 / 6f), ("hard swish", x => x.HardSwish(), 3, 3, 1),
        ("hard swish", x => x.HardSwish(), -3, 0, 0),
        ("x⁰", x => x.Apply(v => E.Pow(v, 0f)), 0, 1, 0), ("x¹", x => x.Apply(v => E.Pow(v, 1f)), 0, 0, 1),
        ("x²", x => x.Apply(v => E.Pow(v, 2f)), 0, 0, 0), ("x³", x => x.Apply(v => E.Pow(v, 3f)), 0, 0, 0),
        ("x³", x => x.Apply(v => E.Pow(v, 3f)), -2, -8, 12), ("√x by a power", x => x.Apply(v => E.Pow(v, 0.5f)), 0, 0, Infinity),

        // What is not taken has no slope, or an infinite one.
        ("√max(x, 0)", x => x.Apply(v => E.Sqrt(E.Max(v, 0f))), -1, 0, 0), ("√max(0, x)", x => x.Apply(v => E.Sqrt(E.Max(0f, v))), 0, 0, 0),
        ("√x or 0", x => x.Apply(v => E.SelectPositive(v, E.Sqrt(v), 0f)), -1, 0, 0),
        ("√x or 0", x => x.Apply(v => E.SelectPositive(v, E.Sqrt(v), 0f)), 0, 0, 0),
        ("log of x or 1", x => x.Apply(v => E.Log(E.SelectPositive(v, v, 1f))), 0, 0, 0),
        ("log max(x, 0)⁻¹", x => x.Apply(v => 1f / E.Max(v, 0f)), -1, Infinity, 0),
        ("eˣ or x", x => x.Apply(v => E.SelectPositive(v, v, E.Exp(v * v))), 30, 30, 1),
        ("a power of max(x, 0)", x => x.Apply(v => E.Pow(E.Max(v, 0f), 0.5f)), -1, 0, 0),
    }.Select(c => new TestCaseData(c.Function, c.X, c.Y, c.Slope).SetArgDisplayNames(c.Name, c.X.ToString("g9", null)));

    private static IEnumerable<TestCaseData> OfTwo => new (string Name, E Formula, float A, float B, float Y, float SlopeA, float SlopeB)[]
    {
        ("max", E.Max(X, E.Input(1)), 2, 2, 2, 0.5f, 0.5f), ("max", E.Max(X, E.Input(1)), 3, 2, 3, 1, 0),
        ("max", E.Max(X, E.Input(1)), 2, 3, 3, 0, 1), ("max", E.Max(X, E.Input(1)), Infinity, Infinity, Infinity, 0.5f, 0.5f),
        ("min", E.Min(X, E.Input(1)), 2, 2, 2, 0.5f, 0.5f), ("min", E.Min(X, E.Input(1)), 3, 2, 2, 0, 1),
        ("min", E.Min(X, E.Input(1)), 0, -0f, 0, 0.5f, 0.5f), ("min", E.Min(X, E.Input(1)), 2, 3, 2, 1, 0),
        ("prelu", E.SelectPositive(X, X, E.Input(1) * X), 0, 0.25f, 0, 0.25f, 0),
        ("power", E.Pow(X, E.Input(1)), 0, 2, 0, 0, 0), ("power", E.Pow(X, E.Input(1)), 0, 1, 0, 1, 0),
        ("power", E.Pow(X, E.Input(1)), 0, 0, 1, 0, 0), ("power", E.Pow(X, E.Input(1)), 0, 0.5f, 0, Infinity, 0),
        ("power", E.Pow(X, E.Input(1)), 0, -1, Infinity, -Infinity, -Infinity), ("power", E.Pow(X, E.Input(1)), 3, 0, 1, 0, 1.0986123f),
        ("power", E.Pow(X, E.Input(1)), -2, 2, 4, -4, float.NaN), ("power", E.Pow(X, E.Input(1)), 1, 5, 1, 5, 0),
        ("power", E.Pow(X, E.Input(1)), float.NaN, 2, float.NaN, float.NaN, float.NaN),
        ("quotient", X / E.Input(1), 0, 2, 0, 0.5f, 0),
    }.Select(c => new TestCaseData(c.Formula, c.A, c.B, c.Y, c.SlopeA, c.SlopeB)
        .SetArgDisplayNames(c.Name, c.A.ToString("g9", null), c.B.ToString("g9", null)));

    [TestCaseSource(nameof(OfOne))]
    public void FunctionsOfOne(Func<Value, Value> function, float x, float y, float slope)
    {
        var graph = new ComputationGraph();
        Value input = graph.Input("x", new Shape(5)), output = function(input);
        Check(graph, [input], output, [x], [y, slope]);
    }

    [TestCaseSource(nameof(OfTwo))]
    public void FunctionsOfTwo(Expression formula, float a, float b, float y, float slopeA, float slopeB)
    {
        var graph = new ComputationGraph();
        Value first = graph.Input("x", new Shape(5)), second = graph.Input("y", new Shape(5));
        Check(graph, [first, second], MapOp.Create(formula, first, second), [a, b], [y, slopeA, slopeB]);
    }

    [Test]
    public void AnEluThatStartsAtZeroLearns()
    {
        var graph = new ComputationGraph();
        Value x = graph.Input("x", new Shape(3)), w = graph.Input("w", new Shape(3));
        Value slope = graph.Differentiate((x * w).Elu().Sum(), w)[0];
        using Executable executable = Device.Compile(graph, slope);
        executable.Write("x", [1f, 2f, -3f]);
        executable.Write("w", [0f, 0f, 0f]);
        executable.Run();
        float[] values = new float[3];
        executable.Read(0, values);
        Assert.That(values, Is.EqualTo(new[] { 1f, 2f, -3f }));
    }

    private void Check(ComputationGraph graph, Value[] inputs, Value output, float[] at, float[] expected)
    {
        Value[] fetches = [output, .. graph.Differentiate(output.Sum(), inputs)];
        var interpreter = new Float64Interpreter();
        using Executable executable = Device.Compile(graph, fetches);
        for (int i = 0; i < inputs.Length; i++)
        {
            float[] values = [at[i], at[i], at[i], at[i], at[i]];
            interpreter.Feed(i == 0 ? "x" : "y", values.Select(value => (double)value));
            executable.Write(i == 0 ? "x" : "y", values);
        }
        executable.Run();
        IReadOnlyList<double[]> exact = interpreter.Run(fetches);
        for (int i = 0; i < fetches.Length; i++)
        {
            float[] values = new float[5];
            executable.Read(i, values);
            string what = i == 0 ? "the value" : $"gradient {i}";
            Assert.That(exact[i].Select(value => (float)value), Has.All.EqualTo(expected[i]).Within(1).Ulps, $"{what} in double precision");
            Assert.That(values, Has.All.EqualTo(expected[i]).Within(4).Ulps, what);
        }
    }
}
