using Fovea.Graph;
using Fovea.Layers;
using Fovea.Testing;

namespace Fovea.Verification.Tests;

/// <summary>Layers whose windows differ along height and width, against the float64 interpreter: output and all gradients.</summary>
[TestFixtureSource(typeof(DeviceTests), nameof(Names))]
internal sealed class RectangularLayerTests(string device) : DeviceTests(device)
{
    private static readonly (string Name, Func<Module> Make, string Output)[] Layers =
    [
        ("kernel", () => new Conv2d(5, kernel: (1, 7), padding: (0, 3)), "2×9×13×5"),
        ("stride", () => new Conv2d(5, kernel: (3, 2), stride: (1, 3)), "2×7×4×5"),
        ("dilation", () => new Conv2d(4, kernel: (5, 3), padding: (1, 2), dilation: (2, 3)), "2×3×11×4"),
        ("groups", () => new Conv2d(6, kernel: (7, 1), stride: (2, 1), padding: (3, 0), groups: 3), "2×5×13×6"),
        ("square", () => new Conv2d(4, kernel: 3, stride: 2, padding: 1), "2×5×7×4"),
        ("max pooling", () => new MaxPool2d(kernel: (1, 3)), "2×9×4×3"),
        ("max pooling, dilated", () => new MaxPool2d((3, 2), stride: (2, 1), padding: (1, 0), dilation: (1, 4)), "2×5×9×3"),
        ("average pooling", () => new AvgPool2d((4, 1), stride: (2, 3), padding: (2, 0)), "2×5×5×3"),
        ("average pooling, rounded up", () => new AvgPool2d((2, 5), ceilMode: true, countPadding: false), "2×5×3×3"),
    ];

    [TestCaseSource(nameof(Layers))]
    public void OutputAndGradientsAreThoseOfFloat64((string Name, Func<Module> Make, string Output) layer)
    {
        SelfTestResult result = SelfTest.Run(Device, new GraphCase(layer.Name, run =>
        {
            var net = new Net(layer.Make());
            ComputationGraph graph = run.Graph = net.Build(batch: 2, training: true);
            Value output = graph.Named["output"];
            Assert.That($"{output.Shape}", Is.EqualTo(layer.Output));
            foreach (Parameter parameter in net.Parameters) run.Draw(parameter);
            Value[] parameters = [.. net.Parameters.Select(graph.Read)];
            IReadOnlyList<Value> gradients =
                graph.Differentiate([output], [run.Input(output.Shape)], [graph.Named["input"], .. parameters]);
            for (int i = 0; i < gradients.Count; i++) run.Fetch($"gradient {i}", gradients[i]);
            return output;
        })
        { Differentiable = false });
        Assert.That(result.Status, Is.EqualTo(SelfTestStatus.Pass), $"{result}");
    }

    private sealed class Net(Module layer) : Network(new Shape(9, 13, 3))
    {
        private readonly Module layer = layer;

        public override Value Forward(Value x) => layer.Apply(x);
    }
}
