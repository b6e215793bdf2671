using Fovea.Execution;
using Fovea.Graph;
using Fovea.Layers;

namespace Fovea.Verification.Tests;

/// <summary>Recurrent layers: names, both directions, and sequences of different lengths.</summary>
internal sealed class RecurrentTests
{
    private const int Examples = 3, Steps = 5, Features = 2, Hidden = 4;

    private static readonly int[] Lengths = [5, 2, 1];

    private static IEnumerable<TestCaseData> Layers
    {
        get
        {
            foreach (bool both in new[] { false, true })
            {
                yield return new TestCaseData(() => new Rnn(Hidden, 2, both)).SetArgDisplayNames($"rnn {both}");
                yield return new TestCaseData(() => new Lstm(Hidden, 2, both)).SetArgDisplayNames($"lstm {both}");
                yield return new TestCaseData(() => new Gru(Hidden, 2, both)).SetArgDisplayNames($"gru {both}");
            }
        }
    }

    [TestCaseSource(nameof(Layers))]
    public void WhatFillsASequenceUpDoesNotChangeIt(Func<Recurrent> make)
    {
        using Device device = Device.Open("cpu", 1);
        var network = new Masked(make());
        float[] x = new float[Examples * Steps * Features], mask = new float[Examples * Steps];
        for (int i = 0; i < x.Length; i++) x[i] = MathF.Sin(i + 1);
        for (int n = 0; n < Examples; n++) mask.AsSpan(n * Steps, Lengths[n]).Fill(1);
        float[] together = Run(device, network, x, mask, Examples, Steps);
        int width = together.Length / Examples / Steps;
        for (int n = 0; n < Examples; n++)
        {
            int length = Lengths[n];
            float[] alone = Run(device, network, x[(n * Steps * Features)..][..(length * Features)],
                [.. Enumerable.Repeat(1f, length)], 1, length);
            Assert.That(together[(n * Steps * width)..(((n * Steps) + length) * width)], Is.EqualTo(alone).Within(1e-6f), $"sequence {n}");
            Assert.That(together[(((n * Steps) + length) * width)..((n + 1) * Steps * width)], Has.All.Zero);
        }
    }

    [Test]
    public void ParametersHavePyTorchsNamesAndShapes()
    {
        var network = new Masked(new Lstm(Hidden, 2, bidirectional: true));
        network.Build();
        Assert.That(network.Parameters.Select(parameter => $"{parameter.Name["layer.".Length..]} {parameter.Shape}"), Is.EqualTo(new[]
        {
            "weight_ih_l0 16×2", "weight_hh_l0 16×4", "bias_ih_l0 16", "bias_hh_l0 16",
            "weight_ih_l0_reverse 16×2", "weight_hh_l0_reverse 16×4", "bias_ih_l0_reverse 16", "bias_hh_l0_reverse 16",
            "weight_ih_l1 16×8", "weight_hh_l1 16×4", "bias_ih_l1 16", "bias_hh_l1 16",
            "weight_ih_l1_reverse 16×8", "weight_hh_l1_reverse 16×4", "bias_ih_l1_reverse 16", "bias_hh_l1_reverse 16",
        }));
    }

    [Test]
    public void AMaskOfAnotherSizeIsRefused()
    {
        var network = new Masked(new Gru(Hidden)) { MaskSteps = Steps + 1 };
        Assert.That(() => network.Build(), Throws.InstanceOf<ShapeException>().With.Message.Contains("mask"));
    }

    private static float[] Run(Device device, Masked network, float[] x, float[] mask, int examples, int steps)
    {
        network.MaskSteps = steps;
        var graph = new ComputationGraph();
        Value output = network.Apply(graph.Input("input", new Shape(examples, steps, Features)));
        if (!network.IsInitialized) network.Initialize(3);
        using Executable executable = device.Compile(graph, output);
        executable.Write("input", x);
        executable.Write("mask", mask);
        executable.Run();
        float[] y = new float[output.Shape.Count];
        executable.Read(0, y);
        return y;
    }

    private sealed class Masked(Recurrent layer) : Network(new Shape(Steps, Features))
    {
        private readonly Recurrent layer = layer;

        public int MaskSteps { get; set; } = Steps;

        public override Value Forward(Value x) =>
            layer.Apply(x, x.Graph.Input("mask", new Shape(x.Shape[0], MaskSteps)));
    }
}
