using Fovea.Graph;
using Fovea.Ops;
using Fovea.Verification.Float64;

namespace Fovea.Core.Tests;

internal sealed class AutodiffTests
{
    private ComputationGraph graph = null!;

    [SetUp]
    public void NewGraph() => graph = new ComputationGraph();

    [Test]
    public void AValueUsedSeveralTimesAccumulates()
    {
        Value x = graph.Input("x", new Shape(3));
        Value dx = graph.Differentiate(((x * x) + (x * 3) + x.Exp()).Sum(), x)[0];
        double[] at = [-1, 0.5, 2];
        Assert.That(new Float64Interpreter().Feed("x", at).Run(dx)[0], Is.EqualTo(at.Select(v => (2 * v) + 3 + Math.Exp(v))).Within(1e-14));
    }

    [TestCase(true, false)]
    [TestCase(false, true)]
    public void GradientsThatNobodyAsksForAreNotBuilt(bool ofInput, bool ofWeights)
    {
        Value x = graph.Input("x", new Shape(1, 5, 5, 2)), w = graph.Input("w", new Shape(3, 3, 3, 2)),
            m = graph.Input("m", new Shape(27, 4));
        Value y = graph.Add(new ConvolutionOp(new ConvolutionGeometry(new Window())), x, w).Relu().Flatten().MatMul(m).Sum();
        graph.Differentiate(y, ofInput ? x : w);
        Assert.That(graph.Nodes.Count(node => node.Op is ConvolutionInputGradientOp), Is.EqualTo(ofInput ? 1 : 0));
        Assert.That(graph.Nodes.Count(node => node.Op is ConvolutionWeightGradientOp), Is.EqualTo(ofWeights ? 1 : 0));
        Assert.That(
            graph.Nodes.Count(node => node.Op is MatrixProductOp), Is.EqualTo(2), "the product, and the gradient of its left side only");
    }

    [Test]
    public void TheGradientOfWhatTheLossIgnoresIsZero()
    {
        Value x = graph.Input("x", new Shape(2)), other = graph.Input("other", new Shape(2, 3));
        IReadOnlyList<Value> gradients = graph.Differentiate(x.Sum(), other, x);
        IReadOnlyList<double[]> values = new Float64Interpreter().Feed("x", 1, 2).Run(gradients);
        Assert.That(gradients.Select(gradient => gradient.Shape), Is.EqualTo(new[] { other.Shape, x.Shape }));
        Assert.That(values[0], Has.All.Zero);
        Assert.That(values[1], Has.All.EqualTo(1));
    }

    [Test]
    public void IntermediateValuesAndTheLossItselfHaveGradientsToo()
    {
        Value x = graph.Input("x", Shape.Scalar), y = x * x, loss = y * y * y;
        double[][] values = [.. new Float64Interpreter().Feed("x", 2).Run(graph.Differentiate(loss, loss, y, x))];
        Assert.That(values.Select(value => value[0]), Is.EqualTo(new[] { 1.0, 48, 192 }));
    }

    [Test]
    public void GradientsBelongToTheLayerThatTheyPassThrough()
    {
        var network = new Models.LeNet5();
        ComputationGraph built = network.Build(training: true);
        built.Differentiate(built.Named["output"].Sum(), [.. network.Parameters.Select(built.Read)]);
        Assert.That(built.Nodes.Where(node => node.Op is ConvolutionWeightGradientOp).Select(node => node.Path),
            Is.EqualTo(new[] { "conv2", "conv1" }));
    }

    [Test]
    public void OnlyASingleNumberIsALoss() =>
        Assert.That(() => graph.Differentiate(graph.Input("x", new Shape(2))),
            Throws.InstanceOf<ShapeException>().With.Message.Contains("single number"));

    [Test]
    public void WhatHasNoGradientRuleSaysSo()
    {
        Value x = graph.Input("x", new Shape(2, 3));
        Value correct = graph.Add(new CorrectCountOp(), x, graph.Input("labels", new Shape(2), DType.Int32));
        Assert.That(
            () => graph.Differentiate(correct, x), Throws.InstanceOf<NotSupportedException>().With.Message.Contains("CorrectCount"));
    }
}

internal static class Formulas
{
    public static Value Exp(this Value x) => x.Apply(Expression.Exp);
}
