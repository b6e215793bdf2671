using Fovea.Graph;
using Fovea.Ops;
using Fovea.Optimizers;
using Fovea.Verification.Float64;

namespace Fovea.Verification.Tests;

/// <summary>The oracle itself, by hand; the reference cases and central differences test the rest of it.</summary>
internal sealed class Float64InterpreterTests
{
    [Test]
    public void AConvolutionByHand()
    {
        var graph = new ComputationGraph();
        Value x = graph.Input("x", new Shape(1, 2, 2, 1)), w = graph.Input("w", new Shape(1, 2, 2, 1)), b = graph.Input("b", new Shape(1));
        Value y = graph.Add(new ConvolutionOp(new ConvolutionGeometry(new Window { PadRight = 1 })), x, w, b);
        double[] result = new Float64Interpreter().Feed("x", 1, 2, 3, 4).Feed("w", 10, 20, 30, 40).Feed("b", 0.5).Run(y)[0];
        Assert.That(result, Is.EqualTo(new[] { 10 + 40 + 90 + 160 + 0.5, 20 + 120 + 0.5 }));
    }

    [Test]
    public void UpdatesChangeCopiesOfTheVariables()
    {
        var graph = new ComputationGraph();
        var variable = new Variable("v", new Shape(2));
        variable.Value.Span.Fill(3);
        new Sgd(0.5f).AddUpdate(graph.Read(variable), graph.Input("g", new Shape(2)), [], [graph.Input("rate", Shape.Scalar)]);
        var interpreter = new Float64Interpreter().Feed("g", 1, 2).Feed("rate", 0.5);
        Assert.That(interpreter.Run(graph.Read(variable))[0], Is.EqualTo(new[] { 2.5, 2 }));
        Assert.That(interpreter.Run(graph.Read(variable))[0], Is.EqualTo(new[] { 2.0, 1 }));
        interpreter.Values(variable)[0] = 10;
        Assert.That(interpreter.Run(graph.Read(variable))[0], Is.EqualTo(new[] { 9.5, 0 }));
        Assert.That(variable.Value.Span.ToArray(), Has.All.EqualTo(3f));
    }

    [Test]
    public void InputsThatAreMissingOrOfAnotherSizeAreErrors()
    {
        var graph = new ComputationGraph();
        Value y = graph.Input("x", new Shape(3)).Relu();
        Assert.That(() => new Float64Interpreter().Run(y), Throws.ArgumentException.With.Message.Contains("'x'"));
        Assert.That(
            () => new Float64Interpreter().Feed("x", 1, 2).Run(y), Throws.ArgumentException.With.Message.Contains("3 elements, but 2"));
    }

    [Test]
    public void OnlyWhatIsNeededIsComputed()
    {
        var graph = new ComputationGraph();
        Value y = graph.Input("x", new Shape(1)).Relu();
        _ = graph.Input("unused", new Shape(1)).Relu();
        Assert.That(new Float64Interpreter().Feed("x", -2).Run(y, y)[1], Is.EqualTo(new[] { 0.0 }));
    }
}
