using Fovea.Execution;
using Fovea.Graph;
using Fovea.Optimizers;
using Fovea.Testing;
using Fovea.Verification.Float64;

namespace Fovea.Core.Tests;

/// <summary>A run reads variables as they were before it; updates follow, those of one variable in their order.</summary>
[TestFixtureSource(typeof(DeviceTests), nameof(Names))]
internal sealed class VariableUpdateTests(string name) : DeviceTests(name)
{
    [Test]
    public void EverythingReadsTheValueFromBeforeTheRun()
    {
        var counter = new Variable("counter", new Shape(3));
        var graph = new ComputationGraph();
        Value before = graph.Read(counter).Scale(10);
        graph.Update(graph.Read(counter), old => old + 1f);
        Value after = graph.Read(counter).Scale(100);
        using Executable executable = Device.Compile(graph, before, after);
        Run(executable, 3);
        Assert.That((Fetch(executable, 0, 3), Fetch(executable, 1, 3)), Is.EqualTo((new[] { 20f, 20, 20 }, new[] { 200f, 200, 200 })));
        Assert.That(counter.Value.Span.ToArray(), Has.All.EqualTo(3));
    }

    // Gradients make the first update wait longer for its operand than the second; a device groups equal formulas.
    [Test]
    public void UpdatesOfOneVariableKeepTheirOrder()
    {
        Variable mean = new("mean", new Shape(2)), weight = new("weight", new Shape(2)), other = new("other", new Shape(2));
        weight.Value.Span.Fill(2);
        var graph = new ComputationGraph();
        Value x = graph.Input("x", new Shape(2)), w = graph.Read(weight), m = graph.Read(mean);
        Value first = x * w;
        graph.Update(m, (old, batch) => (0.5f * old) + (0.5f * batch), first);
        Value second = (first * first).Scale(10);
        graph.Update(m, (old, batch) => (0.5f * old) + (0.5f * batch), second);
        graph.Update(graph.Read(other), (old, batch) => (0.5f * old) + (0.5f * batch), second);
        Value loss = second.Sum(), gradient = graph.Differentiate(loss, w)[0];
        new Sgd(1).AddUpdate(w, gradient, [], [graph.Constant(0.01f, Shape.Scalar)]);
        using Executable executable = Device.Compile(graph, loss);
        executable.Write("x", [1f, 3]);
        executable.Run();
        // 0.5 · (0.5 · 2) + 0.5 · 40, and 0.5 · (0.5 · 6) + 0.5 · 360.
        Assert.That(mean.Value.Span.ToArray(), Is.EqualTo(new[] { 20.5f, 181.5f }));
        Assert.That(other.Value.Span.ToArray(), Is.EqualTo(new[] { 20f, 180 }));
    }

    [Test]
    public void AnOperandThatIsAVariableIsReadBeforeItIsReplaced()
    {
        Variable a = new("a", new Shape(2)), b = new("b", new Shape(2));
        a.Value.Span.Fill(1);
        b.Value.Span.Fill(2);
        var graph = new ComputationGraph();
        graph.Update(graph.Read(a), (_, value) => value, graph.Read(b));
        graph.Update(graph.Read(b), (_, value) => value, graph.Read(a));
        using Executable executable = Device.Compile(graph);
        Run(executable, 3);
        Assert.That((a.Value.Span.ToArray(), b.Value.Span.ToArray()), Is.EqualTo((new[] { 2f, 2 }, new[] { 1f, 1 })));
    }

    [Test]
    public void TheInterpreterAgrees()
    {
        var mean = new Variable("mean", new Shape(4));
        mean.Value.Span.Fill(3);
        var graph = new ComputationGraph();
        Value x = graph.Constant(2, new Shape(5, 4)), m = graph.Read(mean);
        graph.Update(m, (old, operands) => (old * operands[0]) + operands[1], x.Sum(0, 1), graph.Constant(7, Shape.Scalar));
        double[] expected = new Float64Interpreter().Run(m)[0];
        using Executable executable = Device.Compile(graph, m);
        executable.Run();
        Assert.That(Fetch(executable, 0, 4).Select(value => (double)value), Is.EqualTo(expected));
        Assert.That(mean.Value.Span.ToArray(), Has.All.EqualTo(37));
    }

    [Test]
    public void OnlyVariablesAreUpdatedAndOperandsMustFit()
    {
        var graph = new ComputationGraph();
        Value variable = graph.Read(new Variable("mean", new Shape(4)));
        Assert.That(() => graph.Update(variable.Scale(2), old => old),
            Throws.ArgumentException.With.Message.Contains("only a variable can be updated"));
        Assert.That(() => graph.Update(variable, (old, batch) => old + batch, graph.Constant(1, new Shape(5, 4))),
            Throws.InstanceOf<ShapeException>().With.Message.Contains("5×4").And.Message.Contains("result of 4"));
    }

    private static void Run(Executable executable, int times)
    {
        for (int i = 0; i < times; i++) executable.Run();
    }

    private static float[] Fetch(Executable executable, int fetch, int count)
    {
        float[] values = new float[count];
        executable.Read(fetch, values);
        return values;
    }
}
