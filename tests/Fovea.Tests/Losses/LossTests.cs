using Fovea.Execution;
using Fovea.Graph;
using Fovea.Losses;
using Fovea.Ops;

namespace Fovea.Tests;

/// <summary>Losses against numbers computed by hand from PyTorch's definitions.</summary>
internal sealed class LossTests
{
    private static readonly float[] Outputs = [2, -1, 0, 0.5f], Targets = [1, 0, 0, 3];

    private Device device = null!;

    [OneTimeSetUp]
    public void OpenDevice() => device = Device.Open("cpu", threads: 1);

    [OneTimeTearDown]
    public void CloseDevice() => device.Dispose();

    // Differences 1, −1, 0, −2.5.
    [Test]
    public void OfNumbersAreMeansOverElements()
    {
        Assert.That(Of(new MeanSquaredErrorLoss()).Loss, Is.EqualTo((1 + 1 + 6.25) / 4).Within(1e-6));
        Assert.That(Of(new MeanAbsoluteErrorLoss()).Loss, Is.EqualTo((1 + 1 + 2.5) / 4).Within(1e-6));
        Assert.That(Of(new HuberLoss()).Loss, Is.EqualTo((0.5 + 0.5 + 2) / 4).Within(1e-6));
        Assert.That(Of(new HuberLoss(2)).Loss, Is.EqualTo((0.5 + 0.5 + 3) / 4).Within(1e-6));
        Assert.That(Of(new MeanAbsoluteErrorLoss()).Gradient, Is.EqualTo(new[] { 0.25f, -0.25f, 0, -0.25f }));
        Assert.That(Of(new HuberLoss()).Gradient, Is.EqualTo(new[] { 0.25f, -0.25f, 0, -0.25f }));
    }

    [Test]
    public void WeightsDivideByTheirSum()
    {
        // Two examples of two numbers: means 1 and 3.125.
        Assert.That(Of(new MeanSquaredErrorLoss(), [1, 3]).Loss, Is.EqualTo((1 + (3 * 3.125)) / 4).Within(1e-6));
        Assert.That(Of(new MeanSquaredErrorLoss(), [5, 5]).Loss, Is.EqualTo(Of(new MeanSquaredErrorLoss()).Loss).Within(1e-6));
        (float loss, float[] gradient) = Of(new MeanSquaredErrorLoss(), [0, 0]);
        Assert.That((loss, gradient.All(value => value == 0)), Is.EqualTo((0f, true)), "nothing counts");
    }

    [Test]
    public void BinaryCrossEntropyIsFiniteAndHasTheLogisticGradientEverywhere()
    {
        (float loss, float[] gradient) = Of(new BinaryCrossEntropyLoss(), outputs: [0, 200, -200, 0], targets: [1, 0, 1, 0]);
        Assert.That(loss, Is.EqualTo(((2 * Math.Log(2)) + 400) / 4).Within(1e-4));
        Assert.That(gradient, Is.EqualTo(new[] { -0.125f, 0.25f, -0.25f, 0.125f }).Within(1e-6f));
    }

    // Rows of probabilities by the definition: Σ w(label) · −log p(label) / Σ w(label).
    [Test]
    public void ClassWeightsDivideByTheWeightsOfTheLabels()
    {
        float[] weights = [0.5f, 2, 1];
        double[] losses = [-Math.Log(Math.Exp(2) / (Math.Exp(2) + Math.Exp(-1) + 1)), Math.Log(3)];
        double expected = ((0.5 * losses[0]) + (2 * losses[1])) / 2.5;
        Assert.That(OfLabels(new SoftmaxCrossEntropyLoss(ClassWeights: weights)), Is.EqualTo(expected).Within(1e-6));
        Assert.That(OfLabels(new SoftmaxCrossEntropyLoss(ClassWeights: [1, 1, 1])), Is.EqualTo(losses.Average()).Within(1e-6));
        Assert.That(() => OfLabels(new SoftmaxCrossEntropyLoss(ClassWeights: [1, 1])),
            Throws.InstanceOf<ShapeException>().With.Message.Contains("3 classes"));
    }

    // Scores 2, −1, 0 with class 0 and 0, 0, 0 with class 1: max(0, 1 − right + other) over the others is 0 and 1 + 1.
    [Test]
    public void HingesAreSummedOverTheOtherClasses()
    {
        Assert.That(OfLabels(new HingeLoss()), Is.EqualTo(1).Within(1e-6));
        Assert.That(OfLabels(new HingeLoss(Margin: 3)), Is.EqualTo(((0 + 1) + (3 + 3)) / 2.0).Within(1e-6));
        Assert.That(OfLabels(new HingeLoss(Margin: 3, Squared: true)), Is.EqualTo((1 + 18) / 2.0).Within(1e-6));
        Assert.That(OfLabels(new HingeLoss(Margin: 3, DivideByClasses: true)), Is.EqualTo(7 / 6.0).Within(1e-6));
        Assert.That(OfLabels(new HingeLoss(Margin: 3), [3, 1]), Is.EqualTo(((3 * 1) + 6) / 4.0).Within(1e-6));
    }

    [Test]
    public void CrossEntropyOfOneHotRowsIsThatOfLabels([Values(0, 0.1f)] float smoothing)
    {
        var loss = new SoftmaxCrossEntropyLoss(smoothing);
        var graph = new ComputationGraph();
        Value logits = graph.Input("logits", new Shape(3, 4));
        Value labels = loss.Apply(logits, graph.Input("labels", new Shape(3), DType.Int32)),
            rows = loss.Apply(logits, graph.Input("rows", new Shape(3, 4)));
        Value someRows = loss.Apply(logits, graph.Input("some rows", new Shape(3, 4)));
        Value firstTwo = loss.Apply(graph.Input("first two", new Shape(2, 4)), graph.Input("two labels", new Shape(2), DType.Int32));
        using Executable executable = device.Compile(graph, labels, rows, someRows, firstTwo);
        float[] values = [1, -2, 3, 0, 0.5f, 0.25f, 0, 9, -4, 2, 2, 1];
        executable.Write("logits", values);
        executable.Write("labels", [2, 1, 3]);
        executable.Write("rows", (float[])[0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1]);
        executable.Write("some rows", (float[])[0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
        executable.Write("first two", values.AsSpan(0, 8));
        executable.Write("two labels", [2, 1]);
        executable.Run();
        Assert.That(executable.Read(1), Is.EqualTo(executable.Read(0)).Within(1e-6));
        Assert.That(executable.Read(2), Is.EqualTo(executable.Read(3)).Within(1e-6), "a row of zeros does not count");
        Assert.That(executable.Read(2), Is.Not.EqualTo(executable.Read(0)).Within(1e-3));
    }

    [Test]
    public void ALossOfOnesOwnIsAFormula()
    {
        (float loss, float[] gradient) = Of(new LogCoshLoss());
        double[] differences = [1, -1, 0, -2.5];
        Assert.That(loss, Is.EqualTo(differences.Average(d => Math.Log(Math.Cosh(d)))).Within(1e-5));
        Assert.That(gradient, Is.EqualTo(differences.Select(d => (float)(Math.Tanh(d) / 4))).Within(1e-5f));
    }

    [Test]
    public void WhatDoesNotFitIsRefused()
    {
        var graph = new ComputationGraph();
        Value output = graph.Input("output", new Shape(4, 3)), target = graph.Input("target", new Shape(4, 2));
        Value labels = graph.Input("labels", new Shape(4), DType.Int32), weights = graph.Input("weights", new Shape(4));
        Assert.That(() => new HuberLoss().Apply(output, target),
            Throws.InstanceOf<ShapeException>().With.Message.Contains("4×3").And.Message.Contains("4×2"));
        Assert.That(() => new SoftmaxCrossEntropyLoss().Apply(output, target),
            Throws.InstanceOf<ShapeException>().With.Message.Contains("4×3").And.Message.Contains("4×2"));
        Assert.That(() => new SoftmaxCrossEntropyLoss(1).Apply(output, output),
            Throws.InstanceOf<ShapeException>().With.Message.Contains("smoothing"));
        Assert.That(() => new SoftmaxCrossEntropyLoss().Apply(output, labels, weights),
            Throws.ArgumentException.With.Message.Contains("probabilities"));
        Assert.That(() => new HuberLoss(0).Apply(output, output), Throws.ArgumentException.With.Message.Contains('δ'));
    }

    private (float Loss, float[] Gradient) Of(Loss loss, float[]? weights = null, float[]? outputs = null, float[]? targets = null)
    {
        var graph = new ComputationGraph();
        Value output = graph.Input("output", new Shape(2, 2)), target = graph.Input("target", new Shape(2, 2));
        Value value = loss.Apply(output, target, weights is null ? null : graph.Input("weights", new Shape(2)));
        using Executable executable = device.Compile(graph, value, graph.Differentiate(value, output)[0]);
        executable.Write("output", outputs ?? Outputs);
        executable.Write("target", targets ?? Targets);
        if (weights is not null) executable.Write("weights", weights);
        executable.Run();
        float[] gradient = new float[4];
        executable.Read(1, gradient);
        return (executable.Read(0), gradient);
    }

    private sealed record LogCoshLoss : ElementwiseLoss
    {
        protected override Expression Formula(Expression output, Expression target)
        {
            Expression e = Expression.Exp(output - target);
            return Expression.Log(0.5f * (e + (1f / e)));
        }
    }

    /// <summary>The loss of scores 2, −1, 0 with class 0 and of 0, 0, 0 with class 1.</summary>
    private float OfLabels(Loss loss, float[]? weights = null)
    {
        var graph = new ComputationGraph();
        Value scores = graph.Input("scores", new Shape(2, 3)), labels = graph.Input("labels", new Shape(2), DType.Int32);
        Value value = loss.Apply(scores, labels, weights is null ? null : graph.Input("weights", new Shape(2)));
        using Executable executable = device.Compile(graph, value);
        executable.Write("scores", (float[])[2, -1, 0, 0, 0, 0]);
        executable.Write("labels", [0, 1]);
        if (weights is not null) executable.Write("weights", weights);
        executable.Run();
        return executable.Read(0);
    }
}
